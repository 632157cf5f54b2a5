// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.PartitionRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/** What an owner of a partition leaves to the next one under the same leader epoch. */
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

    @Test
    void whoComesAfterOneThatHadNothingUnderWayNeedNotConfirm() {
        handovers.begin(duty(1));
        handovers.leave(owner());

        assertThat(handovers.mustConfirm(duty(1))).isFalse();
    }

    /** The image is behind, or the state topic lost its end: whoever waited for the record might wait for ever. */
    @Test
    void aRecordOlderThanTheOneThatWasWrittenIsConfirmed() {
        handovers.begin(duty(1));
        Replicator owner = owner(Records.revised(ReplicatorScene.record(), 3));
        assertThat(owner.isSettled()).isTrue();

        handovers.leave(owner);

        assertThat(handovers.mustConfirm(duty(1))).isTrue();
        assertThat(handovers.mustConfirm(duty(2))).as("under another claim").isFalse();
    }

    private Replicator owner() {
        return owner(ReplicatorScene.record());
    }

    private Replicator owner(PartitionRecord record) {
        Replicator owner = ReplicatorScene.replicator(log, new FakeSink(), record);
        owner.expectNothingAppended();
        return owner;
    }

    private Duty duty(int leaderEpoch) {
        TopicPartition source = new TopicPartition("source", 0);
        MirrorPartition partition = new MirrorPartition(
                "L", TP, "topic-id", source, Uuid.ZERO_UUID, MirrorPartition.EARLIEST, false, leaderEpoch);
        return new Duty(
                Duty.Kind.FOLLOW,
                partition,
                log,
                FakeSink.claimed(TP, leaderEpoch),
                io.clusterlinks.Records.mirror(MirrorState.ACTIVE, StopMode.NONE));
    }
}
