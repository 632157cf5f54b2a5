// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.record.PartitionRecord.Truncation;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What others got wrong when a source had lost its tail. */
class TruncationPitfallsTest {
    private static final TopicPartition TP = new TopicPartition("mirror", 0);
    private static final MirrorPartition PARTITION = new MirrorPartition(
            "L", TP, "topic-id", new TopicPartition("source", 0), Uuid.ZERO_UUID, MirrorPartition.EARLIEST, false, 1);

    private final FakeLog log = new FakeLog(TP);
    private final Transitions transitions = new Transitions(
            new FakeSink(),
            Records.truncating(Records.started(FakeSink.claimed(TP, 1), 0), new Truncation(4, 1, List.of(1))),
            100,
            () -> {});
    private final PendingCut cut =
            new PendingCut(PARTITION, log, transitions, new FakeLeadership(), new FollowerCheck(log, 1), 100);
    private long nowMs = 1000;

    @Test
    @DisplayName("Pitfall: a truncation tried once and never again")
    void aTruncationThatFailsIsTriedUntilItSucceeds() {
        log.append0(0, 4, 1);
        log.append0(4, 6, 1);
        // As while the broker is losing its leadership, or its disk is in trouble.
        log.leaderEpoch = 7;

        for (int i = 0; i < 20; i++) {
            step();
            assertThat(log.end).isEqualTo(10);
            assertThat(cut.error()).contains("retrying");
        }
        log.leaderEpoch = 1;
        for (int i = 0; i < 5; i++) {
            step();
        }

        assertThat(log.end).isEqualTo(4);
        assertThat(cut.isPending()).isFalse();
    }

    @Test
    @DisplayName("Pitfall: truncation of a leader without its followers")
    void aTruncationLastsUntilTheFollowersHaveCutToo() {
        log.append0(0, 4, 1);
        log.append0(4, 6, 1);
        log.followersCut = false;

        for (int i = 0; i < 20; i++) {
            step();
        }
        assertThat(log.end).isEqualTo(4);
        assertThat(cut.isPending()).isTrue();
        assertThat(cut.error()).contains("in-sync replicas");

        log.followersCut = true;
        for (int i = 0; i < 5; i++) {
            step();
        }
        assertThat(cut.isPending()).isFalse();
    }

    private void step() {
        nowMs += 1000;
        if (transitions.settle(nowMs) && cut.isPending()) {
            cut.step(nowMs);
        }
        transitions.settle(nowMs);
    }
}
