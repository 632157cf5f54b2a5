// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.junit.jupiter.api.Test;

/** docs/configs.md is generated: run this test with {@code -DupdateDocs} to write it anew. */
class ConfigsDocTest {
    private static final Path PAGE = Path.of("..", "docs", "configs.md");

    @Test
    void pageIsWhatTheDefinitionSays() throws IOException {
        String page = page();
        if (System.getProperty("updateDocs") != null) {
            Files.writeString(PAGE, page);
        }

        assertThat(PAGE)
                .describedAs("docs/configs.md; write it anew with: mvn -pl link-protocol test -Dtest=ConfigsDocTest"
                        + " -DupdateDocs")
                .hasContent(page);
    }

    private static String page() {
        StringBuilder text = new StringBuilder(
                """
                # Link configs

                <!-- Generated from io.clusterlinks.protocol.LinkConfig by ConfigsDocTest; do not edit. -->

                Set with `kafka-cluster-links.sh create --config K=V` and `alter --add-config K=V`; changes take effect without
                recreating the link. Besides these, every admin client config of Kafka but `client.id`, `metric.reporters` and `bootstrap.controllers` may be set (`security.protocol`, `sasl.*`,
                `ssl.*`, `request.timeout.ms`, ...) and `client.rack` and `receive.buffer.bytes` of consumers; they apply to all
                connections to the source. Values of type password (`sasl.jaas.config`, `ssl.key.password`, ...) are encrypted with
                the brokers' `cluster.link.secret` and never shown.

                | config | type | default | allowed | meaning |
                |---|---|---|---|---|
                """);
        ConfigDef definition = LinkConfig.definition();
        List<ConfigKey> keys = definition.configKeys().values().stream()
                .sorted(Comparator.comparing((ConfigKey key) -> key.hasDefault())
                        .thenComparing(key -> key.name))
                .toList();
        keys.forEach(key -> text.append(row(key)));
        text.append(
                "\n## Topic configs\n\nWhat is set on the source's topic itself follows, not what its brokers have as a default: where the brokers"
                        + " of the two clusters\ndiffer, in retention for example, set it on the topic there.\n");
        text.append("\nThese always follow the source and cannot be changed here:\n\n");
        LinkConfig.LOCKED_TOPIC_CONFIGS.forEach(
                config -> text.append("- `").append(config).append("`\n"));
        text.append("\nThese follow the source unless `")
                .append(LinkConfig.TOPIC_CONFIG_SYNC_EXCLUDE)
                .append("` names them:\n\n");
        LinkConfig.DEFAULT_SYNCED_TOPIC_CONFIGS.forEach(
                config -> text.append("- `").append(config).append("`\n"));
        return text.toString();
    }

    private static String row(ConfigKey key) {
        return "| `" + key.name + "` | " + key.type.name().toLowerCase(java.util.Locale.ROOT) + " | "
                + defaultValue(key) + " | " + (key.validator instanceof ConfigDef.Range ? key.validator : "") + " | "
                + key.documentation.replace("|", "\\|") + " |\n";
    }

    private static String defaultValue(ConfigKey key) {
        if (!key.hasDefault()) {
            return "(required)";
        }
        String value = ConfigDef.convertToString(key.defaultValue, key.type);
        return value.isEmpty() ? "(empty)" : "`" + value + "`";
    }
}
