// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LinkConfigTest {
    private static final String SERVERS = "a:9092,b:9092";

    /** The definition of configs cuts white space off; so must who looks at them without it. */
    @Test
    void isPausedWhateverSurroundsTheValue() {
        assertThat(LinkConfig.isPaused(Map.of(LinkConfig.PAUSED, " TRUE "))).isTrue();
        assertThat(LinkConfig.isPaused(Map.of(LinkConfig.PAUSED, "no"))).isFalse();
        assertThat(LinkConfig.isPaused(Map.of())).isFalse();
    }

    @Test
    void bootstrapServersAreEnough() {
        LinkConfig config = LinkConfig.parse(Map.of(LinkConfig.BOOTSTRAP_SERVERS, SERVERS));

        assertThat(config.paused()).isFalse();
        assertThat(config.prefix()).isEmpty();
        assertThat(config.getInt(LinkConfig.NUM_FETCHERS)).isEqualTo(1);
    }

    @Test
    void clientConfigsAreThoseThatWereSet() {
        LinkConfig config = LinkConfig.parse(Map.of(
                LinkConfig.BOOTSTRAP_SERVERS,
                SERVERS,
                "security.protocol",
                "SASL_SSL",
                "client.rack",
                "r1",
                LinkConfig.NUM_FETCHERS,
                "4"));

        assertThat(config.clientConfigs("me"))
                .containsEntry("bootstrap.servers", SERVERS)
                .containsEntry("security.protocol", "SASL_SSL")
                .containsEntry("client.rack", "r1")
                .containsEntry("client.id", "me")
                .doesNotContainKey(LinkConfig.NUM_FETCHERS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"no.such.config", "client.id", "metric.reporters", "bootstrap.controllers", "retention.ms"})
    void unknownAndReservedKeysAreRefusedByName(String key) {
        assertRefused(key, "x", key);
    }

    @ParameterizedTest
    @CsvSource({
        "num.cluster.link.fetchers, 0",
        "num.cluster.link.fetchers, many",
        "mirror.start.offset.spec, yesterday",
        "replica.fetch.max.bytes, 1",
        "metadata.max.age.ms, 99",
        "topic.config.sync.ms, 99",
        "consumer.offset.sync.ms, 99",
        "acl.sync.ms, 99",
        "cluster.link.max.bytes.per.second, 1023",
        "cluster.link.max.bytes.per.second, -2",
        "cluster.link.paused, perhaps"
    })
    void malformedValuesAreRefusedByName(String key, String value) {
        assertRefused(key, value, key);
    }

    @ParameterizedTest
    @ValueSource(strings = {"earliest", "latest", "2026-01-31T00:00:00Z"})
    void startOffsetSpecIsAnEndOrAnInstant(String spec) {
        LinkConfig config =
                LinkConfig.parse(Map.of(LinkConfig.BOOTSTRAP_SERVERS, SERVERS, LinkConfig.START_OFFSET_SPEC, spec));

        assertThat(config.getString(LinkConfig.START_OFFSET_SPEC)).isEqualTo(spec);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1"})
    void noLimitIsZeroOrMinusOne(String value) {
        LinkConfig config =
                LinkConfig.parse(Map.of(LinkConfig.BOOTSTRAP_SERVERS, SERVERS, LinkConfig.MAX_BYTES_PER_SECOND, value));

        assertThat(config.maxBytesPerSecond()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    @DisplayName("Pitfall: minimum fetch size above the partition maximum")
    void aMinimumAboveTheMaximumOfAPartitionIsRefused() {
        // A peer waits 500 ms for every fetch then, and caps one busy partition at a few MiB/s.
        assertRefused(LinkConfig.FETCH_MIN_BYTES, "4000000", LinkConfig.FETCH_MIN_BYTES);
    }

    @Test
    void aPartitionCannotGetMoreThanAFetch() {
        assertRefused(LinkConfig.FETCH_RESPONSE_MAX_BYTES, "1024", LinkConfig.FETCH_RESPONSE_MAX_BYTES);
    }

    @Test
    void aPrefixMustBePartOfATopicName() {
        assertRefused(LinkConfig.PREFIX, "a/", LinkConfig.PREFIX);
        assertRefused(LinkConfig.PREFIX, "a/", "a/x");
        assertRefused(LinkConfig.PREFIX, "x".repeat(249), LinkConfig.PREFIX);
        assertRefused(LinkConfig.PREFIX, "__", LinkConfig.PREFIX);
        assertRefused(LinkConfig.PREFIX, "__cluster_link.", LinkConfig.PREFIX);
        assertThat(LinkConfig.parse(Map.of(LinkConfig.BOOTSTRAP_SERVERS, SERVERS, LinkConfig.PREFIX, "east."))
                        .prefix())
                .isEqualTo("east.");
    }

    @ParameterizedTest
    @CsvSource({
        "topic.config.sync.include, no.such.config",
        "topic.config.sync.exclude, no.such.config",
        "topic.config.sync.include, remote.storage.enable",
        "topic.config.sync.include, local.retention.ms",
        "topic.config.sync.include, segment.index.bytes",
        "topic.config.sync.include, leader.replication.throttled.replicas",
        "topic.config.sync.exclude, cleanup.policy"
    })
    void topicConfigsThatCannotBeChosenAreRefusedByKeyAndName(String key, String name) {
        assertRefused(key, name, key);
        assertRefused(key, name, name);
    }

    @Test
    void aTopicConfigCannotBothFollowAndNot() {
        assertThatThrownBy(() -> LinkConfig.parse(Map.of(
                        LinkConfig.BOOTSTRAP_SERVERS,
                        SERVERS,
                        LinkConfig.TOPIC_CONFIG_SYNC_INCLUDE,
                        "min.insync.replicas",
                        LinkConfig.TOPIC_CONFIG_SYNC_EXCLUDE,
                        "min.insync.replicas")))
                .isInstanceOf(LinkException.class)
                .hasMessageContaining("min.insync.replicas");
    }

    @Test
    void withoutBootstrapServersThereIsNoLink() {
        assertThatThrownBy(() -> LinkConfig.parse(Map.of()))
                .isInstanceOf(LinkException.class)
                .hasMessageContaining("bootstrap.servers");
    }

    @Test
    void passwordsAreSensitive() {
        assertThat(LinkConfig.isSensitive("sasl.jaas.config")).isTrue();
        assertThat(LinkConfig.isSensitive("ssl.key.password")).isTrue();
        assertThat(LinkConfig.isSensitive("ssl.keystore.key")).isTrue();
        assertThat(LinkConfig.isSensitive("bootstrap.servers")).isFalse();
        assertThat(LinkConfig.isSensitive("no.such.config")).isFalse();
    }

    private static void assertRefused(String key, String value, String named) {
        Map<String, String> values = new HashMap<>(Map.of(LinkConfig.BOOTSTRAP_SERVERS, SERVERS));
        values.put(key, value);
        assertThatThrownBy(() -> LinkConfig.parse(values))
                .hasMessageContaining(named)
                .isInstanceOfSatisfying(LinkException.class, e -> assertThat(e.error())
                        .isIn(Errors.INVALID_CONFIG, Errors.INVALID_TOPIC_EXCEPTION));
    }
}
