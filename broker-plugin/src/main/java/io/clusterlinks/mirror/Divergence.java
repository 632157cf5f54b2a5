// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.LocalPartition;
import io.clusterlinks.protocol.LinkEvent;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import io.clusterlinks.protocol.record.PartitionRecord.Truncation;
import io.clusterlinks.source.SourceQueryClient.EpochEnd;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Decides what a mirror partition has to give up when its source turns out to hold another history, or to begin past
 * the mirror's end. Changes nothing: what it plans is recorded first and carried out after.
 */
final class Divergence {
    /** What a plan comes down to. */
    enum Kind {
        /** The log here is a part of the source's. */
        AGREES,
        /** There is nothing to give up, and yet the source refuses the position: ask again later. */
        UNCLEAR,
        /** Record {@code record}, which has the log cut or started over. */
        CHANGE,
        /** Too much would be lost without an operator's word; the reason is in {@code failure}. */
        FAILURE
    }

    /** What to do; fields that the kind does not speak of are null. */
    record Plan(Kind kind, PartitionRecord record, LinkEvent event, String failure) {
        private static Plan of(Kind kind) {
            return new Plan(kind, null, null, null);
        }
    }

    private final MirrorPartition partition;
    private final LocalPartition local;
    private final Leadership leadership;
    private final long maxTruncation;

    Divergence(MirrorPartition partition, LocalPartition local, Leadership leadership, long maxTruncation) {
        this.partition = partition;
        this.local = local;
        this.leadership = leadership;
        this.maxTruncation = maxTruncation;
    }

    /** The position is out of the source's range. */
    Plan onRange(PartitionRecord record, Question asked, Question.Answer answer, long nowMs) {
        long end = local.logEndOffset();
        if (end < answer.rangeStart()) {
            return skipTo(record, answer.rangeStart(), nowMs);
        }
        if (end > answer.rangeEnd() && isEmpty()) {
            // The source has lost all that was ever copied: there is nothing here to agree on.
            return new Plan(Kind.CHANGE, Records.startingOver(record, answer.rangeEnd()), null, null);
        }
        if (asked.epoch() >= 0 && answer.epochEnd() != null) {
            return onEpochEnd(record, asked.epoch(), answer.epochEnd(), nowMs);
        }
        return end > answer.rangeEnd()
                ? cut(record, answer.rangeEnd(), "the source ends there now", nowMs)
                : Plan.of(Kind.UNCLEAR);
    }

    /** The source says where {@code ownEpoch}, our last one, ends there; {@code answer} is null if it cannot. */
    Plan onEpochEnd(PartitionRecord record, int ownEpoch, EpochEnd answer, long nowMs) {
        if (answer == null) {
            return Plan.of(Kind.AGREES);
        }
        if (answer.epoch() < 0) {
            // The source has not heard of our last epoch, so all that was written in it is gone there.
            long epochStart = record.lineage().stream()
                    .filter(entry -> entry.epoch() == ownEpoch)
                    .mapToLong(SourceEpoch::startOffset)
                    .findFirst()
                    .orElse(local.logEndOffset());
            return cut(record, epochStart, "the source has lost its leader epoch " + ownEpoch, nowMs);
        }
        return answer.epoch() < ownEpoch || answer.endOffset() < local.logEndOffset()
                ? onDiverging(record, answer.epoch(), answer.endOffset(), nowMs)
                : Plan.of(Kind.AGREES);
    }

    /** The source's largest epoch not above our last one is {@code sourceEpoch}, and ends at {@code sourceEnd}. */
    Plan onDiverging(PartitionRecord record, int sourceEpoch, long sourceEnd, long nowMs) {
        long common = Lineage.commonEnd(record.lineage(), local.logEndOffset(), sourceEpoch, sourceEnd);
        String why = "the source lost them (its leader epoch " + sourceEpoch + " ends at " + sourceEnd + ")";
        return cut(record, common, why, nowMs);
    }

    /** The source's batch at {@code base} goes past the end here: ends of epochs hide what its log start has passed. */
    Plan onOtherBatch(PartitionRecord record, long base, long nowMs) {
        return cut(record, base, "the source holds another batch at " + base, nowMs);
    }

    private Plan cut(PartitionRecord record, long commonEnd, String why, long nowMs) {
        long end = local.logEndOffset();
        long target = batchStart(Math.max(commonEnd, local.logStartOffset()));
        if (target >= end) {
            return Plan.of(Kind.UNCLEAR);
        }
        String what =
                "offsets " + target + " to " + (end - 1) + " (" + (end - target) + " records) of " + partition.local();
        if (end - target > maxTruncation && !record.repairing()) {
            return new Plan(
                    Kind.FAILURE,
                    null,
                    null,
                    "the source lost " + what + ", more than max.truncation.records of link " + partition.link()
                            + " allows (" + maxTruncation + "): " + why
                            + "; repair the mirror to let them go, or fail it over to keep what is here.");
        }
        List<Integer> replicas = leadership.replicas(partition.local());
        int minEpoch =
                replicas.size() == 1 || isUntouched(record) ? partition.leaderEpoch() : partition.leaderEpoch() + 1;
        return new Plan(
                Kind.CHANGE,
                Records.truncating(record, new Truncation(target, minEpoch, replicas)),
                partition.event("Dropped " + what + ": " + why + ".", nowMs),
                null);
    }

    /**
     * Whether no record was ever written under this leader epoch: then no replica, wherever it is, can hold any of what
     * goes under it. A leader that has recorded nothing has cut nothing, so what it had appended would end its log.
     */
    private boolean isUntouched(PartitionRecord record) {
        long end = local.logEndOffset();
        ByteBuffer last = isEmpty() ? ByteBuffer.allocate(0) : local.read(end - 1, 1);
        return record.revision() == 0
                && last.hasRemaining()
                && last.getInt(last.position() + BatchFormat.LEADER_EPOCH) < partition.leaderEpoch();
    }

    /** The base offset of the batch that holds {@code offset}: cut inside a batch, a log loses its first part too. */
    private long batchStart(long offset) {
        if (offset <= local.logStartOffset() || offset >= local.logEndOffset()) {
            return offset;
        }
        ByteBuffer batch = local.read(offset, 1);
        if (!batch.hasRemaining()) {
            return offset;
        }
        long base = batch.getLong(batch.position() + BatchFormat.BASE_OFFSET);
        return base >= offset ? offset : Math.max(base, local.logStartOffset());
    }

    private Plan skipTo(PartitionRecord record, long sourceStart, long nowMs) {
        long end = local.logEndOffset();
        boolean neverCopied = isEmpty() && record.lineage().isEmpty();
        String what = "Skipped offsets " + end + " to " + (sourceStart - 1) + " (" + (sourceStart - end)
                + " records) of " + partition.local() + ": the source deleted them before they were copied.";
        return new Plan(
                Kind.CHANGE,
                Records.startingOver(record, sourceStart),
                neverCopied ? null : partition.event(what, nowMs),
                null);
    }

    private boolean isEmpty() {
        return local.logEndOffset() == local.logStartOffset();
    }
}
