// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.coordinator.StateInMemory;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.PartitionClaim;
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
        assertThat(duty(TOPIC_ID).claim()).isEqualTo(new PartitionClaim(TP.topic(), 0, TOPIC_ID.toString(), 0));

        state.claim(List.of(duty(TOPIC_ID).claim()));

        assertThat(duty(TOPIC_ID).kind()).isEqualTo(Duty.Kind.FOLLOW);
    }

    @Test
    void anotherLeaderEpochClaimsAgainAlsoBeforeItStops() {
        state.claim(List.of(duty(TOPIC_ID).claim()));
        state.put(ACTIVE.withStop(StopMode.FAILOVER, null, 2));
        assertThat(duty(TOPIC_ID).kind()).isEqualTo(Duty.Kind.STOP);

        cluster.kill(cluster.node(0));
        cluster.restart(cluster.node(0));
        cluster.hear(cluster.node(0));

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
