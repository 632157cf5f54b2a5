// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.host.AppendException;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import io.clusterlinks.source.FetchBuffer;
import io.clusterlinks.source.SourceFetchClient.Fetched;
import io.clusterlinks.source.SourceQueryClient.EpochEnd;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class ReplicatorTest {
    private static final TopicPartition TP = new TopicPartition("mirror", 0);
    private static final MirrorPartition PARTITION = new MirrorPartition(
            "L", TP, "topic-id", new TopicPartition("source", 0), Uuid.ZERO_UUID, MirrorPartition.EARLIEST, false, 1);
    private static final PartitionRecord CLAIMED = FakeSink.claimed(TP, 1);
    private static final long BACKOFF_MS = 1000;

    private final FakeLog log = new FakeLog(TP);
    private final FakeSink sink = new FakeSink();
    private final FakeLeadership leadership = new FakeLeadership();
    private long maxTruncation = Long.MAX_VALUE;
    private long nowMs = 50_000;
    private Replicator replicator;

    @Test
    void aNewMirrorRecordsItsStartOffsetBeforeItStarts() {
        sink.answersAtOnce = false;
        start(CLAIMED);
        Question question = replicator.question().orElseThrow();
        assertThat(question.kind()).isEqualTo(Question.Kind.START_OFFSET);

        replicator.onAnswer(question, new Question.Answer(500, -1, -1, null), nowMs);
        step();
        assertThat(log.end).isZero();
        assertThat(replicator.cursor().next(nowMs)).isEmpty();

        sink.lastAnswer().complete(null);
        step();
        assertThat(sink.last().record().startOffset()).isEqualTo(500);
        assertThat(log.start).isEqualTo(500);
        assertThat(next().offset()).isEqualTo(500);
    }

    @Test
    void startsWhereItWasDecidedAtCreationWithoutAsking() {
        MirrorPartition decided = new MirrorPartition(
                "L", TP, "topic-id", new TopicPartition("source", 0), Uuid.ZERO_UUID, 700, false, 1);
        start(decided, CLAIMED);

        assertThat(replicator.question()).isEmpty();
        assertThat(sink.last().record().startOffset()).isEqualTo(700);
        assertThat(next().offset()).isEqualTo(700);
    }

    @Test
    void aTopicThatHoldsRecordsOfItsOwnIsNotMirroredOver() {
        log.end = 10;
        start(CLAIMED);

        assertThat(replicator.stage()).isEqualTo(Replicator.Stage.FAILED);
        assertThat(sink.last().record().phase()).isEqualTo(Phase.FAILED);
        assertThat(sink.last().record().reason()).contains("holds records that the link did not copy");
    }

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
    void aTailThatTheSourceLostIsCutOffAndReported() {
        log.append0(0, 6, 1);
        log.append0(6, 4, 1);
        start(record(new SourceEpoch(2, 0), new SourceEpoch(3, 6)));
        assertThat(next().lastEpoch()).isEqualTo(3);

        offer(next(), new Fetched(Errors.NONE, 8, 0, 2, 8, -1, ByteBuffer.allocate(0)));
        step();

        assertThat(log.end).isEqualTo(6);
        assertThat(sink.last().record().lineage()).containsExactly(new SourceEpoch(2, 0));
        assertThat(sink.proposed.get(0).event().message()).contains("Dropped offsets 6 to 9 (4 records)");
        assertThat(next()).isEqualTo(new FetchCursor.Next(next().generation(), 6, 2));
    }

    /** A broker that dies between the cut and its record would leave nobody to tell. */
    @Test
    void aCutIsRecordedWithItsEventBeforeAnythingIsCut() {
        log.append0(0, 6, 1);
        log.append0(6, 4, 1);
        sink.answersAtOnce = false;
        start(record(new SourceEpoch(2, 0), new SourceEpoch(3, 6)));

        replicator
                .cursor()
                .offer(
                        next(),
                        new Fetched(Errors.NONE, 8, 0, 2, 8, -1, ByteBuffer.allocate(0)),
                        -1,
                        FetchBuffer.UNCOUNTED);
        step();
        assertThat(log.end).isEqualTo(10);
        assertThat(sink.last().record().truncation().target()).isEqualTo(6);
        assertThat(sink.last().event()).isNotNull();

        sink.lastAnswer().complete(null);
        step();
        assertThat(log.end).isEqualTo(6);
        assertThat(replicator.cursor().next(nowMs)).isEmpty();
        sink.lastAnswer().complete(null);
        step();
        assertThat(next().offset()).isEqualTo(6);
    }

    @Test
    void aDeeperCutThanTheLinkAllowsFailsThePartition() {
        maxTruncation = 3;
        log.append0(0, 6, 1);
        log.append0(6, 4, 1);
        start(record(new SourceEpoch(2, 0), new SourceEpoch(3, 6)));

        replicator
                .cursor()
                .offer(
                        next(),
                        new Fetched(Errors.NONE, 8, 0, 2, 8, -1, ByteBuffer.allocate(0)),
                        -1,
                        FetchBuffer.UNCOUNTED);
        step();

        assertThat(log.end).isEqualTo(10);
        assertThat(sink.last().record().phase()).isEqualTo(Phase.FAILED);
        assertThat(sink.last().record().reason())
                .contains("max.truncation.records")
                .contains("4 records");
    }

    @Test
    void anEmptyMirrorFollowsASourceThatEndsBeforeIt() {
        log.start = 50;
        log.end = 50;
        start(Records.started(CLAIMED, 0));

        outOfRange(0, 0, null);

        assertThat(log.end).isZero();
        assertThat(next().offset()).isZero();
    }

    @Test
    void aFencedLeaderDoesNothingMore() {
        start(Records.started(CLAIMED, 0));
        sink.answersAtOnce = false;
        fetch(TestBatches.batch(0, 10, 4));
        step();
        sink.lastAnswer().completeExceptionally(new LinkException(Errors.FENCED_LEADER_EPOCH, "claimed by another"));
        step();
        nowMs += BACKOFF_MS;
        step();

        assertThat(replicator.isFenced()).isTrue();
        assertThat(sink.proposed).hasSize(1);
        assertThat(log.end).isZero();
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
    void aSourceThatForgotOurEpochMakesUsDropIt() {
        log.append0(0, 4, 1);
        log.append0(4, 6, 1);
        start(record(new SourceEpoch(2, 0), new SourceEpoch(9, 4)));

        outOfRange(0, 20, new EpochEnd(Errors.NONE, -1, -1));

        assertThat(log.end).isEqualTo(4);
        assertThat(next().lastEpoch()).isEqualTo(2);
    }

    @Test
    void aSourceThatMovedOnPastOurEndIsCaughtUpWithAndTheGapReported() {
        log.append0(0, 10, 1);
        start(record(new SourceEpoch(2, 0)));

        outOfRange(100, 200, null);

        assertThat(log.start).isEqualTo(100);
        assertThat(log.end).isEqualTo(100);
        assertThat(sink.last().event().message()).contains("(90 records)");
        assertThat(next()).isEqualTo(new FetchCursor.Next(next().generation(), 100, -1));
    }

    @Test
    void anEmptyMirrorMovesToTheSourcesStartSilently() {
        start(Records.started(CLAIMED, 0));

        outOfRange(100, 200, null);

        assertThat(log.start).isEqualTo(100);
        assertThat(sink.last().event()).isNull();
    }

    @Test
    void aSourceShorterThanTheMirrorWithoutEpochsCutsTheMirror() {
        log.append0(0, 5, 1);
        log.append0(5, 5, 1);
        start(Records.started(CLAIMED, 0));

        outOfRange(0, 5, null);

        assertThat(log.end).isEqualTo(5);
        assertThat(sink.proposed.get(0).event().message()).contains("(5 records)");
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

    @Test
    void unknownLeadersAreAskedForAgainAtOnce() {
        start(record(new SourceEpoch(0, 0)));

        offer(next(), failed(Errors.NOT_LEADER_OR_FOLLOWER));
        step();

        assertThat(replicator.takeRefreshWanted()).isTrue();
        assertThat(replicator.takeRefreshWanted()).isFalse();
        nowMs += 100;
        assertThat(next().offset()).isZero();
    }

    @Test
    void aMissingAclIsNamed() {
        start(record(new SourceEpoch(0, 0)));

        offer(next(), failed(Errors.TOPIC_AUTHORIZATION_FAILED));
        step();

        assertThat(replicator.stats().error()).contains("READ on TOPIC source");
        assertThat(replicator.stats().isSourceAvailable()).isFalse();
    }

    @Test
    void anOldFormatFailsThePartition() {
        start(record(new SourceEpoch(0, 0)));
        ByteBuffer old = TestBatches.batch(0, 10, 0);
        old.put(BatchFormat.MAGIC, (byte) 1);

        offer(next(), fetched(old, 10, 0));
        step();

        assertThat(sink.last().record().reason()).contains("unsupported message format");
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

    @Test
    void aSourceThatIsGoneFailsThePartitionOnce() {
        start(record(new SourceEpoch(0, 0)));

        replicator.onFatal("gone");
        step();
        replicator.onFatal("gone again");
        step();

        assertThat(sink.proposed).hasSize(1);
        assertThat(sink.last().record().reason()).isEqualTo("gone");
        assertThat(sink.last().event().message()).isEqualTo("gone");
        assertThat(replicator.cursor().next(nowMs)).isEmpty();
    }

    @Test
    void anOldSourceIsAskedForItsEpochsBeforeTheFirstFetch() {
        log.append0(0, 10, 1);
        start(record(new SourceEpoch(2, 0)));
        assertThat(replicator.cursor().isValid(5)).isFalse();

        replicator.onUnvalidated(5);
        Question question = replicator.question().orElseThrow();
        replicator.onAnswer(question, new Question.Answer(-1, -1, -1, new EpochEnd(Errors.NONE, 2, 12)), nowMs);

        assertThat(replicator.cursor().isValid(5)).isTrue();
        assertThat(replicator.cursor().isValid(6)).isFalse();
        assertThat(log.end).isEqualTo(10);
    }

    private void start(PartitionRecord record) {
        start(PARTITION, record);
    }

    private void start(MirrorPartition partition, PartitionRecord record) {
        Transitions transitions = new Transitions(sink, record, BACKOFF_MS, () -> {});
        Replicator.Settings settings = new Replicator.Settings(1_000, BACKOFF_MS, maxTruncation);
        replicator = new Replicator(partition, log, transitions, leadership, settings);
        step();
    }

    private static PartitionRecord record(SourceEpoch... lineage) {
        return Records.withLineage(Records.started(CLAIMED, 0), List.of(lineage));
    }

    private void step() {
        for (int i = 0; i < 5; i++) {
            while (replicator.step(nowMs)) {
                assertThat(log.appends).isLessThan(10_000);
            }
        }
    }

    private boolean offer(FetchCursor.Next asked, Fetched fetched) {
        return replicator.cursor().offer(asked, fetched, -1, FetchBuffer.UNCOUNTED);
    }

    private FetchCursor.Next next() {
        return replicator.cursor().next(nowMs).orElseThrow();
    }

    private void fetch(ByteBuffer batches) {
        fetch(batches, -1, -1);
    }

    private void fetch(ByteBuffer batches, long sourceEnd, long sourceStart) {
        Fetched fetched = fetched(batches, sourceEnd, sourceStart);
        replicator.stats().onFetch(sourceStart, sourceEnd, log.end, nowMs);
        assertThat(offer(next(), fetched)).isTrue();
    }

    private static Fetched fetched(ByteBuffer batches, long sourceEnd, long sourceStart) {
        return new Fetched(Errors.NONE, sourceEnd, sourceStart, -1, -1, -1, batches);
    }

    private static Fetched failed(Errors error) {
        return new Fetched(error, -1, -1, -1, -1, -1, ByteBuffer.allocate(0));
    }

    private void outOfRange(long start, long end, EpochEnd epochEnd) {
        offer(next(), failed(Errors.OFFSET_OUT_OF_RANGE));
        step();
        Question question = replicator.question().orElseThrow();
        assertThat(question.kind()).isEqualTo(Question.Kind.RANGE);
        replicator.onAnswer(question, new Question.Answer(-1, start, end, epochEnd), nowMs);
        step();
    }
}
