// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.host.BareBroker;
import io.clusterlinks.host.LocalPartition;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.protocol.record.PartitionRecord.Truncation;
import io.clusterlinks.state.LinkImage;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class StartCheckpointsTest {
    private static final PartitionRecord MIRRORING = io.clusterlinks.Records.partition(0, Phase.MIRRORING);
    private static final Truncation TO_FIVE = new Truncation(5, 1, List.of(1, 2));
    private static final PartitionRecord STARTING_OVER =
            Records.truncating(Records.startingOver(MIRRORING, 5), TO_FIVE);

    private final Broker broker = new Broker();
    private final StartCheckpoints checkpoints = new StartCheckpoints(broker);

    @Test
    void areWrittenWhileALogStartsOverAndOnceMoreWhenItHas() {
        look(MIRRORING, 0);
        assertThat(broker.written).isZero();

        look(STARTING_OVER, 1000);
        look(STARTING_OVER, 1001);
        assertThat(broker.written).isEqualTo(1);

        // Not forgotten where it is over before the next time.
        look(Records.truncated(STARTING_OVER), 1002);
        assertThat(broker.written).isEqualTo(1);
        look(Records.truncated(STARTING_OVER), 2000);
        look(Records.truncated(STARTING_OVER), 3000);
        assertThat(broker.written).isEqualTo(2);
    }

    @Test
    void areLeftToKafkaWhereALogOnlyLosesItsTailOrIsNotHere() {
        look(Records.truncating(MIRRORING, TO_FIVE), 1000);
        broker.hosts = false;
        look(STARTING_OVER, 2000);

        assertThat(broker.written).isZero();
    }

    private void look(PartitionRecord record, long nowMs) {
        LinkImage image = io.clusterlinks.Records.image(
                io.clusterlinks.Records.link(),
                io.clusterlinks.Records.mirror(MirrorState.ACTIVE, StopMode.NONE),
                record);
        checkpoints.look(image, nowMs);
    }

    private static final class Broker extends BareBroker {
        private boolean hosts = true;
        private int written;

        @Override
        public Optional<LocalPartition> partition(TopicPartition partition) {
            return hosts ? Optional.of(new FakeLog(partition)) : Optional.empty();
        }

        @Override
        public void checkpointLogStarts() {
            written++;
        }
    }
}
