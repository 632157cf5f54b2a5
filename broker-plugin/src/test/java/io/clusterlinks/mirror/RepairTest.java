// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import io.clusterlinks.protocol.record.StateRecord;
import io.clusterlinks.source.FetchBuffer;
import io.clusterlinks.source.SourceFetchClient.Fetched;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** What an operator's repair allows a partition that had given up, and for how long. */
class RepairTest {
    private static final TopicPartition TP = new TopicPartition("mirror", 0);
    private static final MirrorPartition PARTITION = new MirrorPartition(
            "L", TP, "topic-id", new TopicPartition("source", 0), Uuid.ZERO_UUID, MirrorPartition.EARLIEST, false, 1);
    private static final long BACKOFF_MS = 1000;
    /** Records that may be dropped without an operator's word. */
    private static final long MAX_TRUNCATION = 3;

    private final FakeLog log = new FakeLog(TP);
    private final FakeSink sink = new FakeSink();
    private long nowMs = 50_000;
    private Replicator replicator;

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
        PartitionRecord started = Records.started(FakeSink.claimed(TP, 1), 0);
        return repaired(Records.failed(Records.withLineage(started, List.of(lineage)), "too deep"));
    }

    /** As the coordinator writes it. */
    private static PartitionRecord repaired(PartitionRecord failed) {
        return new PartitionRecord(
                StateRecord.VERSION,
                failed.topic(),
                failed.partition(),
                failed.topicId(),
                failed.leaderEpoch(),
                failed.revision() + 1,
                failed.startOffset(),
                failed.lineage(),
                null,
                Phase.MIRRORING,
                -1,
                -1,
                null,
                true);
    }

    private void start(PartitionRecord record) {
        Transitions transitions = new Transitions(sink, record, BACKOFF_MS, () -> {});
        replicator = new Replicator(
                PARTITION,
                log,
                transitions,
                new FakeLeadership(),
                new Replicator.Settings(1_000, BACKOFF_MS, MAX_TRUNCATION));
        step();
    }

    private void step() {
        for (int i = 0; i < 5; i++) {
            while (replicator.step(nowMs)) {
                assertThat(log.appends).isLessThan(10_000);
            }
        }
    }

    private FetchCursor.Next next() {
        return replicator.cursor().next(nowMs).orElseThrow();
    }

    private void offer(ByteBuffer batches) {
        replicator
                .cursor()
                .offer(next(), new Fetched(Errors.NONE, 100, 0, -1, -1, -1, batches), -1, FetchBuffer.UNCOUNTED);
        step();
    }

    private void diverge(int sourceEpoch, long sourceEnd) {
        replicator
                .cursor()
                .offer(
                        next(),
                        new Fetched(Errors.NONE, 100, 0, sourceEpoch, sourceEnd, -1, ByteBuffer.allocate(0)),
                        -1,
                        FetchBuffer.UNCOUNTED);
        step();
    }
}
