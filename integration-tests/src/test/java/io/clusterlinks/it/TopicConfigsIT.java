// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.WireContract;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Topic configs follow the source, removals too; what somebody edits here is put back and said, or local. */
class TopicConfigsIT {
    private static final String LINK = "east";
    private static final String TOPIC = "orders";
    private static final Duration SOON = Duration.ofSeconds(20);

    private static TestCluster source;
    private static TestCluster destination;
    private static Links links;

    @BeforeAll
    static void start() {
        source = TestCluster.builder("source").start();
        destination = TestCluster.builder("destination")
                .agent()
                .config("log.cleaner.min.compaction.lag.ms", "60000")
                .start();
        links = new Links(destination);
        Topics.create(source.admin(), TOPIC, 1, Map.of("retention.ms", "86400000", "cleanup.policy", "compact"));
        links.create(LINK, source, "topic.config.sync.ms=300");
        links.mirror(LINK, TOPIC);
    }

    @AfterAll
    static void stop() {
        Fixtures.close(destination, source);
    }

    @Test
    void followTheSourceAndTellEdits() {
        assertThat(here()).containsEntry("retention.ms", "86400000").containsEntry("cleanup.policy", "compact");

        // When the source sets one and takes another away, and configs that are local are set on both sides
        Topics.alter(source.admin(), TOPIC, Map.of("segment.ms", "7200000", "min.insync.replicas", "1"));
        unset(source, "retention.ms");
        Topics.alter(destination.admin(), TOPIC, Map.of("flush.messages", "1000"));

        // Then the mirror follows, and what is local is left alone
        String byDefault = Topics.describe(source.admin(), TOPIC).get("retention.ms");
        Await.untilPasses(SOON, () -> assertThat(here())
                .containsEntry("segment.ms", "7200000")
                .containsEntry("retention.ms", byDefault)
                .containsEntry("flush.messages", "1000"));

        // When somebody edits here what follows, and removes what the source has set
        Topics.alter(destination.admin(), TOPIC, Map.of("retention.bytes", "123456789"));
        unset(destination, "segment.ms");

        // Then it is put back, and that is said
        Await.untilPasses(
                SOON,
                () -> assertThat(here()).containsEntry("segment.ms", "7200000").containsEntry("retention.bytes", "-1"));
        Await.untilPasses(SOON, () -> assertThat(links.describe(LINK, TOPIC).get(WireContract.STATUS_EVENTS))
                .contains("retention.bytes ('123456789' here, back to the default)")
                .contains("segment.ms (the default here, back to '7200000')")
                .contains("were changed here and put back"));
    }

    @Test
    void whichOnesFollowIsChosenAndTakesEffectAtOnce() {
        Topics.create(source.admin(), "chosen", 1, Map.of("flush.ms", "60000", "segment.bytes", "2000000"));
        links.mirror(LINK, "chosen");

        links.run(
                "alter",
                "--link",
                LINK,
                "--add-config",
                "topic.config.sync.include=flush.ms",
                "--add-config",
                "topic.config.sync.exclude=segment.bytes");
        Await.untilPasses(SOON, () -> assertThat(Topics.describe(destination.admin(), "chosen"))
                .containsEntry("flush.ms", "60000"));
        Topics.alter(destination.admin(), "chosen", Map.of("segment.bytes", "3000000"));
        Topics.alter(source.admin(), "chosen", Map.of("flush.ms", "70000"));
        Await.untilPasses(SOON, () -> assertThat(Topics.describe(destination.admin(), "chosen"))
                .containsEntry("flush.ms", "70000")
                .containsEntry("segment.bytes", "3000000"));

        Cli.Result refused =
                links.cli().run("alter", "--link", LINK, "--add-config", "topic.config.sync.exclude=cleanup.policy");
        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.stderr()).contains("topic.config.sync.exclude").contains("cleanup.policy");
    }

    /** Long before they would be looked at again. */
    @Test
    void arePromotedAsTheyAreAtTheSource() {
        Topics.create(source.admin(), "promoted", 1, Map.of("retention.ms", "86400000"));
        links.create("seldom", source, "topic.config.sync.ms=600000");
        links.mirror("seldom", "promoted");

        Topics.alter(source.admin(), "promoted", Map.of("retention.ms", "172800000"));
        links.run("mirrors", "promote", "--topic", "promoted", "--wait", "--wait-timeout", "30");

        assertThat(Topics.describe(destination.admin(), "promoted")).containsEntry("retention.ms", "172800000");
    }

    /** Partitions waited for the refused config, a promotion for the partitions, and each run told of an edit by nobody. */
    @Test
    void whatTheDestinationRefusesHoldsUpNothingElse() {
        Topics.create(source.admin(), "lagging", 1, Map.of());
        links.mirror(LINK, "lagging");

        // When the source takes on a config that contradicts one of the destination's brokers, another, and partitions
        Topics.alter(source.admin(), "lagging", Map.of("max.compaction.lag.ms", "1000", "segment.ms", "7200000"));
        Topics.get(source.admin()
                .createPartitions(Map.of("lagging", NewPartitions.increaseTo(3)))
                .all());

        // Then the others follow, and it is named
        Await.untilPasses(SOON, () -> {
            assertThat(Topics.partitions(destination.admin(), "lagging")).hasSize(3);
            assertThat(Topics.describe(destination.admin(), "lagging")).containsEntry("segment.ms", "7200000");
            assertThat(links.run("describe", "--link", LINK, "--tasks").stdout())
                    .contains("'max.compaction.lag.ms' does not follow the source")
                    .contains("min.compaction.lag.ms (60000)");
        });
        assertThat(links.describe(LINK, "lagging").getOrDefault(WireContract.STATUS_EVENTS, ""))
                .doesNotContain("put back");

        // And the mirror can be promoted
        links.run("mirrors", "promote", "--link", LINK, "--topic", "lagging", "--wait");
        links.awaitState(LINK, "lagging", MirrorState.STOPPED);
    }

    private static Map<String, String> here() {
        return Topics.describe(destination.admin(), TOPIC);
    }

    private static void unset(TestCluster cluster, String key) {
        Topics.get(cluster.admin()
                .incrementalAlterConfigs(Map.of(
                        Topics.resource(TOPIC),
                        List.of(new AlterConfigOp(new ConfigEntry(key, ""), AlterConfigOp.OpType.DELETE))))
                .all());
    }
}
