// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import io.clusterlinks.protocol.record.StateRecord;
import java.util.List;
import org.apache.kafka.common.TopicPartition;

/** Partition records with one thing changed. */
final class Records {
    /** Start offset of a partition that stopped or failed before it began to mirror. */
    static final long NOT_STARTED = -1;

    private Records() {}

    /** Whether a partition has begun to mirror; {@code record} may be null. */
    static boolean isStarted(PartitionRecord record) {
        return record != null && record.startOffset() != NOT_STARTED;
    }

    static PartitionRecord started(TopicPartition partition, long startOffset) {
        return new PartitionRecord(
                StateRecord.VERSION,
                partition.topic(),
                partition.partition(),
                startOffset,
                List.of(),
                Phase.MIRRORING,
                -1,
                -1,
                null);
    }

    static PartitionRecord withLineage(PartitionRecord record, List<SourceEpoch> lineage) {
        return copy(record, lineage, record.phase(), record.stopOffset(), record.stopSourceEpoch(), record.reason());
    }

    static PartitionRecord failed(PartitionRecord record, String reason) {
        return copy(record, record.lineage(), Phase.FAILED, record.stopOffset(), record.stopSourceEpoch(), reason);
    }

    static PartitionRecord stopping(PartitionRecord record, long stopOffset, int stopSourceEpoch) {
        return copy(record, record.lineage(), Phase.STOPPING, stopOffset, stopSourceEpoch, null);
    }

    static PartitionRecord stopped(PartitionRecord record) {
        return copy(
                record,
                record.lineage(),
                Phase.STOPPED,
                record.stopOffset(),
                record.stopSourceEpoch(),
                record.reason());
    }

    private static PartitionRecord copy(
            PartitionRecord record,
            List<SourceEpoch> lineage,
            Phase phase,
            long stopOffset,
            int stopSourceEpoch,
            String reason) {
        return new PartitionRecord(
                StateRecord.VERSION,
                record.topic(),
                record.partition(),
                record.startOffset(),
                lineage,
                phase,
                stopOffset,
                stopSourceEpoch,
                reason);
    }
}
