// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.host.BareBroker;
import io.clusterlinks.host.LocalPartition;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.state.LinkImage;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class StartCheckpointsTest {
    private static final LinkImage IMAGE = io.clusterlinks.Records.image(
            io.clusterlinks.Records.link(),
            io.clusterlinks.Records.mirror(MirrorState.ACTIVE, StopMode.NONE),
            io.clusterlinks.Records.partition(0, Phase.MIRRORING));

    private final Broker broker = new Broker();
    private final StartCheckpoints checkpoints = new StartCheckpoints(broker);

    /** Also long after the leader has started over: a replica that was away follows when it is back. */
    @Test
    void areWrittenWhenALogStartsLowerThanBefore() {
        broker.startsAt(5000);
        checkpoints.look(IMAGE);
        checkpoints.look(IMAGE);
        assertThat(broker.written).isEqualTo(1);

        broker.startsAt(6000);
        checkpoints.look(IMAGE);
        assertThat(broker.written).isEqualTo(1);

        broker.startsAt(1000);
        checkpoints.look(IMAGE);
        checkpoints.look(IMAGE);
        assertThat(broker.written).isEqualTo(2);
    }

    /** What it was before this broker was started is written in the checkpoint, and may have been higher. */
    @Test
    void areWrittenOnceForWhatWasHereFromTheBeginning() {
        checkpoints.look(LinkImage.EMPTY);
        assertThat(broker.written).isZero();
        broker.startsAt(0);

        new StartCheckpoints(broker).look(IMAGE);

        assertThat(broker.written).isEqualTo(1);
    }

    @Test
    void areLeftToKafkaForReplicasThatComeOrAreElsewhere() {
        checkpoints.look(IMAGE);
        broker.startsAt(1000);
        checkpoints.look(IMAGE);

        assertThat(broker.written).isZero();
    }

    private static final class Broker extends BareBroker {
        private FakeLog log;
        private int written;

        private void startsAt(long offset) {
            log = new FakeLog(new TopicPartition(io.clusterlinks.Records.TOPIC, 0));
            log.start = offset;
        }

        @Override
        public Optional<LocalPartition> partition(TopicPartition partition) {
            return Optional.ofNullable(log);
        }

        @Override
        public void checkpointLogStarts() {
            written++;
        }
    }
}
