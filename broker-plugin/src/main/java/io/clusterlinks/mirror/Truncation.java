// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.LocalPartition;
import io.clusterlinks.protocol.LinkEvent;
import io.clusterlinks.protocol.record.PartitionRecord;
import java.util.List;

/**
 * Cuts a mirror partition back to what it has in common with a source that lost its tail, or forward to a source whose
 * start has passed the mirror's end. The log is cut first and the record after it: lineage entries past the log end
 * are harmless, while a record that runs ahead of an uncut log would make foreign records look like the source's own.
 */
final class Truncation {
    private final MirrorPartition partition;
    private final LocalPartition local;

    Truncation(MirrorPartition partition, LocalPartition local) {
        this.partition = partition;
        this.local = local;
    }

    /** What was done: the record to write and what to tell the operator. */
    record Outcome(PartitionRecord record, LinkEvent event) {}

    /** Drops everything from {@code commonEnd} on. */
    Outcome cutTo(long commonEnd, PartitionRecord record, String why, long nowMs) {
        long end = local.logEndOffset();
        long target = Math.max(commonEnd, local.logStartOffset());
        long dropped = end - target;
        local.truncateTo(target);
        return new Outcome(
                Records.withLineage(record, Lineage.trimmed(record.lineage(), target)),
                new LinkEvent(
                        nowMs,
                        partition.local().partition(),
                        "Dropped offsets " + target + " to " + (end - 1) + " (" + dropped + " records) of "
                                + partition.local() + ": " + why + "."));
    }

    /** Starts over at {@code sourceStart}, which lies past the local end. */
    Outcome skipTo(long sourceStart, PartitionRecord record, long nowMs) {
        long end = local.logEndOffset();
        boolean empty = end == local.logStartOffset();
        local.truncateFullyAndStartAt(sourceStart);
        LinkEvent event = empty && record.lineage().isEmpty()
                ? null
                : new LinkEvent(
                        nowMs,
                        partition.local().partition(),
                        "Skipped offsets " + end + " to " + (sourceStart - 1) + " (" + (sourceStart - end)
                                + " records) of " + partition.local() + ": the source deleted them before they were"
                                + " copied.");
        return new Outcome(Records.withLineage(record, List.of()), event);
    }
}
