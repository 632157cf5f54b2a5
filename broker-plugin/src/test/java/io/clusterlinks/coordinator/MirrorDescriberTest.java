// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.Records;
import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.MirrorSummary;
import io.clusterlinks.protocol.PartitionStatus;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.state.BrokerReport;
import io.clusterlinks.state.BrokerReport.ObservedPartition;
import io.clusterlinks.state.LinkImage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.utils.Time;
import org.junit.jupiter.api.Test;

class MirrorDescriberTest {
    private static final int LEADER = OneLeader.LEADER;

    private final FakeStateBroker broker = new FakeStateBroker();
    private final BrokerReports reports = new BrokerReports(broker, Time.SYSTEM);
    private final MirrorDescriber describer = new MirrorDescriber(
            OneLeader::new,
            reports,
            new SilentBrokers(
                    OneLeader::new, new ControllerSilence(OneLeader::new, Time.SYSTEM), reports, Time.SYSTEM));

    @Test
    void aFailureThatWasReportedBeforeTheRepairIsNotShown() {
        PartitionRecord failed = Records.partition(0, Phase.MIRRORING);
        report(failed, MirrorState.FAILED);

        assertThat(summary(failed).state()).isEqualTo(MirrorState.FAILED);
        MirrorSummary repaired = summary(revision(failed, failed.revision() + 1));
        assertThat(repaired.state()).isEqualTo(MirrorState.ACTIVE);
        assertThat(repaired.lagRecords()).isNegative();
    }

    @Test
    void aFailureUnderAnOlderRecordOfAnotherLeaderIsNotShown() {
        PartitionRecord now = Records.partition(0, Phase.MIRRORING);
        report(epoch(now, now.leaderEpoch() - 1), MirrorState.FAILED);

        assertThat(summary(now).state()).isEqualTo(MirrorState.ACTIVE);
    }

    /** A leader reports more often than what it records reaches it again. */
    @Test
    void whatElseWasReportedUnderAnOlderRecordIsShown() {
        PartitionRecord now = Records.partition(0, Phase.MIRRORING);
        report(now, MirrorState.SOURCE_UNAVAILABLE);

        assertThat(summary(revision(now, now.revision() + 1)).state()).isEqualTo(MirrorState.SOURCE_UNAVAILABLE);
    }

    @Test
    void whatHoldsAStopUpIsSaid() {
        PartitionRecord stopping = Records.partition(0, Phase.STOPPING);
        report(stopping, MirrorState.PENDING_STOPPED);

        MirrorRecord mirror = Records.mirror(MirrorState.PENDING_STOPPED, StopMode.FAILOVER);
        assertThat(summary(mirror, stopping).reason()).isEqualTo("Partition 0 waits: why");
    }

    @Test
    void thatAPausedLinkHoldsAPromotionUpIsSaid() {
        Map<String, String> configs = new HashMap<>(Records.link().configs());
        configs.put(LinkConfig.PAUSED, "true");
        LinkRecord paused = Records.link().withConfigs(configs);
        MirrorRecord mirror = Records.mirror(MirrorState.PENDING_STOPPED, StopMode.DRAIN);
        LinkImage image = Records.image(paused, mirror, Records.partition(0, Phase.MIRRORING));

        assertThat(describer.summary(image, paused, mirror).reason())
                .isEqualTo("Waits, for link '" + paused.link() + "' is paused.");
    }

    private void report(PartitionRecord under, MirrorState state) {
        PartitionStatus status = new PartitionStatus(0, state, LEADER, 1, 0, 9, 0, 9, 0, 0, 1, 9, "why");
        ObservedPartition observed =
                new ObservedPartition(Records.TOPIC, under.leaderEpoch(), under.revision(), 0, -1, -1, status);
        reports.onReport(new BrokerReport(LEADER, "v", "k", 7, List.of(observed), List.of()));
    }

    private MirrorSummary summary(PartitionRecord record) {
        return summary(Records.mirror(MirrorState.ACTIVE, StopMode.NONE), record);
    }

    private MirrorSummary summary(MirrorRecord mirror, PartitionRecord record) {
        LinkImage image = Records.image(Records.link(), mirror, record);
        return describer.summary(image, Records.link(), mirror);
    }

    private static PartitionRecord revision(PartitionRecord of, int revision) {
        return copy(of, of.leaderEpoch(), revision);
    }

    private static PartitionRecord epoch(PartitionRecord of, int leaderEpoch) {
        return copy(of, leaderEpoch, of.revision());
    }

    private static PartitionRecord copy(PartitionRecord of, int leaderEpoch, int revision) {
        return of.toBuilder().revision(leaderEpoch, revision).build();
    }
}
