// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/** A log of ten records, of which the source lost the last four, led under epoch 2. */
class DivergenceTest {
    private static final TopicPartition TP = new TopicPartition("mirror", 0);
    private static final MirrorPartition PARTITION = new MirrorPartition(
            "L", TP, "topic-id", new TopicPartition("source", 0), Uuid.ZERO_UUID, MirrorPartition.EARLIEST, false, 2);
    private static final PartitionRecord CLAIMED = Records.withLineage(
            Records.started(FakeSink.claimed(TP, 2), 0), List.of(new SourceEpoch(5, 0), new SourceEpoch(6, 6)));

    private final FakeLog log = new FakeLog(TP);
    private final FakeLeadership leadership = new FakeLeadership();

    /** A replica that is away may hold records of the epoch that go; told by nothing from those that come. */
    @Test
    void whatWasWrittenUnderThisLeaderEpochIsCutUnderTheNext() {
        leadership.replicas = List.of(1, 2, 3);
        append(0, 6, 1);
        append(6, 4, 2);

        assertThat(minLeaderEpoch(CLAIMED)).isEqualTo(3);
    }

    @Test
    void aLeaderThatHasWrittenNothingCutsAtOnce() {
        leadership.replicas = List.of(1, 2, 3);
        append(0, 6, 1);
        append(6, 4, 1);

        assertThat(minLeaderEpoch(CLAIMED)).isEqualTo(2);
    }

    /** It may have written, and cut that off again. */
    @Test
    void aLeaderThatHasRecordedAnythingIsNotTakenForOneThatHasWrittenNothing() {
        leadership.replicas = List.of(1, 2, 3);
        append(0, 6, 1);
        append(6, 4, 1);

        assertThat(minLeaderEpoch(Records.revised(CLAIMED, 1))).isEqualTo(3);
    }

    @Test
    void theOnlyReplicaCutsAtOnce() {
        append(0, 6, 1);
        append(6, 4, 2);

        assertThat(minLeaderEpoch(CLAIMED)).isEqualTo(2);
    }

    private int minLeaderEpoch(PartitionRecord record) {
        Divergence divergence = new Divergence(PARTITION, log, leadership, Long.MAX_VALUE);
        Divergence.Plan plan = divergence.onDiverging(record, 5, 6, 1);
        assertThat(plan.record().truncation().target()).isEqualTo(6);
        return plan.record().truncation().minLeaderEpoch();
    }

    private void append(long offset, int count, int leaderEpoch) {
        log.leaderEpoch = leaderEpoch;
        log.append0(offset, count, leaderEpoch);
    }
}
