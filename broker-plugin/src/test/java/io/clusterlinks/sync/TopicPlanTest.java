// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.Records;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.source.SourceTopic;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class TopicPlanTest {
    private static final Set<String> SYNCED = Set.of("retention.ms", "cleanup.policy");

    @Test
    void nothingToDoWhereAllThreeAgree() {
        MirrorRecord mirror = mirror(Map.of("retention.ms", "1"));

        TopicPlan plan =
                TopicPlan.of(mirror, source(2, Map.of("retention.ms", "1")), SYNCED, Map.of("retention.ms", "1"));

        assertThat(plan.changesConfigs()).isFalse();
        assertThat(plan.changesRecord(mirror)).isFalse();
    }

    /** What is recorded is never taken back: one wrong answer of a source must not make a million partitions. */
    @Test
    void manyNewPartitionsAreTakenOverInSteps() {
        TopicPlan plan = TopicPlan.of(mirror(Map.of()), source(1_000_000, Map.of()), SYNCED, Map.of());

        assertThat(plan.partitions()).isEqualTo(mirror(Map.of()).partitions() + 1_000);
    }

    @Test
    void whatWasSetAtTheSourceIsSetHere() {
        TopicPlan plan = TopicPlan.of(mirror(Map.of()), source(2, Map.of("retention.ms", "5")), SYNCED, Map.of());

        assertThat(plan.set()).containsExactly(Map.entry("retention.ms", "5"));
        assertThat(plan.edited()).isEmpty();
    }

    @Test
    void whatWasRemovedAtTheSourceIsRemovedHere() {
        // Config sync never removing an override: the mirror would keep it for ever.
        TopicPlan plan = TopicPlan.of(
                mirror(Map.of("retention.ms", "5")), source(2, Map.of()), SYNCED, Map.of("retention.ms", "5"));

        assertThat(plan.delete()).containsExactly("retention.ms");
        assertThat(plan.configs()).isEmpty();
        assertThat(plan.edited()).isEmpty();
    }

    @Test
    @DisplayName("Pitfall: a synced config reverting local edits without saying so")
    void aLocalEditOfASyncedConfigIsPutBackAndReported() {
        // A synced config reverting local edits without saying so.
        TopicPlan plan = TopicPlan.of(
                mirror(Map.of("retention.ms", "5")),
                source(2, Map.of("retention.ms", "5")),
                SYNCED,
                Map.of("retention.ms", "9", "cleanup.policy", "compact"));

        assertThat(plan.set()).containsExactly(Map.entry("retention.ms", "5"));
        assertThat(plan.delete()).containsExactly("cleanup.policy");
        assertThat(plan.edited())
                .containsOnly(
                        Map.entry("retention.ms", "'9' here, back to '5'"),
                        Map.entry("cleanup.policy", "'compact' here, back to the default"));
    }

    @Test
    void configsThatAreNotSyncedStayLocal() {
        TopicPlan plan = TopicPlan.of(
                mirror(Map.of("min.insync.replicas", "2")),
                source(2, Map.of("min.insync.replicas", "1")),
                SYNCED,
                Map.of("min.insync.replicas", "2", "unclean.leader.election.enable", "true"));

        assertThat(plan.changesConfigs()).isFalse();
        assertThat(plan.configs()).containsExactly(Map.entry("min.insync.replicas", "2"));
    }

    @Test
    void partitionsGrowAndNeverShrink() {
        assertThat(TopicPlan.of(mirror(Map.of()), source(5, Map.of()), SYNCED, Map.of())
                        .partitions())
                .isEqualTo(5);
        assertThat(TopicPlan.of(mirror(Map.of()), source(1, Map.of()), SYNCED, Map.of())
                        .partitions())
                .isEqualTo(2);
    }

    private static MirrorRecord mirror(Map<String, String> configs) {
        return Records.mirror(MirrorState.ACTIVE, StopMode.NONE).following(null, configs, 2);
    }

    private static SourceTopic source(int partitions, Map<String, String> configs) {
        return new SourceTopic(Records.TOPIC, "source-id", partitions, configs);
    }
}
