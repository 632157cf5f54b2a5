// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.coordinator.StateInMemory;
import io.clusterlinks.mirror.SimulatedCluster.Node;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.PartitionClaim;
import io.clusterlinks.protocol.record.PartitionClaim.HeldEpoch;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.LeaderEpochs;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DutyTest {
    private static final TopicPartition TP = new TopicPartition("orders", 0);
    private static final Uuid TOPIC_ID = Uuid.ONE_UUID;
    private static final MirrorRecord ACTIVE = new MirrorRecord(
            1,
            "east",
            TP.topic(),
            "source",
            TOPIC_ID.toString(),
            null,
            2,
            1,
            (short) 1,
            java.util.Map.of(),
            "latest",
            List.of(70L),
            false,
            MirrorState.ACTIVE,
            StopMode.NONE,
            null,
            null,
            1,
            List.of());

    private final StateInMemory state = new StateInMemory();
    private final SimulatedCluster cluster = new SimulatedCluster(1, new Random(1));

    @BeforeEach
    void link() {
        state.put(io.clusterlinks.Records.link());
        state.put(ACTIVE);
    }

    @Test
    void aNewLeaderClaimsBeforeItFollows() {
        assertThat(duty(TOPIC_ID).kind()).isEqualTo(Duty.Kind.CLAIM);
        assertThat(duty(TOPIC_ID).claim())
                .isEqualTo(new PartitionClaim(TP.topic(), 0, TOPIC_ID.toString(), 0, List.of()));

        state.claim(List.of(duty(TOPIC_ID).claim()));

        assertThat(duty(TOPIC_ID).kind()).isEqualTo(Duty.Kind.FOLLOW);
    }

    @Test
    void aClaimTellsWhatTheLogHoldsOfEpochsThatMayBeUnclaimed() {
        state.claim(List.of(duty(TOPIC_ID).claim()));
        Node node = cluster.node(0);
        node.log.writeAsClient(0);
        for (int i = 0; i < 3; i++) {
            leadAnew();
            node.log.writeAsClient(node.heard.epoch());
        }
        int last = node.heard.epoch();
        leadAnew();

        assertThat(duty(TOPIC_ID).claim().held())
                .containsExactly(new HeldEpoch(last - 4, 1), new HeldEpoch(last - 2, 2), new HeldEpoch(last, 3));

        PartitionRecord claimed = state.image().partition(TP.topic(), 0).orElseThrow();
        state.put(claimed.toBuilder().revision(last, 0).build());
        assertThat(duty(TOPIC_ID).claim().held()).isEmpty();

        state.put(claimed.toBuilder()
                .revision(last, 0)
                .unclaimed(List.of(new LeaderEpochs(last - 2, last - 1)))
                .build());
        assertThat(duty(TOPIC_ID).claim().held()).containsExactly(new HeldEpoch(last - 2, 2), new HeldEpoch(last, 3));
    }

    private void leadAnew() {
        cluster.kill(cluster.node(0));
        cluster.restart(cluster.node(0));
        cluster.hear(cluster.node(0));
    }

    @Test
    void anotherLeaderEpochClaimsAgainAlsoBeforeItStops() {
        state.claim(List.of(duty(TOPIC_ID).claim()));
        state.put(ACTIVE.withStop(StopMode.FAILOVER, null, 2));
        assertThat(duty(TOPIC_ID).kind()).isEqualTo(Duty.Kind.STOP);

        leadAnew();

        assertThat(duty(TOPIC_ID).kind()).isEqualTo(Duty.Kind.CLAIM);
    }

    @Test
    void aTopicOfTheSameNameIsNotTheMirror() {
        assertThat(duty(Uuid.randomUuid())).isNull();
    }

    @Test
    void nothingIsClaimedForAMirrorThatRests() {
        state.put(ACTIVE.withState(MirrorState.PAUSED, null, 2));

        assertThat(duty(TOPIC_ID).kind()).isEqualTo(Duty.Kind.NONE);
    }

    /** Records written before the mirror noticed a new partition must not be skipped. */
    @Test
    void partitionsThatWereAddedLaterStartAtTheirBeginning() {
        assertThat(MirrorPartition.of(ACTIVE, 0, 0).startOffset()).isEqualTo(70);
        assertThat(MirrorPartition.of(ACTIVE, 1, 0).startOffset()).isEqualTo(MirrorPartition.EARLIEST);
    }

    private Duty duty(Uuid topicId) {
        SimulatedPartition partition = new SimulatedPartition(TP, topicId, cluster, cluster.node(0), () -> {});
        SimulatedBroker broker = new SimulatedBroker(cluster.node(0), partition);
        return Duty.of(state.image(), broker, broker, link -> false).get(TP);
    }
}
