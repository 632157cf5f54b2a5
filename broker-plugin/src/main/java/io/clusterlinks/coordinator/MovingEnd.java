// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.protocol.PartitionStatus;
import io.clusterlinks.state.BrokerReport.ObservedPartition;
import java.util.List;

/** Says that a promotion waits for producers that still write to the source. */
final class MovingEnd {
    private MovingEnd() {}

    /** The reason, with the rate; null if the source's ends stand still, as far as is known. */
    static String reason(BrokerReports reports, String topic, List<PartitionStatus> partitions) {
        long[] paces = partitions.stream()
                .mapToLong(partition -> reports.partition(partition.leader(), topic, partition.partition())
                        .map(ObservedPartition::sourcePace)
                        .orElse(0L))
                .filter(pace -> pace > 0)
                .toArray();
        if (paces.length == 0) {
            return null;
        }
        long sum = 0;
        for (long pace : paces) {
            sum += pace;
        }
        return "The source is still written to: its end moves by " + sum + " records/s in " + paces.length
                + (paces.length == 1 ? " partition" : " partitions")
                + ". Stop its producers, or fail the mirror over.";
    }
}
