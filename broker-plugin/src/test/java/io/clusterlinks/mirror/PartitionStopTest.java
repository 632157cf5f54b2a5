// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.host.AppendException;
import io.clusterlinks.host.LocalPartition.OpenTransaction;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import io.clusterlinks.protocol.record.PartitionRecord.Truncation;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.junit.jupiter.api.Test;

class PartitionStopTest {
    private static final TopicPartition TP = new TopicPartition("mirror", 0);
    private static final MirrorPartition PARTITION = new MirrorPartition(
            "L", TP, "topic-id", new TopicPartition("source", 0), Uuid.ZERO_UUID, MirrorPartition.EARLIEST, false, 1);

    private final FakeLog log = new FakeLog(TP);
    private final FakeSink sink = new FakeSink();
    private final PartitionRecord mirroring = Records.withLineage(
            Records.started(FakeSink.claimed(TP, 1), 0), List.of(new SourceEpoch(3, 0), new SourceEpoch(8, 99)));
    private final FakeLeadership leadership = new FakeLeadership();
    private long nowMs = 1000;

    @Test
    void everyStepWaitsForTheOneBefore() {
        log.append0(0, 10, 1);
        log.open.add(new OpenTransaction(7, (short) 2, 5, 4));
        log.highWatermark = 9L;
        PartitionStop stop = stop(mirroring);

        assertThat(stop.step(nowMs)).isFalse();
        assertThat(sink.proposed).isEmpty();
        assertThat(stop.error()).contains("in-sync replicas have offset 10 (have 9)");

        log.highWatermark = 10L;
        stop.step(nowMs);
        assertThat(sink.last().record().phase()).isEqualTo(Phase.STOPPING);
        assertThat(sink.last().record().stopOffset()).isEqualTo(10);
        assertThat(sink.last().record().stopSourceEpoch()).isEqualTo(3);

        stop.step(nowMs);
        assertThat(log.end).isEqualTo(11);
        MutableRecordBatch marker = log.batches.get(1);
        assertThat(marker.isControlBatch()).isTrue();
        assertThat(marker.producerId()).isEqualTo(7);
        stop.step(nowMs);
        assertThat(sink.last().record().phase()).isEqualTo(Phase.STOPPING);

        log.highWatermark = 11L;
        stop.step(nowMs);
        assertThat(sink.last().record().phase()).isEqualTo(Phase.STOPPED);
        assertThat(sink.last().record().stopOffset()).isEqualTo(10);
        assertThat(stop.step(nowMs)).isTrue();
    }

    @Test
    void anotherLeaderGoesOnWhereTheLastOneWas() {
        log.append0(0, 11, 1);
        PartitionStop stop = stop(Records.stopping(mirroring, 10, 3));

        stop.step(nowMs);

        assertThat(sink.proposed).hasSize(1);
        assertThat(sink.last().record().phase()).isEqualTo(Phase.STOPPED);
        assertThat(sink.last().record().stopOffset()).isEqualTo(10);
    }

    /** An unclean election here: group offsets past the end would make consumers skip what is written next. */
    @Test
    void anEndThatThisClusterHasLostIsLoweredAndReported() {
        log.append0(0, 8, 1);
        PartitionStop stop = stop(Records.stopping(mirroring, 10, 3));

        stop.step(nowMs);
        assertThat(sink.last().record().phase()).isEqualTo(Phase.STOPPING);
        assertThat(sink.last().record().stopOffset()).isEqualTo(8);
        assertThat(sink.last().event().message()).contains("Lost offsets 8 to 9 (2 records) of mirror-0");

        stop.step(nowMs);
        assertThat(sink.last().record().phase()).isEqualTo(Phase.STOPPED);
        assertThat(sink.last().record().stopOffset()).isEqualTo(8);
    }

    /** The leader that recorded it has emptied its log, and others may have followed it. */
    @Test
    void aStartPastTheEndThatIsRecordedIsCarriedOutBeforeTheStop() {
        log.append0(0, 11, 1);
        PartitionStop stop = stop(Records.startingOver(mirroring, 1_000));

        stop.step(nowMs);
        log.highWatermark = 1_000L;
        stop.step(nowMs);

        assertThat(log.start).isEqualTo(1_000);
        assertThat(sink.last().record().stopOffset()).isEqualTo(1_000);
    }

    @Test
    void aPartitionThatNeverStartedStopsToo() {
        PartitionStop stop = stop(FakeSink.claimed(TP, 1));

        stop.step(nowMs);
        stop.step(nowMs);

        assertThat(stop.step(nowMs)).isTrue();
        assertThat(sink.last().record().phase()).isEqualTo(Phase.STOPPED);
        assertThat(sink.last().record().stopOffset()).isZero();
    }

    @Test
    void aFailedPartitionStopsToo() {
        log.append0(0, 10, 1);
        PartitionStop stop = stop(Records.failed(mirroring, "gone"));

        stop.step(nowMs);

        assertThat(sink.last().record().phase()).isEqualTo(Phase.STOPPING);
    }

    @Test
    void whatMustBeCutOffIsCutOffBeforeTheStop() {
        log.append0(0, 5, 1);
        log.append0(5, 5, 1);
        PartitionStop stop = stop(Records.truncating(mirroring, new Truncation(5, 1, List.of(1))));

        for (int i = 0; i < 4; i++) {
            stop.step(nowMs);
        }

        assertThat(sink.proposed.get(0).record().truncation()).isNull();
        assertThat(sink.proposed.get(0).record().phase()).isEqualTo(Phase.MIRRORING);
        assertThat(sink.proposed.get(1).record().phase()).isEqualTo(Phase.STOPPING);
        assertThat(sink.proposed.get(1).record().stopOffset()).isEqualTo(5);
    }

    @Test
    void aMarkerThatCannotBeWrittenIsTriedAgain() {
        log.append0(0, 10, 1);
        log.open.add(new OpenTransaction(7, (short) 2, -1, 4));
        log.nextFailure = new AppendException(AppendException.Kind.NOT_REPLICATED, "too few replicas", null);
        PartitionStop stop = stop(Records.stopping(mirroring, 10, 3));

        stop.step(nowMs);
        assertThat(stop.error()).contains("too few replicas");
        stop.step(nowMs);
        assertThat(log.end).isEqualTo(10);

        nowMs += 500;
        stop.step(nowMs);
        assertThat(log.end).isEqualTo(11);
        stop.step(nowMs);
        assertThat(stop.step(nowMs)).isTrue();
    }

    @Test
    void aCoordinatorThatDoesNotAnswerIsAskedAgain() {
        sink.answersAtOnce = false;
        PartitionStop stop = stop(mirroring);
        stop.step(nowMs);
        sink.lastAnswer().completeExceptionally(new RuntimeException("away"));
        stop.step(nowMs);
        assertThat(stop.error()).contains("away");

        nowMs += 500;
        stop.step(nowMs);

        assertThat(sink.proposed).hasSize(2);
        assertThat(sink.proposed.get(1)).isEqualTo(sink.proposed.get(0));
    }

    private PartitionStop stop(PartitionRecord record) {
        Transitions transitions = new Transitions(sink, record, 500, () -> {});
        FollowerCheck followers = new FollowerCheck(log, PARTITION.leaderEpoch());
        return new PartitionStop(PARTITION, log, transitions, leadership, followers, 500);
    }
}
