// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.source.FetchBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PartitionTaskTest {
    private static final TopicPartition TP = new TopicPartition("mirror", 0);
    private static final long PROMOTION = 77;

    private final FakeLog log = new FakeLog(TP);
    private long nowMs = 50_000;
    private PartitionTask task;

    @BeforeEach
    void follow() {
        log.append0(0, 10, 1);
        Replicator replicator =
                ReplicatorScene.replicator(log, new FakeSink(), Records.started(FakeSink.claimed(TP, 1), 0));
        task = new PartitionTask(replicator, Runnable::run, Time.SYSTEM);
        task.leader(new SourceLeader(1, 5, Uuid.ZERO_UUID));
        replicator.step(nowMs);
        task.onValid(5);
        task.draining(PROMOTION, 1);
        task.drain().heard(new Drain.Size(PROMOTION, 5, nowMs + 1, 1));
    }

    /** The link's thread passes over it then. */
    @Test
    void aPartitionIsSeenOnceForWhatHappenedToIt() {
        task.takeUnseen();
        assertThat(task.takeUnseen()).isFalse();

        task.wake();
        assertThat(task.takeUnseen()).isTrue();
        assertThat(task.takeUnseen()).isFalse();

        task.prefer(2, nowMs);
        assertThat(task.takeUnseen()).isTrue();
        task.draining(PROMOTION + 1, 1);
        assertThat(task.takeUnseen()).isTrue();
    }

    /** Retries have their time: it is looked at until there is nothing to ask any more. */
    @Test
    void aPartitionThatHasSomethingToAskStaysInSight() {
        task.takeUnseen();

        assertThat(task.mayHaveQuestion()).isTrue();
        assertThat(task.takeUnseen()).isTrue();

        task.draining(Drain.NONE, 1);
        task.takeUnseen();
        assertThat(task.mayHaveQuestion()).isFalse();
        assertThat(task.takeUnseen()).isFalse();
    }

    @Test
    void aTopicThatIsDeletedHereIsNoUnexpectedError() {
        log.gone = true;

        task.wake();

        assertThat(task.replicator().stats().error()).isNull();
    }

    /** What follows would be built on it; the link's thread has it tried again. */
    @Test
    void anErrorThatCannotBeDealtWithIsDealtWithBeforeAnythingElse() {
        List<String> done = new ArrayList<>();
        log.broken = new OutOfMemoryError("as if");
        task.tell((replicator, now) -> log.logEndOffset());
        assertThat(task.takeUnseen()).isTrue();
        assertThat(task.takeStranded()).isTrue();
        task.tell((replicator, now) -> done.add("next"));
        assertThat(done).isEmpty();
        assertThat(task.takeStranded()).isTrue();

        log.broken = null;
        task.wake();

        assertThat(task.replicator().stats().error()).contains("unexpected error", "as if");
        assertThat(done).containsExactly("next");
        assertThat(task.takeStranded()).isFalse();
    }

    /** Nothing else would ever wake it: a task that is woken takes itself for queued. */
    @Test
    void aTaskThatFoundNoThreadIsWokenAgain() {
        List<Runnable> taken = new ArrayList<>();
        OutOfMemoryError[] failure = {new OutOfMemoryError("unable to create native thread")};
        PartitionTask unlucky = new PartitionTask(
                ReplicatorScene.replicator(log, new FakeSink(), Records.started(FakeSink.claimed(TP, 1), 0)),
                work -> {
                    // A pool may take the work, and then find that it has no thread for it.
                    taken.add(work);
                    if (failure[0] != null) {
                        throw failure[0];
                    }
                },
                Time.SYSTEM);
        unlucky.wake();
        assertThat(unlucky.takeUnseen()).isTrue();
        assertThat(unlucky.takeStranded()).isTrue();

        failure[0] = null;
        unlucky.wake();
        unlucky.takeUnseen();
        taken.get(0).run();
        assertThat(unlucky.takeUnseen())
                .as("the one that failed runs late, beside the other")
                .isFalse();
        taken.get(1).run();

        assertThat(unlucky.takeUnseen()).isTrue();
        assertThat(unlucky.close()).isNotDone();
        taken.get(2).run();
        assertThat(unlucky.close()).isDone();
    }

    @Test
    void levelWithAnEndThatWasAskedForLatelyIsDrained() {
        hear(PROMOTION, 5, 10);

        assertThat(drained()).isEqualTo(PROMOTION);
    }

    @Test
    void anEndGrowsOld() {
        hear(PROMOTION, 5, 10);

        nowMs += 2_001;

        assertThat(drained()).isEqualTo(Drain.NONE);
    }

    /** Promotion, given up, promotion again: what was true of the first says nothing of the second. */
    @Test
    void anEndCountsForThePromotionItWasAskedForOnly() {
        hear(PROMOTION, 5, 10);

        task.draining(PROMOTION + 1, 1);

        assertThat(drained()).isEqualTo(Drain.NONE);
    }

    /** What producers wrote to a partition that the mirror does not have yet would be missing. */
    @Test
    void aSourceThatHasGrownIsNotDrainedBeforeTheMirrorHas() {
        hear(PROMOTION, 5, 10);
        task.drain().heard(new Drain.Size(PROMOTION, 5, nowMs + 1, 3));
        assertThat(drained()).isEqualTo(Drain.NONE);
        assertThat(task.drain().error()).contains("3 partitions, the mirror 1");

        task.draining(PROMOTION, 3);
        assertThat(drained()).isEqualTo(PROMOTION);
        assertThat(task.drain().error()).isNull();
    }

    /** What was written to a partition that was added while the others were written to was missing after the promotion. */
    @Test
    void aNumberOfPartitionsFromBeforeTheEndStoodStillSaysNothing() {
        hear(PROMOTION, 5, 9);
        assertThat(drained()).isEqualTo(PROMOTION);
        assertThat(task.drain().wantsSize(nowMs)).isFalse();

        nowMs += 500;
        hear(PROMOTION, 5, 10);
        assertThat(drained()).isEqualTo(Drain.NONE);
        // Not while it moves: that may take hours
        assertThat(task.drain().wantsSize(nowMs)).isFalse();

        nowMs += 500;
        hear(PROMOTION, 5, 10);
        assertThat(drained()).isEqualTo(Drain.NONE);
        assertThat(task.drain().wantsSize(nowMs)).isTrue();

        task.drain().heard(new Drain.Size(PROMOTION, 5, nowMs + 1, 1));
        assertThat(drained()).isEqualTo(PROMOTION);
    }

    /** What it will drop or start over with is asked about first, and until then the end says nothing. */
    @Test
    void aPartitionWhoseSourceDiffersIsNotDrained() {
        hear(PROMOTION, 5, 10);
        FetchCursor cursor = task.replicator().cursor();

        cursor.offer(cursor.next(nowMs).orElseThrow(), ReplicatorScene.diverging(0, 0), 5, FetchBuffer.UNCOUNTED);
        task.replicator().step(nowMs);

        assertThat(task.replicator().isSound()).isTrue();
        assertThat(drained()).isEqualTo(Drain.NONE);
    }

    /** The one that was created again under the name is empty, and that is no end to be level with. */
    @Test
    void theEndOfAnotherTopicIsNotLevelWithTheMirror() {
        hear(PROMOTION, 5, 12);
        nowMs += 500;
        hear(PROMOTION, 5, 0);
        nowMs += 500;
        hear(PROMOTION, 5, 0);

        assertThat(drained()).isEqualTo(Drain.NONE);
    }

    @Test
    void aNumberOfPartitionsFromBeforeThePromotionSaysNothing() {
        task.draining(PROMOTION + 1, 1);
        hear(PROMOTION + 1, 5, 10);
        assertThat(drained()).isEqualTo(Drain.NONE);

        task.drain().heard(new Drain.Size(PROMOTION + 1, 5, nowMs + 1, 1));
        assertThat(drained()).isEqualTo(PROMOTION + 1);
    }

    /** The leader may die before its followers have the tail. */
    @Test
    void whatIsNotCommittedIsNotDrained() {
        log.highWatermark = 9L;
        hear(PROMOTION, 5, 10);

        assertThat(drained()).isEqualTo(Drain.NONE);
    }

    /** A source that lost its tail ends below the mirror; that is not level, that is different. */
    @Test
    void anEndOfALeaderThatDidNotConfirmTheLogHereSaysNothing() {
        task.leader(new SourceLeader(2, 6, Uuid.ZERO_UUID));
        hear(PROMOTION, 6, 8);
        task.drain().heard(new Drain.Size(PROMOTION, 6, nowMs + 1, 1));
        assertThat(drained()).isEqualTo(Drain.NONE);

        task.onValid(6);
        assertThat(drained()).isEqualTo(PROMOTION);
    }

    /** It may have been cut off since, and its successor have taken more. */
    @Test
    void aLeaderIsConfirmedForItsEpochAndAWhile() {
        hear(PROMOTION, 5, 10);
        nowMs += 3_000;
        hear(PROMOTION, 5, 10);
        assertThat(drained()).isEqualTo(PROMOTION);
        assertThat(task.drain().wantsSize(nowMs)).isTrue();
        nowMs += 3_000;
        hear(PROMOTION, 5, 10);
        assertThat(drained()).isEqualTo(Drain.NONE);

        task.drain().heard(new Drain.Size(PROMOTION, 4, nowMs, 1));
        assertThat(drained()).isEqualTo(Drain.NONE);
        task.drain().heard(new Drain.Size(PROMOTION, 5, nowMs, 1));
        assertThat(drained()).isEqualTo(PROMOTION);
    }

    /** Who led before the promotion may lead only in its own eyes by now. */
    @Test
    void aPromotionAsksForTheSourcesLeadersOnce() {
        task.replicator().takeRefreshWanted();
        task.draining(PROMOTION + 1, 1);
        assertThat(task.replicator().takeRefreshWanted()).isTrue();

        task.draining(PROMOTION + 1, 1);
        task.draining(Drain.NONE, 1);
        assertThat(task.replicator().takeRefreshWanted()).isFalse();
    }

    @Test
    void aReplicaThatCannotBeReachedIsNotPreferredAnyMore() {
        task.prefer(7, Long.MAX_VALUE);
        task.forgetReplica(8);
        assertThat(task.fetchFrom(nowMs)).isEqualTo(7);

        task.forgetReplica(7);
        assertThat(task.fetchFrom(nowMs)).isEqualTo(task.leader().broker());
    }

    private void hear(long promotion, int leaderEpoch, long end) {
        task.drain().heard(new Drain.End(promotion, leaderEpoch, nowMs, end));
    }

    private long drained() {
        return task.drainedSinceMs(nowMs);
    }
}
