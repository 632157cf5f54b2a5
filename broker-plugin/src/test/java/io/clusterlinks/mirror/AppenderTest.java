// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterlinks.host.AppendException;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import java.nio.ByteBuffer;
import org.apache.kafka.common.compress.Compression;
import org.junit.jupiter.api.Test;

/** What is appended, and what must be on record before. */
class AppenderTest extends ReplicatorScene {
    @Test
    void appendsAndGoesOnBehindWhatWasFetched() {
        start(Records.started(CLAIMED, 0));

        fetch(TestBatches.batch(0, 10, 4));
        assertThat(next()).isEqualTo(new FetchCursor.Next(next().generation(), 10, 4));
        fetch(TestBatches.batch(10, 5, 4));
        step();

        assertThat(log.end).isEqualTo(15);
        assertThat(log.batches).allMatch(batch -> batch.partitionLeaderEpoch() == 1);
        assertThat(sink.last().record().lineage()).containsExactly(new SourceEpoch(4, 0));
        assertThat(sink.proposed).hasSize(1);
    }

    /** They are rewritten in place: the second time the producer id would be that of another link's mirror. */
    @Test
    void bytesThatWereRewrittenAndNotAppendedAreFetchedAgain() {
        start(Records.started(CLAIMED, 0));
        ByteBuffer batch = TestBatches.batch(0, 10, 4, 7, Compression.NONE);
        log.nextError = new OutOfMemoryError("as if");
        fetch(TestBatches.join(batch));
        assertThatThrownBy(this::step).isInstanceOf(OutOfMemoryError.class);

        step();
        assertThat(log.batches).isEmpty();
        fetch(TestBatches.join(batch));
        step();

        assertThat(log.batches).singleElement().satisfies(appended -> assertThat(appended.producerId())
                .isEqualTo(BatchRewriter.hop(7)));
    }

    @Test
    void aNewSourceEpochIsRecordedBeforeItsFirstBatch() {
        start(record(new SourceEpoch(4, 0)));
        sink.answersAtOnce = false;

        fetch(TestBatches.join(TestBatches.batch(0, 10, 4), TestBatches.batch(10, 5, 7)));
        step();
        assertThat(log.end).isEqualTo(10);
        assertThat(sink.last().record().lineage()).containsExactly(new SourceEpoch(4, 0), new SourceEpoch(7, 10));

        sink.lastAnswer().complete(null);
        step();
        assertThat(log.end).isEqualTo(15);
    }

    @Test
    void aTransitionThatFailsIsProposedAgainAndHoldsNoMemoryMeanwhile() {
        start(Records.started(CLAIMED, 0));
        sink.answersAtOnce = false;
        fetch(TestBatches.batch(0, 10, 4));
        step();
        sink.lastAnswer().completeExceptionally(new RuntimeException("moving"));
        step();
        assertThat(replicator.stats().error()).contains("moving");
        assertThat(replicator.cursor().queuedBytes()).isZero();

        nowMs += BACKOFF_MS;
        step();
        sink.lastAnswer().complete(null);
        step();
        assertThat(sink.proposed).hasSize(2);
        assertThat(log.end).isZero();
        assertThat(next().offset()).isZero();
        assertThat(replicator.stats().error()).isNull();
    }

    @Test
    void theHeadOfTheSourceMayLieInsideABatch() {
        start(Records.started(CLAIMED, 7));
        assertThat(next().offset()).isEqualTo(7);

        fetch(TestBatches.batch(0, 10, 0), 10, 7);
        step();

        assertThat(log.batches).hasSize(1);
        assertThat(log.start).isEqualTo(7);
        assertThat(log.end).isEqualTo(10);
    }

    /** Found by the simulation: the source that comes next may hold nothing there, and a leader after this one starts at 7. */
    @Test
    void aLogThatWentBackToTheHeadOfABatchInVainBeginsWhereTheMirrorDoes() {
        start(Records.started(CLAIMED, 7));
        sink.answersAtOnce = false;
        fetch(TestBatches.batch(0, 10, 0), 10, 7);
        step();
        assertThat(log.end).isZero();
        sink.lastAnswer().completeExceptionally(new RuntimeException("moving"));
        step();

        nowMs += BACKOFF_MS;
        step();
        sink.lastAnswer().complete(null);
        step();

        assertThat(log.end).isEqualTo(7);
        assertThat(next().offset()).isEqualTo(7);
    }

    @Test
    void aLogThatGoesBackToTheHeadOfABatchWaitsForItsFollowersToFollowAgain() {
        start(Records.started(CLAIMED, 7));
        log.followersCut = false;
        fetch(TestBatches.batch(0, 10, 0), 10, 7);
        step();
        assertThat(log.batches).isEmpty();
        assertThat(replicator.waitsForTime()).isTrue();

        log.followersCut = true;
        step();
        assertThat(log.end).isEqualTo(10);
    }

    /** One replica that stands still could have taken the memory of all partitions of the broker. */
    @Test
    void aRunThatWaitsForAReplicaHoldsNoMemoryForLong() {
        log.followersCut = false;
        start(Records.started(CLAIMED, 0));
        fetch(TestBatches.batch(0, 10, 4));
        step();
        assertThat(replicator.cursor().queuedBytes()).isPositive();

        nowMs += 1_000;
        step();
        assertThat(replicator.cursor().queuedBytes()).isZero();
        assertThat(replicator.stats().error()).contains("in-sync replicas");
        assertThat(replicator.waitsForTime()).isTrue();

        log.followersCut = true;
        step();
        assertThat(next().offset()).isZero();
        fetch(TestBatches.batch(0, 10, 4));
        step();
        assertThat(log.end).isEqualTo(10);
        assertThat(replicator.stats().error()).isNull();
    }

    /** Found by the simulation: a source that has gone back holds others in their place. */
    @Test
    void anEpochThatWasRecordedOfBatchesThatNeverCameDoesNotCoverOthers() {
        log.start = 7;
        log.end = 7;
        start(record(new SourceEpoch(4, 0), new SourceEpoch(9, 7)));

        fetch(TestBatches.join(TestBatches.batch(0, 10, 4), TestBatches.batch(10, 5, 4)), 15, 7);
        step();

        assertThat(log.end).isEqualTo(15);
        assertThat(sink.last().record().lineage()).containsExactly(new SourceEpoch(4, 0));
    }

    @Test
    void theLogStartIsFollowedAlsoWhenFollowersAreLate() {
        start(record(new SourceEpoch(0, 0)));
        log.highWatermark = 0L;
        fetch(TestBatches.batch(0, 10, 0), 10, 5);
        step();
        assertThat(log.start).isZero();
        assertThat(replicator.waitsForTime()).isTrue();

        log.highWatermark = 10L;
        step();
        assertThat(log.start).isEqualTo(5);
        assertThat(replicator.waitsForTime()).isFalse();
    }

    @Test
    void lineageOfWhatIsGoneIsForgotten() {
        log.start = 10;
        log.end = 10;
        log.append0(10, 10, 1);
        start(record(new SourceEpoch(2, 0), new SourceEpoch(3, 6), new SourceEpoch(4, 12)));

        fetch(TestBatches.batch(20, 5, 5));
        step();

        assertThat(sink.last().record().lineage())
                .containsExactly(new SourceEpoch(3, 6), new SourceEpoch(4, 12), new SourceEpoch(5, 20));
    }

    @Test
    void aRefusedAppendIsFetchedAgain() {
        start(record(new SourceEpoch(0, 0)));
        log.nextFailure = new AppendException(AppendException.Kind.CORRUPT, "bad crc", null);
        fetch(TestBatches.batch(0, 10, 0));
        step();
        assertThat(replicator.stats().error()).contains("bad crc");
        assertThat(replicator.cursor().next(nowMs)).isEmpty();

        nowMs += BACKOFF_MS;
        assertThat(next().offset()).isZero();
        fetch(TestBatches.batch(0, 10, 0));
        step();
        assertThat(log.end).isEqualTo(10);
        assertThat(replicator.stats().error()).isNull();
    }

    @Test
    void aBatchThatTheLogKeepsRefusingFailsThePartition() {
        start(record(new SourceEpoch(0, 0)));
        for (int i = 0; i < 5; i++) {
            log.nextFailure = new AppendException(AppendException.Kind.INVALID, "producer epoch", null);
            fetch(TestBatches.batch(0, 10, 0));
            step();
            nowMs += BACKOFF_MS;
        }

        assertThat(replicator.stage()).isEqualTo(Replicator.Stage.FAILED);
        assertThat(sink.last().record().reason()).contains("producer epoch");
    }

    /** {@code segment.bytes} of the source was lowered below a batch that it has, and the mirror took it over. */
    @Test
    void aBatchThatIsLargerThanASegmentWaitsUntilItFits() {
        start(record(new SourceEpoch(0, 0)));
        for (int i = 0; i < 10; i++) {
            log.nextFailure = new AppendException(AppendException.Kind.TOO_LARGE, "exceeds the segment size", null);
            fetch(TestBatches.batch(0, 10, 0));
            step();
            nowMs += BACKOFF_MS;
        }
        assertThat(replicator.stage()).isEqualTo(Replicator.Stage.RUNNING);
        assertThat(replicator.stats().error()).contains("exceeds the segment size", "raise segment.bytes");

        fetch(TestBatches.batch(0, 10, 0));
        step();
        assertThat(log.end).isEqualTo(10);
    }

    @Test
    void answersToOlderFetchesAreDropped() {
        start(record(new SourceEpoch(0, 0)));
        FetchCursor.Next asked = next();
        fetch(TestBatches.batch(0, 10, 0));

        boolean sameOffsetTwice = offer(asked, fetched(TestBatches.batch(0, 10, 0), 10, 0));
        replicator.cursor().reset(0, -1, nowMs);
        boolean olderGeneration = offer(asked, fetched(TestBatches.batch(0, 10, 0), 10, 0));

        assertThat(sameOffsetTwice).isFalse();
        assertThat(olderGeneration).isFalse();
    }

    @Test
    void noMoreIsFetchedThanMayWait() {
        start(record(new SourceEpoch(0, 0)));
        long offset = 0;
        while (replicator.cursor().next(nowMs).isPresent()) {
            fetch(TestBatches.batch(offset, 10, 0));
            offset += 10;
        }

        assertThat(replicator.cursor().queuedBytes()).isBetween(2_000L, 4_000L);
        step();
        assertThat(next().offset()).isEqualTo(log.end).isEqualTo(offset);
    }

    /** No CRC covers leader epochs: damage to one must not end a mirror for good. */
    @Test
    void aLeaderEpochThatGoesBackwardsIsNamedAndTriedAgain() {
        start(record(new SourceEpoch(3, 0)));
        fetch(TestBatches.batch(0, 10, 3));
        step();

        fetch(TestBatches.batch(10, 5, 2));
        step();
        assertThat(log.end).isEqualTo(10);
        assertThat(replicator.stats().isSourceAvailable()).isFalse();
        assertThat(replicator.stats().error()).contains("go backwards at offset 10 (from 3 to 2)");

        nowMs += BACKOFF_MS;
        fetch(TestBatches.batch(10, 5, 3));
        step();
        assertThat(log.end).isEqualTo(15);
        assertThat(replicator.stats().isSourceAvailable()).isTrue();
    }
}
