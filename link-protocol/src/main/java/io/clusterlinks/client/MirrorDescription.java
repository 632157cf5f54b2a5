// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.client;

import io.clusterlinks.protocol.DesiredState;
import io.clusterlinks.protocol.LinkEvent;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.PartitionStatus;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * One mirror topic as its cluster sees it.
 *
 * @param link the link it belongs to
 * @param topic name at the destination
 * @param sourceTopic name at the source
 * @param desiredState what an operator wants of it
 * @param state the state as shown, observation included
 * @param stopMode how it is being, or was, stopped
 * @param reason why, and what to do, if the state is not a healthy one; null otherwise
 * @param sinceMs when the state was entered, milliseconds since the epoch, -1 if unknown
 * @param replicationFactor as asked for at creation, -1 for the destination's default
 * @param startOffsetSpec where new partitions start
 * @param partitions what the partitions' leaders observe, by partition
 * @param events what happened to it, oldest first
 */
public record MirrorDescription(
        String link,
        String topic,
        String sourceTopic,
        DesiredState desiredState,
        MirrorState state,
        StopMode stopMode,
        String reason,
        long sinceMs,
        int replicationFactor,
        String startOffsetSpec,
        List<PartitionStatus> partitions,
        List<LinkEvent> events) {
    public MirrorDescription {
        partitions = List.copyOf(partitions);
        events = List.copyOf(events);
    }

    /** Records by which the mirror is behind: the sum over its partitions, -1 if unknown for one of them. */
    public long lagRecords() {
        return isUnknown(PartitionStatus::lagRecords)
                ? -1
                : partitions.stream().mapToLong(PartitionStatus::lagRecords).sum();
    }

    /** Milliseconds by which the mirror is behind: the maximum over its partitions, -1 if unknown for one of them. */
    public long lagMs() {
        return isUnknown(PartitionStatus::lagMs)
                ? -1
                : partitions.stream().mapToLong(PartitionStatus::lagMs).max().orElse(-1);
    }

    private boolean isUnknown(ToLongFunction<PartitionStatus> lag) {
        return partitions.isEmpty() || partitions.stream().mapToLong(lag).anyMatch(value -> value < 0);
    }
}
