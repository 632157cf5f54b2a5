// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.ManualTime;
import io.clusterlinks.Records;
import io.clusterlinks.host.BareBroker;
import io.clusterlinks.host.ClusterView;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.PartitionStatus;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.state.BrokerReport;
import io.clusterlinks.state.BrokerReport.ObservedPartition;
import io.clusterlinks.sync.PartitionBounds.Bounds;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ReportedBoundsTest {
    private static final long START = 40;
    private static final long HIGH_WATERMARK = 140;
    private static final long END = 150;

    private final OneLeader cluster = new OneLeader();
    private final BareBroker broker = new BareBroker() {
        @Override
        public ClusterView cluster() {
            return cluster;
        }
    };
    private final BrokerReports reports = new BrokerReports(broker, new ManualTime());
    private final ReportedBounds bounds = new ReportedBounds(broker, reports);

    /** What the leader alone has is gone if it dies, and a group that stood there would stand beyond the end. */
    @Test
    void endAtTheHighWatermarkAndNotAtTheEndOfTheLeadersLog() {
        report();
        assertThat(of(Records.partition(0, Phase.MIRRORING))).contains(new Bounds(START, HIGH_WATERMARK, END));
    }

    @Test
    void areUnknownWhileTheLeaderDoesNotReport() {
        assertThat(of(Records.partition(0, Phase.MIRRORING))).isEmpty();
    }

    /** A coordinator that has just taken over knows no reports, and the last sync does not wait for them. */
    @Test
    void ofAPartitionThatHasStoppedAreRecorded() {
        PartitionRecord stopped = stopped(100);
        assertThat(of(stopped)).contains(new Bounds(0, 100, 100, Long.MAX_VALUE));
        report();
        assertThat(of(stopped)).contains(new Bounds(START, 100, 100, Math.max(100, END)));
    }

    private static PartitionRecord stopped(long at) {
        return Records.partition(0, Phase.STOPPED).toBuilder().stop(at, 0).build();
    }

    private Optional<Bounds> of(PartitionRecord record) {
        MirrorRecord mirror = Records.mirror(MirrorState.ACTIVE, StopMode.NONE).withTopicId(OneLeader.ID.toString());
        return bounds.of(Records.image(Records.link(), mirror, record), mirror, 0);
    }

    private void report() {
        PartitionStatus status =
                new PartitionStatus(0, MirrorState.ACTIVE, OneLeader.LEADER, 1, 0, 9, START, END, 0, 0, 1, 9, null);
        ObservedPartition observed = new ObservedPartition(Records.TOPIC, 5, 0, HIGH_WATERMARK, -1, -1, status);
        reports.onReport(new BrokerReport(OneLeader.LEADER, "v", "k", 7, List.of(observed), List.of()));
    }
}
