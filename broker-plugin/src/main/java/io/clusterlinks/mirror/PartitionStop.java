// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.AppendException;
import io.clusterlinks.host.LocalPartition;
import io.clusterlinks.host.LocalPartition.OpenTransaction;
import io.clusterlinks.host.RecordBatches;
import io.clusterlinks.protocol.LinkEvent;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import java.util.List;

/**
 * Turns one mirror partition, which nothing appends to any more, into an ordinary one. Never needs the source. Each
 * step is durable before the next begins, and a new leader goes on from the last one:
 *
 * <pre>
 * missed cut, truncation and start offset carried out -> replicated up to the end, and no replica holds more -> STOPPING with the stop offset -> ABORT markers, replicated -> STOPPED
 * </pre>
 *
 * The fence falls when STOPPED is in the image. For one thread; stepped, never waits.
 */
final class PartitionStop {
    private final MirrorPartition partition;
    private final LocalPartition local;
    private final Transitions transitions;
    private final long backoffMs;
    private final MissedCut missed;
    private final PendingCut cut;
    private final FollowerCheck followers;
    private long notBeforeMs;
    private volatile String error;

    PartitionStop(
            MirrorPartition partition,
            LocalPartition local,
            Transitions transitions,
            Leadership leadership,
            FollowerCheck followers,
            long backoffMs) {
        this.partition = partition;
        this.local = local;
        this.transitions = transitions;
        this.backoffMs = backoffMs;
        this.followers = followers;
        this.missed = new MissedCut(partition, local, transitions, followers, backoffMs);
        this.cut = new PendingCut(partition, local, transitions, leadership, followers, backoffMs);
    }

    MirrorPartition partition() {
        return partition;
    }

    /** The record as last written by this leader. From any thread. */
    PartitionRecord record() {
        return transitions.record();
    }

    FollowerCheck followers() {
        return followers;
    }

    /** Whether the claim is void, so that this does nothing any more. From any thread. */
    boolean isFenced() {
        return transitions.isFenced();
    }

    /** What the stop waits for; null if nothing holds it up. */
    String error() {
        return error;
    }

    /** Takes the next step if it can be taken now; returns whether the partition is stopped. */
    boolean step(long nowMs) {
        if (nowMs < notBeforeMs) {
            return false;
        }
        if (!transitions.settle(nowMs)) {
            error = transitions.error();
            return false;
        }
        PartitionRecord record = transitions.record();
        if (record.phase() == Phase.STOPPED) {
            error = null;
            return true;
        }
        if (!missed.follow(nowMs)) {
            error = missed.error();
            return false;
        }
        if (cut.isPending()) {
            cut.step(nowMs);
            error = cut.error();
        } else if (local.logEndOffset() < record.startOffset()) {
            begin(record.startOffset(), nowMs);
        } else if (record.phase() == Phase.STOPPING && local.logEndOffset() >= record.stopOffset()) {
            abortOpenTransactions(record, nowMs);
        } else if (isReplicated(nowMs)) {
            recordEnd(record, nowMs);
        }
        return false;
    }

    /** Where the log ends. If more was here when the partition stopped, this cluster has lost the rest since. */
    private void recordEnd(PartitionRecord record, long nowMs) {
        PartitionRecord from = Records.isStarted(record) ? record : Records.started(record, local.logStartOffset());
        long end = local.logEndOffset();
        PartitionRecord next = Records.withCuts(
                Records.stopping(from, end, Lineage.lastEpoch(from.lineage(), end)),
                followers.cuts(from.cuts(), end, nowMs));
        transitions.propose(next, record.phase() == Phase.STOPPING ? lost(record, end, nowMs) : null, () -> {});
    }

    private LinkEvent lost(PartitionRecord record, long end, long nowMs) {
        return partition.event(
                "Lost offsets " + end + " to " + (record.stopOffset() - 1) + " (" + (record.stopOffset() - end)
                        + " records) of " + partition.local()
                        + " in this cluster while it was being stopped: the replica"
                        + " that leads now did not have them (an unclean election, or a disk that was lost). It ends at"
                        + " offset " + end + ".",
                nowMs);
    }

    /**
     * A start past the end that a leader recorded and this replica never heard of, as {@link MirrorStart#begin}: others
     * may have given up already what lies before it.
     */
    private void begin(long startOffset, long nowMs) {
        try {
            local.truncateFullyAndStartAt(startOffset, partition.leaderEpoch());
        } catch (AppendException e) {
            error = "starting the log at offset " + startOffset + " failed, retrying: " + SourceText.oneLine(e);
            notBeforeMs = nowMs + backoffMs;
        }
    }

    private boolean isReplicated(long nowMs) {
        long end = local.logEndOffset();
        long committed = local.highWatermark();
        boolean replicated = followers.hold(end, nowMs);
        if (replicated) {
            error = null;
        } else if (committed < end) {
            error = "waiting until the in-sync replicas have offset " + end + " (have " + committed + ")";
        } else {
            error = "waiting until the in-sync replicas follow this broker";
        }
        return replicated;
    }

    private void abortOpenTransactions(PartitionRecord record, long nowMs) {
        List<OpenTransaction> open = local.openTransactions();
        if (open.isEmpty()) {
            if (isReplicated(nowMs)) {
                transitions.propose(Records.stopped(record), null, () -> {});
            }
            return;
        }
        try {
            for (OpenTransaction transaction : open) {
                local.append(
                        RecordBatches.abortMarker(local.logEndOffset(), partition.leaderEpoch(), nowMs, transaction));
            }
            error = null;
        } catch (AppendException e) {
            error = "aborting open transactions failed, retrying: " + SourceText.oneLine(e);
            notBeforeMs = nowMs + backoffMs;
        }
    }

    /** Something unexpected was thrown by {@link #step}. */
    void onUnexpected(Throwable e, long nowMs) {
        error = "unexpected error, retrying: " + SourceText.oneLine(e);
        notBeforeMs = nowMs + backoffMs;
    }
}
