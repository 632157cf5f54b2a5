// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import org.junit.jupiter.api.Test;

/** Where the log of a mirror starts, and where it starts again when the source has nothing of it any more. */
class MirrorStartTest extends ReplicatorScene {
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
        start(partition(700, false), CLAIMED);

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
    void anEmptyMirrorFollowsASourceThatEndsBeforeIt() {
        log.start = 50;
        log.end = 50;
        start(Records.started(CLAIMED, 0));

        outOfRange(0, 0, null);

        assertThat(log.end).isZero();
        assertThat(next().offset()).isZero();
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
}
