// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterlinks.host.BareBroker;
import io.clusterlinks.host.ClusterView;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.PartitionStatus;
import io.clusterlinks.state.BrokerReport;
import io.clusterlinks.state.BrokerReport.ObservedPartition;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Time;
import org.junit.jupiter.api.Test;

class BrokerReportsTest {
    private final BrokerReports reports = new BrokerReports(new FakeStateBroker(), Time.SYSTEM);

    private static ObservedPartition partition(String topic, long end) {
        return new ObservedPartition(
                topic,
                4,
                0,
                0,
                -1,
                -1,
                new PartitionStatus(0, MirrorState.ACTIVE, 1, 1, 0, end, 0, end, 0, 0, 1, end, null));
    }

    private static BrokerReport report(long id, Long base, ObservedPartition... partitions) {
        return new BrokerReport(1, "v", "k", 7, List.of(partitions), List.of(), id, base);
    }

    @Test
    void aChangeLeavesTheOtherPartitionsAsTheyWere() {
        reports.onReport(report(10, null, partition("a", 1), partition("b", 1)));

        reports.onReport(report(11, 10L, partition("b", 2)));

        assertThat(reports.partition(1, "a", 0)).contains(partition("a", 1));
        assertThat(reports.partition(1, "b", 0)).contains(partition("b", 2));
    }

    @Test
    void aCompleteReportForgetsWhatItDoesNotName() {
        reports.onReport(report(10, null, partition("a", 1), partition("b", 1)));

        reports.onReport(report(11, null, partition("b", 2)));

        assertThat(reports.partition(1, "a", 0)).isEmpty();
    }

    /** It waits in vain, and would blame brokers that report to another: whoever asked is to ask there. */
    @Test
    void whoIsDeposedWaitsForNobody() {
        BrokerReports alone = new BrokerReports(
                new BareBroker() {
                    @Override
                    public ClusterView cluster() {
                        return new OneLeader();
                    }
                },
                Time.SYSTEM);
        CompletableFuture<Void> applied = alone.awaitApplied(8);
        assertThat(applied).isNotDone();

        alone.reset();

        assertThat(applied).isCompletedExceptionally();
        assertThatThrownBy(applied::join).cause().isInstanceOfSatisfying(LinkException.class, refusal -> assertThat(
                        refusal.error())
                .isEqualTo(Errors.NOT_COORDINATOR));
    }

    /** A coordinator that was one before may hold a report that others have followed since. */
    @Test
    void aChangeOfAnotherReportIsRefused() {
        assertThatThrownBy(() -> reports.onReport(report(11, 10L, partition("b", 2))))
                .isInstanceOf(LinkException.class);
        reports.onReport(report(9, null, partition("b", 1)));

        assertThatThrownBy(() -> reports.onReport(report(11, 10L, partition("b", 2))))
                .isInstanceOf(LinkException.class)
                .hasMessageContaining("everything");
        assertThat(reports.partition(1, "b", 0)).contains(partition("b", 1));
    }
}
