// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/** Who comes first under a leader epoch has to look for what clients may have written. */
class HandoversTest {
    private static final TopicPartition TP = ReplicatorScene.TP;

    private final Handovers handovers = new Handovers();
    private final FakeLog log = new FakeLog(TP);

    @Test
    void theFirstOwnerUnderALeaderEpochIsToldSo() {
        assertThat(handovers.begin(duty(1))).isTrue();
        assertThat(handovers.begin(duty(1))).isFalse();
        assertThat(handovers.begin(duty(2))).isTrue();
    }

    @Test
    void whoLooksAfterTheMirrorsNextNeedNotLookAgain() {
        handovers.begin(duty(1));
        Replicator owner = owner();
        while (owner.step(0)) {
            // It begins, then looks.
        }

        handovers.leave(owner);

        assertThat(handovers.begin(duty(1))).isFalse();
    }

    /** A link's configs were changed in this very moment. */
    @Test
    void anOwnerThatDidNotComeToLookWasNone() {
        handovers.begin(duty(1));

        handovers.leave(owner());

        assertThat(handovers.begin(duty(1))).isTrue();
    }

    private Replicator owner() {
        Replicator owner = ReplicatorScene.replicator(log, new FakeSink(), ReplicatorScene.record());
        owner.expectNothingAppended();
        return owner;
    }

    private Duty duty(int leaderEpoch) {
        MirrorPartition partition = new MirrorPartition(
                "L", TP, "topic-id", TP, Uuid.ZERO_UUID, MirrorPartition.EARLIEST, false, leaderEpoch);
        return new Duty(
                Duty.Kind.FOLLOW,
                partition,
                log,
                FakeSink.claimed(TP, leaderEpoch),
                io.clusterlinks.Records.mirror(MirrorState.ACTIVE, StopMode.NONE));
    }
}
