// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.LocalPartition;
import io.clusterlinks.host.LocalPartition.OpenTransaction;
import io.clusterlinks.mirror.BatchScanner.Run;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Compares the log of a topic that was here before its mirror with the source's, batch by batch, from where both begin to
 * the end here, and learns the source's lineage on the way. Reads only; a leader that takes over begins anew.
 */
final class LogComparison {
    private static final int MAX_READ_BYTES = 1 << 20;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
    private static final String ENDED_NEVER =
            ", which a link knows under another id and could never end; have it ended at the source and here";
    private static final long UNKNOWN = -1;

    private final MirrorPartition partition;
    private final LocalPartition local;

    /** Up to where the logs are equal; unknown until the source has said what it has. */
    private long position = UNKNOWN;

    private long startOffset;
    /** What the source has deleted meanwhile: from here on, and before that, nothing was compared. */
    private long skippedFrom;

    private long skippedTo;

    private List<SourceEpoch> lineage = List.of();

    /** Producers of transactions whose ids here are not those that a link gives them. */
    private final Set<Long> foreign = new HashSet<>();

    /** What is read ahead of the log here; no longer than a run is compared, for thousands of partitions may be at it. */
    private ByteBuffer here = NOTHING;

    LogComparison(MirrorPartition partition, LocalPartition local) {
        this.partition = partition;
        this.local = local;
    }

    boolean knowsWhere() {
        return position != UNKNOWN;
    }

    /** Offset to compare next. */
    long position() {
        return position;
    }

    boolean isComplete() {
        return knowsWhere() && position >= local.logEndOffset();
    }

    /** The source may hold something else now: compares from the beginning. */
    void startOver() {
        position = UNKNOWN;
        lineage = List.of();
        foreign.clear();
    }

    /** What the source has; returns why the log cannot be adopted, null if it can so far. */
    String onRange(long sourceStart, long sourceEnd) {
        long start = local.logStartOffset();
        long end = local.logEndOffset();
        if (end > sourceEnd) {
            return partition.local() + " ends at offset " + end + ", past the source's end at " + sourceEnd;
        }
        if (start < end && end <= sourceStart) {
            return partition.local() + " ends at offset " + end + ", and the source has deleted everything before "
                    + sourceStart + ", so that nothing can be compared";
        }
        if (!knowsWhere()) {
            startOffset = Math.max(start, sourceStart);
            position = startOffset;
            skippedFrom = startOffset;
            skippedTo = startOffset;
        }
        if (position < sourceStart) {
            skippedFrom = skippedTo == startOffset ? position : skippedFrom;
            skippedTo = sourceStart;
            position = sourceStart;
        }
        return ownTransaction();
    }

    /**
     * What is said of a transaction that a producer of this cluster has left open: nothing can end it here while its topic
     * is read-only, and its coordinator tries all the time. Null if there is none.
     */
    private String ownTransaction() {
        return local.openTransactions().stream()
                .filter(open -> BatchRewriter.withoutHops(open.producerId()) == open.producerId())
                .findFirst()
                .map(open -> what(open) + ENDED_NEVER)
                .orElse(null);
    }

    private String what(OpenTransaction open) {
        return partition.local() + " holds a transaction that is open since offset " + open.firstOffset()
                + ", of producer " + open.producerId();
    }

    /** Compares as far as the log here goes; returns the first difference, null if there is none. */
    String compare(Run run) {
        try {
            return compareAll(run);
        } finally {
            here = NOTHING;
        }
    }

    private String compareAll(Run run) {
        ByteBuffer source = run.bytes();
        if (run.sourceEpoch() >= 0 && run.sourceEpoch() < Lineage.lastEpoch(lineage, Long.MAX_VALUE)) {
            return "leader epochs of the source go backwards at offset " + run.baseOffset();
        }
        if (run.sourceEpoch() >= 0 && position < local.logEndOffset()) {
            lineage = Lineage.extended(lineage, position + 1, run.sourceEpoch(), run.baseOffset());
        }
        int at = source.position();
        while (at < source.limit() && !isComplete()) {
            int size = BatchScanner.sizeAt(source, at);
            if (BatchScanner.nextOffset(source, at) > position) {
                String difference = compare(source, at);
                if (difference != null) {
                    return partition.local() + " differs from the source at offset " + position + ": " + difference;
                }
                position = BatchScanner.nextOffset(source, at);
            }
            at += size;
        }
        return null;
    }

    private String compare(ByteBuffer source, int at) {
        if (!here.hasRemaining()) {
            // What is equal is as long.
            here = local.read(position, Math.min(MAX_READ_BYTES, source.limit() - at));
        }
        if (!here.hasRemaining()) {
            return "no batch is there, at the source there is one";
        }
        int hereAt = here.position();
        String difference = BatchComparison.difference(source, at, here, hereAt);
        long id = BatchComparison.producerId(source, at);
        if (id >= 0 && BatchComparison.producerId(here, hereAt) != BatchRewriter.hop(id)) {
            foreign.add(BatchComparison.producerId(here, hereAt));
        }
        here.position(hereAt + BatchScanner.sizeAt(here, hereAt));
        return difference;
    }

    /** Why the log cannot be gone on with although it is equal; null if it can. */
    String obstacle() {
        for (OpenTransaction open : local.openTransactions()) {
            if (foreign.contains(open.producerId())) {
                return what(open) + ENDED_NEVER;
            }
            if (!isCompared(open.firstOffset())) {
                return what(open)
                        + ", which the source has deleted there, so that nobody can tell whether a link could end it;"
                        + " have it ended here";
            }
        }
        return null;
    }

    private boolean isCompared(long offset) {
        return offset >= startOffset && (offset < skippedFrom || offset >= skippedTo);
    }

    /** The record of the partition now that its log is known to be the source's. */
    PartitionRecord adopted(PartitionRecord record) {
        return Records.withLineage(
                Records.started(record, startOffset), Lineage.trimmed(lineage, local.logEndOffset()));
    }
}
