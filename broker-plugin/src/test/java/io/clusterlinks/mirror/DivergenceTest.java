// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import io.clusterlinks.source.SourceQueryClient.EpochEnd;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
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
    void theOnlyReplicaOfTheOnlyBrokerCutsAtOnce() {
        append(0, 6, 1);
        append(6, 4, 2);

        assertThat(minLeaderEpoch(CLAIMED)).isEqualTo(2);
    }

    /** Who mirrors the mirror held what went and what came after it. */
    @Test
    void theOnlyReplicaCutsUnderANewEpochToo() {
        leadership.hasHelper = true;
        append(0, 6, 1);
        append(6, 4, 2);

        assertThat(minLeaderEpoch(CLAIMED)).isEqualTo(3);
    }

    /** An unclean election at the source may bring back what it had deleted, and with it the mirror. */
    @Test
    void aSourceThatAgreesOnlyWithWhatWasDeletedHereIsAskedWhereItBegins() {
        startAt100();

        assertThat(divergence().onDiverging(CLAIMED, 5, 3, 1).kind()).isEqualTo(Divergence.Kind.RANGE);
    }

    @Test
    void theLogThenStartsOverWhereTheSourceBegins() {
        leadership.replicas = List.of(1, 2, 3);
        startAt100();
        log.append0(100, 20, 2);

        Divergence.Plan plan = onRange(PARTITION, 2, 60, new EpochEnd(Errors.NONE, 5, 3));

        assertThat(plan.record().startOffset()).isEqualTo(2);
        assertThat(plan.record().lineage()).isEmpty();
        assertThat(plan.record().truncation().target()).isEqualTo(2);
        assertThat(plan.record().truncation().minLeaderEpoch()).isEqualTo(3);
        assertThat(plan.event().message()).contains("offsets 100 to 119 (20 records)", "starts over at offset 2");
    }

    /** Nothing was dropped, and yet a replica that is away may hold what was here before. */
    @Test
    void anEmptyLogStartsOverUnderANewLeaderEpochToo() {
        leadership.replicas = List.of(1, 2, 3);
        startAt100();

        Divergence.Plan plan = onRange(PARTITION, 0, 60, new EpochEnd(Errors.NONE, 5, 3));

        assertThat(plan.record().truncation().target()).isZero();
        assertThat(plan.record().truncation().minLeaderEpoch()).isEqualTo(3);
        assertThat(plan.event().message()).contains("was empty", "starts over at offset 0");
    }

    /** What was written before the mirror was to begin it does not want; what was written since it does. */
    @Test
    void aMirrorThatWasToBeginLaterStartsOverAtTheCommonEnd() {
        startAt100();
        MirrorPartition latest =
                new MirrorPartition("L", TP, "topic-id", new TopicPartition("source", 0), Uuid.ZERO_UUID, 4, false, 2);

        Divergence.Plan plan = onRange(latest, 0, 60, new EpochEnd(Errors.NONE, 5, 3));

        assertThat(plan.record().startOffset()).isEqualTo(3);
    }

    @Test
    void moreThanMayBeCutIsNotGivenUpForStartingOverEither() {
        startAt100();
        log.append0(100, 20, 2);
        Question asked = new Question(Question.Kind.RANGE, 6);
        Question.Answer answer = new Question.Answer(-1, 0, 60, new EpochEnd(Errors.NONE, 5, 3));

        Divergence.Plan plan = new Divergence(PARTITION, log, leadership, 19).onRange(CLAIMED, asked, answer, 1);

        assertThat(plan.kind()).isEqualTo(Divergence.Kind.FAILURE);
        assertThat(plan.failure()).contains("max.truncation.records");
    }

    private void startAt100() {
        log.start = 100;
        log.end = 100;
        log.leaderEpoch = 2;
    }

    private Divergence divergence() {
        return new Divergence(PARTITION, log, leadership, Long.MAX_VALUE);
    }

    private Divergence.Plan onRange(MirrorPartition partition, long start, long end, EpochEnd epochEnd) {
        return new Divergence(partition, log, leadership, Long.MAX_VALUE)
                .onRange(
                        CLAIMED,
                        new Question(Question.Kind.RANGE, 6),
                        new Question.Answer(-1, start, end, epochEnd),
                        1);
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
