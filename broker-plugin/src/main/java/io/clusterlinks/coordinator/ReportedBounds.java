// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.sync.PartitionBounds;
import java.util.Optional;

/** Ends of mirror partitions as their leaders reported them lately, or as they were recorded when they stopped. */
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
        return image.partition(mirror.topic(), partition)
                .filter(record -> record.startOffset() >= 0)
                .flatMap(record -> broker.cluster()
                        .topic(mirror.topic())
                        .filter(topic -> topic.id().toString().equals(mirror.topicId()))
                        .filter(topic -> partition < topic.partitions().size())
                        .flatMap(topic -> reports.partition(
                                topic.partitions().get(partition).leader(), mirror.topic(), partition))
                        .map(observed -> bounds(
                                record,
                                observed.status().startOffset(),
                                observed.status().endOffset())));
    }

    /** What follows the stop offset is not the source's: abort markers, and local records. */
    private static Bounds bounds(PartitionRecord record, long start, long end) {
        boolean stopped = record.phase() == Phase.STOPPING || record.phase() == Phase.STOPPED;
        return new Bounds(start, stopped && record.stopOffset() >= 0 ? Math.max(start, record.stopOffset()) : end);
    }
}
