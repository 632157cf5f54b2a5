// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FiltersTest {
    private static final String KEY = "consumer.offset.group.filters";

    @Test
    void starIncludesAllAndExclusionWins() {
        NameFilters filters = groups(
                """
                {"groupFilters":[{"name":"*","patternType":"LITERAL","filterType":"INCLUDE"},
                                 {"name":"tmp-","patternType":"PREFIXED","filterType":"EXCLUDE"},
                                 {"name":"console-consumer-[0-9]+","patternType":"REGEX","filterType":"EXCLUDE"}]}""");

        assertThat(filters.matches("orders")).isTrue();
        assertThat(filters.matches("tmp-1")).isFalse();
        assertThat(filters.matches("console-consumer-123")).isFalse();
        assertThat(filters.matches("console-consumer-x")).isTrue();
        assertThat(filters.matchesByName("orders")).isFalse();
    }

    @Test
    void anExclusionOfSomeContradictsNoPatternAndNoOtherName() {
        NameFilters filters = groups(
                """
                {"groupFilters":[{"name":"*"},
                                 {"name":"a","patternType":"PREFIXED"},
                                 {"name":"abc"},
                                 {"name":"[*]","patternType":"REGEX","filterType":"EXCLUDE"},
                                 {"name":"ab","filterType":"EXCLUDE"}]}""");

        assertThat(filters.matches("abc")).isTrue();
        assertThat(filters.matches("ab")).isFalse();
    }

    @Test
    void aRegexMustMatchTheWholeName() {
        NameFilters filters = groups("{\"groupFilters\":[{\"name\":\"ord(er)?s\",\"patternType\":\"REGEX\"}]}");

        assertThat(filters.matches("orders")).isTrue();
        assertThat(filters.matches("my-orders")).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "{groupFilters ~ is not JSON at line 1",
                "[] ~ $ must be an object",
                "{\"topicFilters\":[]} ~ $ has the unknown field 'topicFilters'",
                "{\"groupFilters\":{}} ~ $.groupFilters must be an array",
                "{\"groupFilters\":[]} ~ $.groupFilters includes nothing",
                "{\"groupFilters\":[{\"patternType\":\"LITERAL\"}]} ~ $.groupFilters[0].name is missing",
                "{\"groupFilters\":[{\"name\":7}]} ~ $.groupFilters[0].name must be a string",
                "{\"groupFilters\":[{\"name\":\"a\"},{\"name\":\"b\",\"typ\":\"x\"}]} ~ $.groupFilters[1] has the unknown field 'typ'",
                "{\"groupFilters\":[{\"name\":\"a\",\"patternType\":\"GLOB\"}]} ~ $.groupFilters[0].patternType is 'GLOB'; use one of [LITERAL",
                "{\"groupFilters\":[{\"name\":\"a(\",\"patternType\":\"REGEX\"}]} ~ $.groupFilters[0].name is no regular expression",
                "{\"groupFilters\":[{\"name\":\"(?=a)\",\"patternType\":\"REGEX\"}]} ~ $.groupFilters[0].name is no regular expression of RE2",
                "{\"groupFilters\":[{\"name\":\"a\"},{\"name\":\"a\",\"filterType\":\"EXCLUDE\"}]} ~ $.groupFilters[1] contradicts filter 0",
                "{\"groupFilters\":[{\"name\":\"a\",\"filterType\":\"EXCLUDE\"}]} ~ $.groupFilters includes nothing",
                "{\"groupFilters\":[{\"name\":\"a\"},{\"name\":\"*\",\"filterType\":\"EXCLUDE\"}]} ~ $.groupFilters[1] excludes everything",
                "{\"groupFilters\":[{\"name\":\"a\",\"patternType\":\"REGEX\"},{\"name\":\"*\",\"filterType\":\"EXCLUDE\"}]} ~ $.groupFilters[1] excludes everything",
                "{\"groupFilters\":[{\"name\":\"ab\"},{\"name\":\"a\",\"patternType\":\"PREFIXED\",\"filterType\":\"EXCLUDE\"}]} ~ $.groupFilters[0] includes 'ab', which filter 1 excludes",
                "{\"groupFilters\":[{\"name\":\"a.\",\"patternType\":\"REGEX\",\"filterType\":\"EXCLUDE\"},{\"name\":\"*\"},{\"name\":\"ab\"}]} ~ $.groupFilters[2] includes 'ab', which filter 0 excludes",
                "{\"groupFilters\":[{\"name\":\"a\"}]} x ~ is not JSON",
            })
    void refusesNamingTheKeyAndThePlace(String json, String place) {
        assertThatThrownBy(() -> groups(json))
                .isInstanceOf(LinkException.class)
                .hasMessageStartingWith(KEY)
                .hasMessageContaining(place);
    }

    @Test
    void anAclFilterMeansAnyWhereItSaysNothing() {
        List<AclBindingFilter> filters = AclFilters.parse(
                "acl.filters",
                "{\"aclFilters\":[{},{\"resourceFilter\":{\"resourceType\":\"topic\",\"patternType\":\"prefixed\"},"
                        + "\"accessFilter\":{\"operation\":\"read\",\"principal\":\"User:a\"}}]}");

        assertThat(filters.get(0)).isEqualTo(AclBindingFilter.ANY);
        assertThat(filters.get(1).patternFilter().resourceType()).isEqualTo(ResourceType.TOPIC);
        assertThat(filters.get(1).patternFilter().patternType()).isEqualTo(PatternType.PREFIXED);
        assertThat(filters.get(1).entryFilter().operation()).isEqualTo(AclOperation.READ);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            value = {
                "consumer.offset.sync.enable=true ~ consumer.offset.sync.enable needs consumer.offset.group.filters",
                "auto.create.mirror.topics.enable=true ~ auto.create.mirror.topics.enable needs",
                "acl.sync.enable=true ~ acl.sync.enable needs acl.filters",
                "consumer.group.prefix.enable=true ~ consumer.group.prefix.enable needs cluster.link.prefix",
                "consumer.offset.sync.ms=99 ~ consumer.offset.sync.ms",
                "acl.sync.ms=99 ~ acl.sync.ms",
                "acl.filters={\"aclFilters\":[{\"resourceFilter\":{\"typ\":\"x\"}}]} ~ $.aclFilters[0].resourceFilter has the unknown field 'typ'",
            })
    void aLinkConfigIsRefusedAtOnce(String config, String message) {
        Map<String, String> configs = new HashMap<>(Map.of("bootstrap.servers", "localhost:1"));
        int equals = config.indexOf('=');
        configs.put(config.substring(0, equals), config.substring(equals + 1));

        assertThatThrownBy(() -> LinkConfig.parse(configs)).hasMessageContaining(message);
    }

    private static NameFilters groups(String json) {
        return NameFilters.parse(KEY, json, "groupFilters");
    }
}
