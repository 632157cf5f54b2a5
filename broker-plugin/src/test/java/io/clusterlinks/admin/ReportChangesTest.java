// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.PartitionStatus;
import io.clusterlinks.state.BrokerReport;
import io.clusterlinks.state.BrokerReport.ObservedPartition;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ReportChangesTest {
    private final ReportChanges changes = new ReportChanges(1000);

    private static ObservedPartition partition(String topic, long end, long lastFetchMs) {
        return partition(topic, 0, end, lastFetchMs);
    }

    private static ObservedPartition partition(String topic, int revision, long end, long lastFetchMs) {
        return new ObservedPartition(
                topic,
                4,
                revision,
                0,
                -1,
                -1,
                new PartitionStatus(0, MirrorState.ACTIVE, 1, 1, 0, end, 0, end, 0, 0, lastFetchMs, end, null));
    }

    private BrokerReport next(long nowMs, ObservedPartition... partitions) {
        return changes.next(new BrokerReport(1, "v", "k", 7, List.of(partitions), List.of()), nowMs);
    }

    @Test
    void theFirstIsComplete() {
        BrokerReport report = next(0, partition("a", 1, 1));

        assertThat(report.base()).isNull();
        assertThat(report.partitions()).hasSize(1);
    }

    @Test
    void whatWasOnlyFetchedInVainIsLeftOut() {
        BrokerReport first = next(0, partition("a", 1, 1), partition("b", 1, 1));
        changes.onTaken();

        BrokerReport second = next(500, partition("a", 1, 500), partition("b", 2, 500));

        assertThat(second.base()).isEqualTo(first.id());
        assertThat(second.partitions()).containsExactly(partition("b", 2, 500));
    }

    /** Else a link that is paused would cost more than one that mirrors. */
    @Test
    void lagThatOnlyGrowsOlderIsLeftOutAndOneThatBeginsOrEndsIsNot() {
        next(0, late("a", 1), late("b", 1), late("c", 0));
        changes.onTaken();

        assertThat(next(500, late("a", 501), late("b", 0), late("c", 500)).partitions())
                .containsExactly(late("b", 0), late("c", 500));
    }

    private static ObservedPartition late(String topic, long lagMs) {
        return new ObservedPartition(
                topic,
                4,
                1,
                0,
                -1,
                -1,
                new PartitionStatus(0, MirrorState.PAUSED, 1, 1, 0, 9, 0, 9, 0, lagMs, 1, 9, null));
    }

    @Test
    void anotherRevisionOfTheMirrorIsAChange() {
        next(0, partition("a", 3, 1, 1));
        changes.onTaken();

        assertThat(next(500, partition("a", 4, 1, 1)).partitions()).containsExactly(partition("a", 4, 1, 1));
    }

    @Test
    void aReportThatMayNotHaveArrivedIsFollowedByACompleteOne() {
        next(0, partition("a", 1, 1));

        BrokerReport second = next(500, partition("a", 1, 500));

        assertThat(second.base()).isNull();
        assertThat(second.partitions()).hasSize(1);
    }

    @Test
    void otherPartitionsMakeItComplete() {
        next(0, partition("a", 1, 1), partition("b", 1, 1));
        changes.onTaken();

        assertThat(next(500, partition("a", 1, 1), partition("c", 1, 1)).base()).isNull();
        changes.onTaken();
        assertThat(next(600, partition("a", 1, 1)).base()).isNull();
    }

    @Test
    void nowAndThenItIsComplete() {
        next(0, partition("a", 1, 1));
        changes.onTaken();
        assertThat(next(4_900, partition("a", 1, 4_900)).partitions()).isEmpty();
        changes.onTaken();

        assertThat(next(5_100, partition("a", 1, 5_100)).partitions()).hasSize(1);
    }

    /** Else it would cost the more the more partitions there are. */
    @Test
    void whereThereAreManyThatIsSeldom() {
        ObservedPartition[] many =
                IntStream.range(0, 4000).mapToObj(i -> partition("t" + i, 1, 1)).toArray(ObservedPartition[]::new);
        next(0, many);
        changes.onTaken();
        assertThat(next(19_900, many).partitions()).isEmpty();
        changes.onTaken();

        assertThat(next(20_000, many).partitions()).hasSize(4000);
    }
}
