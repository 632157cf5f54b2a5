// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.state.BrokerReport.ObservedPartition;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.sync.PartitionBounds;
import java.util.Optional;

/**
 * Where positions in mirror partitions make sense: up to the high watermark that the leader reported lately, for what is
 * above it another leader may not have; in one that has stopped up to where it stopped, which is recorded.
 */
final class ReportedBounds implements PartitionBounds {
    private final LocalBroker broker;
    private final BrokerReports reports;

    ReportedBounds(LocalBroker broker, BrokerReports reports) {
        this.broker = broker;
        this.reports = reports;
    }

    @Override
    public Optional<Bounds> of(LinkImage image, MirrorRecord mirror, int partition) {
        // Before the start offset is recorded the log may begin elsewhere than it will.
        PartitionRecord record = image.partition(mirror.topic(), partition)
                .filter(known -> known.startOffset() >= 0)
                .orElse(null);
        if (record == null) {
            return Optional.empty();
        }
        Optional<ObservedPartition> observed = observed(mirror, partition);
        return isStopped(record)
                ? Optional.of(stopped(record, observed))
                : observed.map(now -> new Bounds(
                        now.status().startOffset(),
                        now.highWatermark(),
                        now.status().endOffset()));
    }

    private Optional<ObservedPartition> observed(MirrorRecord mirror, int partition) {
        return broker.cluster()
                .topic(mirror.topic())
                .filter(topic -> topic.id().toString().equals(mirror.topicId()))
                .filter(topic -> partition < topic.partitions().size())
                .flatMap(topic ->
                        reports.partition(topic.partitions().get(partition).leader(), mirror.topic(), partition));
    }

    private static boolean isStopped(PartitionRecord record) {
        return (record.phase() == Phase.STOPPING || record.phase() == Phase.STOPPED) && record.stopOffset() >= 0;
    }

    /** What follows the stop offset is not the source's: abort markers, and local records. */
    private static Bounds stopped(PartitionRecord record, Optional<ObservedPartition> observed) {
        long start = observed.map(now -> now.status().startOffset()).orElse(record.startOffset());
        long end = Math.max(start, record.stopOffset());
        return new Bounds(
                start,
                end,
                end,
                observed.map(now -> Math.max(end, now.status().endOffset())).orElse(Long.MAX_VALUE));
    }
}
