// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.LocalPartition;
import io.clusterlinks.protocol.LinkEvent;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import io.clusterlinks.protocol.record.PartitionRecord.Truncation;
import io.clusterlinks.source.SourceQueryClient.EpochEnd;
import java.nio.ByteBuffer;

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
        /** What the source holds lies before all that is here: ask for its range first. */
        RANGE,
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
        Loss loss = asked.epoch() >= 0 && answer.epochEnd() != null
                ? loss(record, asked.epoch(), answer.epochEnd())
                : end > answer.rangeEnd() ? new Loss(answer.rangeEnd(), "the source ends there now") : null;
        if (loss == null) {
            return Plan.of(asked.epoch() >= 0 && answer.epochEnd() != null ? Kind.AGREES : Kind.UNCLEAR);
        }
        return loss.commonEnd() < local.logStartOffset()
                ? startOver(record, loss, answer.rangeStart(), nowMs)
                : cut(record, loss, nowMs);
    }

    /** The source says where {@code ownEpoch}, our last one, ends there; {@code answer} is null if it cannot. */
    Plan onEpochEnd(PartitionRecord record, int ownEpoch, EpochEnd answer, long nowMs) {
        Loss loss = answer == null ? null : loss(record, ownEpoch, answer);
        return loss == null ? Plan.of(Kind.AGREES) : giveUp(record, loss, nowMs);
    }

    /** The source's largest epoch not above our last one is {@code sourceEpoch}, and ends at {@code sourceEnd}. */
    Plan onDiverging(PartitionRecord record, int sourceEpoch, long sourceEnd, long nowMs) {
        return giveUp(record, diverging(record, sourceEpoch, sourceEnd), nowMs);
    }

    /** The source's batch at {@code base} goes past the end here: ends of epochs hide what its log start has passed. */
    Plan onOtherBatch(PartitionRecord record, long base, long nowMs) {
        return giveUp(record, new Loss(base, "the source holds another batch at " + base), nowMs);
    }

    /** Past {@code from} the log holds what clients wrote, and no link copied: the source did not lose it. */
    Plan onForeign(PartitionRecord record, long from, long nowMs) {
        String what = what(from, local.logEndOffset());
        String why = ": clients wrote them here while this broker did not know yet that the topic is a mirror.";
        return new Plan(
                Kind.CHANGE,
                Records.truncating(record, truncation(record, from)),
                partition.event("Dropped " + what + why, nowMs),
                null);
    }

    /** Nothing is here nor known to have been, and the source begins earlier than the log here. */
    Plan onEarlierStart(PartitionRecord record, long sourceStart, long nowMs) {
        String why = "the source shows again what it had deleted";
        return startOver(record, new Loss(local.logStartOffset(), why), sourceStart, nowMs);
    }

    /** What the source holds agrees with what is here up to {@code commonEnd} only. */
    private record Loss(long commonEnd, String why) {}

    /** Null if the source, where {@code ownEpoch} ends at {@code answer}, holds all that is here. */
    private Loss loss(PartitionRecord record, int ownEpoch, EpochEnd answer) {
        if (answer.epoch() < 0) {
            // The source has not heard of our last epoch, so all that was written in it is gone there.
            long epochStart = record.lineage().stream()
                    .filter(entry -> entry.epoch() == ownEpoch)
                    .mapToLong(SourceEpoch::startOffset)
                    .findFirst()
                    .orElse(local.logEndOffset());
            return new Loss(epochStart, "the source has lost its leader epoch " + ownEpoch);
        }
        return answer.epoch() < ownEpoch || answer.endOffset() < local.logEndOffset()
                ? diverging(record, answer.epoch(), answer.endOffset())
                : null;
    }

    private Loss diverging(PartitionRecord record, int sourceEpoch, long sourceEnd) {
        return new Loss(
                Lineage.commonEnd(record.lineage(), local.logEndOffset(), sourceEpoch, sourceEnd),
                "the source lost them (its leader epoch " + sourceEpoch + " ends at " + sourceEnd + ")");
    }

    private Plan giveUp(PartitionRecord record, Loss loss, long nowMs) {
        return loss.commonEnd() < local.logStartOffset() ? Plan.of(Kind.RANGE) : cut(record, loss, nowMs);
    }

    private Plan cut(PartitionRecord record, Loss loss, long nowMs) {
        long end = local.logEndOffset();
        long target = batchStart(loss.commonEnd());
        if (target >= end) {
            return Plan.of(Kind.UNCLEAR);
        }
        String what = what(target, end);
        return end - target > maxTruncation && !record.repairing()
                ? tooMuch(what, loss)
                : new Plan(
                        Kind.CHANGE,
                        Records.truncating(record, truncation(record, target)),
                        partition.event("Dropped " + what + ": " + loss.why() + ".", nowMs),
                        null);
    }

    /**
     * The common end lies before the log start here, so nothing here is the source's any more, and what the source has
     * from {@code sourceStart} on may be older than all that is here.
     */
    private Plan startOver(PartitionRecord record, Loss loss, long sourceStart, long nowMs) {
        long start = local.logStartOffset();
        long end = local.logEndOffset();
        long wanted = partition.startOffset() == MirrorPartition.EARLIEST ? 0 : partition.startOffset();
        long from = Math.max(sourceStart, Math.min(wanted, loss.commonEnd()));
        if (record.lineage().isEmpty() && start == end) {
            // Nothing was ever copied, so no replica holds anything.
            return new Plan(Kind.CHANGE, Records.startingOver(record, from), null, null);
        }
        String what = what(start, end);
        if (end - start > maxTruncation && !record.repairing()) {
            return tooMuch(what, loss);
        }
        String event = (start == end ? partition.local() + " was empty" : "Dropped " + what) + ": " + loss.why()
                + ". It starts over at offset " + from + ", for the source begins at " + sourceStart + " now.";
        return new Plan(
                Kind.CHANGE,
                Records.truncating(Records.startingOver(record, from), truncation(record, from)),
                partition.event(event, nowMs),
                null);
    }

    private String what(long from, long end) {
        return "offsets " + from + " to " + (end - 1) + " (" + (end - from) + " records) of " + partition.local();
    }

    private Plan tooMuch(String what, Loss loss) {
        return new Plan(
                Kind.FAILURE,
                null,
                null,
                "the source lost " + what + ", more than max.truncation.records of link " + partition.link()
                        + " allows (" + maxTruncation + "): " + loss.why()
                        + "; repair the mirror to let them go, or fail it over to keep what is here.");
    }

    private Truncation truncation(PartitionRecord record, long target) {
        // Also without followers: mirrors of this mirror, and consumers, tell by the epoch that their position is void.
        boolean renewed = leadership.isMovable(partition.local()) && !isUntouched(record);
        int minEpoch = renewed ? partition.leaderEpoch() + 1 : partition.leaderEpoch();
        return new Truncation(target, minEpoch, leadership.replicas(partition.local()));
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
