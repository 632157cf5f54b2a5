// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** Answers to fetches that bring no batches. */
class FetchErrorsTest extends ReplicatorScene {
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

    /** A source that was set back to older metadata answers so for ever, and nothing else tells. */
    @Test
    void leadersThatStayUnknownAreShownAndForgottenWhenOneAnswers() {
        start(record(new SourceEpoch(0, 0)));
        long beganMs = nowMs;
        while (nowMs - beganMs <= 15_000) {
            assertThat(replicator.stats().error()).isNull();
            offer(next(), failed(Errors.UNKNOWN_LEADER_EPOCH));
            step();
            nowMs += 100;
        }
        offer(next(), failed(Errors.UNKNOWN_LEADER_EPOCH));
        step();
        assertThat(replicator.stats().error()).contains("UNKNOWN_LEADER_EPOCH").contains("resume it");

        nowMs += 100;
        replicator.stats().onFetch(0, 0, 10, log.end, nowMs);
        assertThat(replicator.stats().error()).isNull();

        // One that comes much later is another trouble
        nowMs += 60_000;
        offer(next(), failed(Errors.NOT_LEADER_OR_FOLLOWER));
        step();
        assertThat(replicator.stats().error()).isNull();
    }

    @Test
    void aMissingAclIsNamed() {
        start(record(new SourceEpoch(0, 0)));

        offer(next(), failed(Errors.TOPIC_AUTHORIZATION_FAILED));
        step();

        assertThat(replicator.stats().error()).contains("READ on TOPIC source");
        assertThat(replicator.stats().isSourceAvailable()).isFalse();
    }

    /** A mirror of a compacted topic names a high watermark that is older than the gap after it. */
    @Test
    void whatLooksWrongOnceIsAskedForAgainAtOnce() {
        start(record(new SourceEpoch(0, 0)));

        offer(next(), fetched(TestBatches.batch(50, 10, 0), 0, 0));
        step();
        assertThat(replicator.stats().error()).isNull();

        offer(next(), fetched(TestBatches.batch(50, 10, 0), 60, 0));
        step();
        assertThat(log.end).isEqualTo(60);
    }

    @Test
    void whatLooksWrongAgainIsShownAndTriedLater() {
        start(record(new SourceEpoch(0, 0)));
        for (int i = 0; i < 2; i++) {
            offer(next(), fetched(TestBatches.batch(50, 10, 0), 0, 0));
            step();
        }

        assertThat(replicator.stats().error()).contains("no record batch");
        assertThat(replicator.cursor().next(nowMs)).isEmpty();
        assertThat(replicator.cursor().next(nowMs + BACKOFF_MS)).isPresent();
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
}
