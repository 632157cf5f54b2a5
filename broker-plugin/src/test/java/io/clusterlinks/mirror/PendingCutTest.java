// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import io.clusterlinks.protocol.record.PartitionRecord.Truncation;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

class PendingCutTest {
    private static final TopicPartition TP = new TopicPartition("mirror", 0);
    private static final long BACKOFF_MS = 100;

    private final FakeLog log = new FakeLog(TP);
    private final FakeSink sink = new FakeSink();
    private final FakeLeadership leadership = new FakeLeadership();
    private Transitions transitions;
    private PendingCut cut;
    private long nowMs = 1_000;

    @Test
    void nothingIsCutBeforeTheLeaderEpochIsNewEnough() {
        log.append0(0, 5, 1);
        log.append0(5, 5, 1);
        leadership.replicas = List.of(1, 2, 3);
        lead(1, new Truncation(5, 2, List.of(1, 2, 3)));

        step();

        assertThat(log.end).isEqualTo(10);
        assertThat(leadership.moves).isEqualTo(1);
        assertThat(sink.proposed).isEmpty();
    }

    @Test
    void aLeadershipThatCannotMoveIsTriedAgainAndSaidSo() {
        log.append0(0, 10, 1);
        leadership.answer = CompletableFuture.failedFuture(new RuntimeException("no replica is in sync"));
        lead(1, new Truncation(5, 2, List.of(1, 2)));

        step();
        assertThat(cut.error()).contains("no replica is in sync");
        step();
        assertThat(leadership.moves).isEqualTo(1);
        nowMs += BACKOFF_MS;
        step();
        assertThat(leadership.moves).isEqualTo(2);
    }

    /** Until a follower has cut itself, its old end would count as a position among the new records. */
    @Test
    void theTruncationStaysRecordedUntilTheInSyncFollowersHaveCut() {
        log.leaderEpoch = 2;
        log.append0(0, 5, 2);
        log.append0(5, 5, 2);
        log.followersCut = false;
        leadership.replicas = List.of(1, 2);
        lead(2, new Truncation(5, 2, List.of(1, 2)));

        step();
        step();
        assertThat(log.end).isEqualTo(5);
        assertThat(sink.proposed).isEmpty();
        assertThat(cut.error()).contains("in-sync replicas");

        log.followersCut = true;
        step();
        assertThat(sink.last().record().truncation()).isNull();
        assertThat(sink.last().record().lineage()).containsExactly(new SourceEpoch(3, 0));
        transitions.settle(nowMs);
        assertThat(cut.isPending()).isFalse();
    }

    @Test
    void theOrderOfReplicasIsRestoredBeforeTheTruncationIsForgotten() {
        log.leaderEpoch = 2;
        leadership.replicas = List.of(2, 1);
        lead(2, new Truncation(5, 2, List.of(1, 2)));

        step();

        assertThat(leadership.orders).containsExactly(List.of(1, 2));
        assertThat(sink.proposed).hasSize(1);
    }

    @Test
    void anOrderThatCannotBeRestoredHoldsNothingUpForLong() {
        log.leaderEpoch = 2;
        leadership.replicas = List.of(2, 1);
        leadership.answer = CompletableFuture.failedFuture(new RuntimeException("no"));
        lead(2, new Truncation(5, 2, List.of(1, 2)));

        for (int i = 0; i < 4; i++) {
            if (sink.proposed.isEmpty()) {
                step();
                nowMs += BACKOFF_MS;
            }
        }

        assertThat(leadership.orders).hasSize(3);
        assertThat(sink.proposed).hasSize(1);
    }

    /** It may have copied, under this epoch, what is cut off now, and Kafka would not tell the records that follow from that. */
    @Test
    void aReplicaAddedToASingleOneTakesANewEpoch() {
        log.append0(0, 5, 1);
        log.append0(5, 5, 1);
        lead(1, new Truncation(5, 1, List.of(1)));
        leadership.replicas = List.of(1, 2);
        log.followed = true;

        step();
        step();
        assertThat(sink.last().record().truncation()).isEqualTo(new Truncation(5, 2, List.of(1, 2)));
        transitions.settle(nowMs);
        step();
        assertThat(leadership.moves).isEqualTo(1);
        assertThat(cut.isPending()).isTrue();
    }

    @Test
    void aDeposedLeaderCutsNothing() {
        log.append0(0, 5, 1);
        log.append0(5, 5, 1);
        lead(1, new Truncation(5, 1, List.of(1)));
        log.leaderEpoch = 2;

        step();

        assertThat(log.end).isEqualTo(10);
        assertThat(cut.error()).contains("retrying");
    }

    private void lead(int epoch, Truncation truncation) {
        PartitionRecord started = Records.withLineage(
                Records.started(FakeSink.claimed(TP, epoch), 0), List.of(new SourceEpoch(3, 0), new SourceEpoch(4, 5)));
        transitions = new Transitions(sink, Records.truncating(started, truncation), BACKOFF_MS, () -> {});
        MirrorPartition partition = new MirrorPartition(
                "L",
                TP,
                "topic-id",
                new TopicPartition("source", 0),
                Uuid.ZERO_UUID,
                MirrorPartition.EARLIEST,
                false,
                epoch);
        cut = new PendingCut(partition, log, transitions, leadership, new FollowerCheck(log, epoch), BACKOFF_MS);
    }

    private void step() {
        cut.step(nowMs);
    }
}
