// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an operator's repair allows a partition that had given up, and for how long. */
class RepairTest extends ReplicatorScene {
    /** Three records may be dropped without an operator's word. */
    @BeforeEach
    void limitTruncation() {
        maxTruncation = 3;
    }

    @Test
    void aCutMayBeAsDeepAsItTakesAndMayTakeSeveralSteps() {
        log.append0(0, 6, 1);
        log.append0(6, 10, 1);
        log.append0(16, 10, 1);
        start(repairing(new SourceEpoch(2, 0), new SourceEpoch(3, 6), new SourceEpoch(5, 16)));

        diverge(4, 30);
        assertThat(log.end).isEqualTo(16);
        diverge(2, 6);
        assertThat(log.end).isEqualTo(6);

        assertThat(replicator.record().repairing()).isTrue();
        assertThat(replicator.record().phase()).isEqualTo(Phase.MIRRORING);
    }

    @Test
    void itEndsBeforeAnythingIsAppended() {
        log.append0(0, 6, 1);
        start(repairing(new SourceEpoch(2, 0)));
        sink.answersAtOnce = false;

        offer(TestBatches.batch(6, 4, 2));
        assertThat(log.end).isEqualTo(6);
        assertThat(sink.last().record().repairing()).isFalse();
        assertThat(sink.last().event().message()).isEqualTo("Repaired mirror-0: it goes on at offset 6.");

        sink.lastAnswer().complete(null);
        step();
        assertThat(log.end).isEqualTo(10);
        assertThat(sink.proposed).hasSize(1);
    }

    @Test
    void itEndsWhenAnIdleSourceAgrees() {
        log.append0(0, 6, 1);
        start(repairing(new SourceEpoch(2, 0)));
        assertThat(replicator.record().repairing()).isTrue();

        offer(ByteBuffer.allocate(0));

        assertThat(replicator.record().repairing()).isFalse();
        assertThat(next().offset()).isEqualTo(6);
    }

    @Test
    void itEndsWhenAFetchSessionIsSilent() {
        log.append0(0, 6, 1);
        start(repairing(new SourceEpoch(2, 0)));

        replicator.cursor().onSilence(next());
        step();

        assertThat(replicator.record().repairing()).isFalse();
    }

    @Test
    void afterItTheLimitHoldsAgain() {
        log.append0(0, 6, 1);
        log.append0(6, 10, 1);
        start(repairing(new SourceEpoch(2, 0), new SourceEpoch(3, 6)));
        offer(ByteBuffer.allocate(0));

        diverge(2, 6);

        assertThat(log.end).isEqualTo(16);
        assertThat(replicator.record().phase()).isEqualTo(Phase.FAILED);
        assertThat(replicator.record().reason()).contains("repair the mirror");
    }

    @Test
    void aPartitionThatFailsAgainIsToBeRepairedAgain() {
        start(repairing(new SourceEpoch(2, 0)));

        replicator.onFatal("gone");
        step();

        assertThat(replicator.record().phase()).isEqualTo(Phase.FAILED);
        assertThat(replicator.record().repairing()).isFalse();
    }

    /** The image may skip the FAILED record, if both are written between two looks at it. */
    @Test
    void aReplicatorThatGaveUpIsSupersededByTheRepair() {
        start(repairing(new SourceEpoch(2, 0)));
        PartitionRecord before = replicator.record();
        replicator.onFatal("gone");
        step();
        PartitionRecord failed = replicator.record();
        PartitionRecord repaired = repaired(failed);

        assertThat(replicator.isSuperseded(before)).isFalse();
        assertThat(replicator.isSuperseded(failed)).isFalse();
        assertThat(replicator.isSuperseded(repaired)).isTrue();
    }

    private static PartitionRecord repairing(SourceEpoch... lineage) {
        return repaired(Records.failed(record(lineage), "too deep"));
    }

    /** As the coordinator writes it. */
    private static PartitionRecord repaired(PartitionRecord failed) {
        return failed.toBuilder()
                .revision(failed.revision() + 1)
                .phase(Phase.MIRRORING, null)
                .repairing(true)
                .build();
    }

    private void offer(ByteBuffer batches) {
        offer(next(), fetched(batches, 100, 0));
        step();
    }

    private void diverge(int sourceEpoch, long sourceEnd) {
        offer(next(), diverging(sourceEpoch, sourceEnd));
        step();
    }
}
