// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static io.clusterlinks.mirror.TestBatches.batch;
import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import io.clusterlinks.source.SourceQueryClient.EpochEnd;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a partition does when it and its source do not agree, or when it must not go on. */
class ReplicatorTest extends ReplicatorScene {
    @Test
    void aTailThatTheSourceLostIsCutOffAndReported() {
        log.append0(0, 6, 1);
        log.append0(6, 4, 1);
        start(record(new SourceEpoch(2, 0), new SourceEpoch(3, 6)));
        assertThat(next().lastEpoch()).isEqualTo(3);

        offer(next(), diverging(2, 8));
        step();

        assertThat(log.end).isEqualTo(6);
        assertThat(sink.last().record().lineage()).containsExactly(new SourceEpoch(2, 0));
        assertThat(sink.proposed.get(0).event().message()).contains("Dropped offsets 6 to 9 (4 records)");
        assertThat(next()).isEqualTo(new FetchCursor.Next(next().generation(), 6, 2));
    }

    /**
     * A source before Kafka 3.1 is fetched by name: a topic that was deleted and created again answered in its place, and the
     * copy was gone before it was failed over.
     */
    @Test
    void nothingIsGivenUpBeforeTheTopicWasSeenToBeTheSame() {
        log.append0(0, 10, 1);
        differ();
        assertThat(replicator.takeRefreshWanted()).isTrue();

        // Asked for before, then the first of two brokers
        look(nowMs);
        look(nowMs + 1);
        assertThat(replicator.takeRefreshWanted()).isTrue();
        replicator.difference().onOtherTopic();
        look(nowMs + 2);
        assertThat(log.end).isEqualTo(10);
        assertThat(sink.proposed).isEmpty();
        assertThat(replicator.difference().differs()).isTrue();

        look(nowMs + 3);
        assertThat(log.end).isZero();
    }

    /** It may have what the one that led before had lost, or had not heard of. */
    @Test
    void anotherLeaderIsAskedBeforeAnythingIsGivenUp() {
        log.append0(0, 10, 1);
        differ();

        look(nowMs + 1);
        replicator.onLeaderMoved(nowMs);
        look(nowMs + 2);
        offer(next(), diverging(0, 0));
        replicator.onLeaderMoved(nowMs);
        look(nowMs + 3);
        assertThat(sink.proposed).isEmpty();
        offer(next(), fetched(batch(10, 5, 1), 15, 0));
        step();
        assertThat(log.end).isEqualTo(15);
        assertThat(replicator.difference().differs()).isFalse();
    }

    /** The source has nothing of what is here. */
    private void differ() {
        sameTopic = false;
        start(record(new SourceEpoch(0, 0)));
        offer(next(), diverging(0, 0));
        step();
        assertThat(replicator.waitsForTime()).isFalse();
    }

    private void look(long askedMs) {
        assertThat(replicator.difference().onSameTopic(askedMs)).isTrue();
        step();
    }

    /** Old sources know nothing of divergence, so that a position is compared before each first fetch: that it agrees is no news. */
    @Test
    void anOldSourceThatDeletedWhatWasNotCopiedIsFollowed() {
        log.append0(0, 10, 1);
        sameTopic = false;
        start(record(new SourceEpoch(3, 0)));
        outOfRange(50, 80, new EpochEnd(Errors.NONE, 3, 80));
        replicator.onUnvalidated(3);
        assertThat(replicator.question()).isEmpty();

        look(nowMs + 1);
        look(nowMs + 2);
        assertThat(log.start).isEqualTo(50);
        assertThat(next().offset()).isEqualTo(50);
    }

    /** It was fetched before it was found that the batch begins before the end here. */
    @Test
    void anotherBatchAtTheEndIsFollowed() {
        log.append0(0, 10, 1);
        sameTopic = false;
        start(record(new SourceEpoch(1, 0)));
        offer(next(), fetched(batch(8, 5, 1), 13, 0));
        step();
        assertThat(replicator.difference().differs()).isTrue();

        look(nowMs + 1);
        look(nowMs + 2);
        assertThat(next().offset()).isEqualTo(0);
    }

    /** What it deleted may be another topic's. */
    @Test
    void theHeadIsNotDeletedForASourceThatDiffers() {
        log.append0(0, 10, 1);
        log.append0(10, 10, 1);
        sameTopic = false;
        start(record(new SourceEpoch(0, 0)));
        replicator.stats().onFetch(0, 10, 15, log.end, nowMs);
        offer(next(), diverging(0, 15));
        step();

        assertThat(log.start).isZero();
    }

    /** Nobody writes there: nothing but the answer would have it looked at again. */
    @Test
    void aSourceThatBeginsEarlierAgainIsFollowedWhenTheTopicWasSeenToBeTheSame() {
        log.start = 18;
        log.end = 18;
        sameTopic = false;
        start(Records.started(CLAIMED, 18));
        replicator.stats().onFetch(0, 0, 18, log.end, nowMs);
        assertThat(replicator.isSound()).isFalse();
        step();
        assertThat(log.end).isEqualTo(18);
        assertThat(replicator.waitsForTime()).isFalse();
        assertThat(replicator.difference().differs()).isTrue();

        look(nowMs + 50);
        look(nowMs + 51);
        assertThat(log.start).isZero();
        assertThat(next().offset()).isZero();
    }

    /** A broker that was away led again before it knew the mirror; the source has other records at these offsets. */
    @ParameterizedTest
    @ValueSource(ints = {0, 3})
    void whatClientsWroteToANewLeaderIsDroppedBeforeAnythingIsFetched(int looks) {
        log.append0(0, 6, 1);
        log.append0(6, 4, 1);
        log.epochStart = 6L;
        log.looksBeforeFollowersHold = looks;
        takesOver = true;

        start(record(new SourceEpoch(2, 0)));

        assertThat(log.end).isEqualTo(6);
        assertThat(sink.proposed.get(0).record().truncation().target()).isEqualTo(6);
        assertThat(sink.proposed.get(0).event().message())
                .contains("Dropped offsets 6 to 9 (4 records)")
                .contains("clients wrote them here");
        assertThat(next().offset()).isEqualTo(6);
    }

    @Test
    void whatAnotherOwnerCopiedUnderThisLeaderEpochStays() {
        log.append0(0, 6, 1);
        log.append0(6, 4, 1);
        log.epochStart = 6L;

        start(record(new SourceEpoch(2, 0)));

        assertThat(sink.proposed).isEmpty();
        assertThat(next().offset()).isEqualTo(10);
    }

    @Test
    void aNewLeaderThatFindsNothingOfClientsFetches() {
        log.append0(0, 6, 1);
        takesOver = true;
        start(record(new SourceEpoch(2, 0)));
        fetch(TestBatches.batch(6, 4, 2));
        step();

        assertThat(log.end).isEqualTo(10);
        assertThat(sink.proposed).isEmpty();
    }

    /** The partition waited for a follower, which passed right after: nobody stepped it again before the next record came. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void aFollowerThatPassesDuringAStepIsNotMissed(int looks) {
        log.looksBeforeFollowersHold = Integer.MAX_VALUE;
        start(Records.started(CLAIMED, 0));
        fetch(TestBatches.batch(0, 5, 3));

        log.looksBeforeFollowersHold = looks;
        replicator.step(nowMs);

        assertThat(log.end == 5 || replicator.waitsForTime()).isTrue();
    }

    /** A broker that dies between the cut and its record would leave nobody to tell. */
    @Test
    void aCutIsRecordedWithItsEventBeforeAnythingIsCut() {
        log.append0(0, 6, 1);
        log.append0(6, 4, 1);
        sink.answersAtOnce = false;
        start(record(new SourceEpoch(2, 0), new SourceEpoch(3, 6)));

        offer(next(), diverging(2, 8));
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

        offer(next(), diverging(2, 8));
        step();

        assertThat(log.end).isEqualTo(10);
        assertThat(sink.last().record().phase()).isEqualTo(Phase.FAILED);
        assertThat(sink.last().record().reason())
                .contains("max.truncation.records")
                .contains("4 records");
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
    void aSourceThatForgotOurEpochMakesUsDropIt() {
        log.append0(0, 4, 1);
        log.append0(4, 6, 1);
        start(record(new SourceEpoch(2, 0), new SourceEpoch(9, 4)));

        outOfRange(0, 20, new EpochEnd(Errors.NONE, -1, -1));

        assertThat(log.end).isEqualTo(4);
        assertThat(next().lastEpoch()).isEqualTo(2);
    }

    /** A leader of the source that lacks what the last one deleted: offsets from 3 on are of another history. */
    @Test
    void aSourceThatWentBackBeforeTheLogStartIsCopiedFromWhereItBegins() {
        log.start = 100;
        log.end = 100;
        start(record(new SourceEpoch(4, 0)));
        assertThat(next().lastEpoch()).isEqualTo(4);

        offer(next(), diverging(4, 3));
        step();
        answerRange(0, 60, new EpochEnd(Errors.NONE, 4, 3));

        assertThat(log.start).isZero();
        assertThat(next().offset()).isZero();
        assertThat(sink.last().record().truncation()).isNull();
        assertThat(sink.last().record().startOffset()).isZero();
    }

    /** Nothing was copied yet, and the next leader of the source still has what the last one had deleted. */
    @Test
    void anEmptyMirrorFollowsASourceThatBeginsEarlierNow() {
        log.start = 100;
        log.end = 100;
        start(Records.started(CLAIMED, 100));
        assertThat(replicator.stats().onFetch(3, 100, 100, 100, nowMs)).isTrue();
        step();
        assertThat(next().offset()).isEqualTo(100);

        assertThat(replicator.stats().onFetch(4, 60, 100, 100, nowMs)).isTrue();
        step();

        assertThat(next().offset()).isEqualTo(60);
        assertThat(log.start).isEqualTo(60);
    }

    /** An epoch is on record of which nothing was appended; every replica must drop what it may have of it. */
    @Test
    void anEmptyMirrorWithAnEpochOnRecordFollowsASourceThatBeginsEarlierNow() {
        log.start = 100;
        log.end = 100;
        start(Records.withLineage(Records.started(CLAIMED, 100), List.of(new SourceEpoch(3, 100))));
        assertThat(next().lastEpoch()).isEqualTo(Lineage.UNKNOWN);

        replicator.stats().onFetch(4, 60, 100, 100, nowMs);
        step();

        assertThat(sink.proposed.get(0).record().truncation().target()).isEqualTo(60);
        assertThat(sink.proposed.get(0).event().message()).contains("was empty", "starts over at offset 60");
        assertThat(next().offset()).isEqualTo(60);
    }

    /** The append may never happen, and then this alone tells whether the source is still the same. */
    @Test
    void theEpochBeforeAnEmptiedLogStaysOnRecordWithTheNextOne() {
        log.append0(0, 10, 1);
        start(record(new SourceEpoch(2, 0)));
        log.advanceLogStartOffset(10, log.leaderEpoch);
        sink.answersAtOnce = false;

        fetch(TestBatches.batch(10, 5, 3));
        step();

        assertThat(sink.last().record().lineage()).containsExactly(new SourceEpoch(2, 0), new SourceEpoch(3, 10));
    }

    /** The source's {@code segment.bytes} was lowered, and so it was here: one answer may be more than a segment by now. */
    @Test
    void howMuchOneAppendMayHoldIsAskedWithEachAnswer() {
        start(record(new SourceEpoch(3, 0)));
        log.maxAppendBytes = 100;

        fetch(TestBatches.join(TestBatches.batch(0, 5, 3), TestBatches.batch(5, 5, 3)));
        step();

        assertThat(log.end).isEqualTo(10);
        assertThat(log.appends).isEqualTo(2);
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
}
