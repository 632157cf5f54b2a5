// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.AppendException;
import io.clusterlinks.host.LocalPartition;

/**
 * The log of a mirror partition read with its record: where it begins and ends, and under which of the source's leader
 * epochs. Moves both of its ends without writing to it. For the thread that owns the partition.
 */
final class MirrorLog {
    private final MirrorPartition partition;
    private final LocalPartition local;
    private final Transitions transitions;
    private final ReplicatorStats stats;
    private final FollowerCheck followers;

    MirrorLog(MirrorPartition partition, LocalPartition local, Transitions transitions, ReplicatorStats stats) {
        this.partition = partition;
        this.local = local;
        this.transitions = transitions;
        this.stats = stats;
        this.followers = new FollowerCheck(local, partition.leaderEpoch());
    }

    MirrorPartition partition() {
        return partition;
    }

    LocalPartition local() {
        return local;
    }

    /** What is known of the in-sync followers; good for as long as this broker leads under the same epoch. */
    FollowerCheck followers() {
        return followers;
    }

    long end() {
        return local.logEndOffset();
    }

    boolean isEmpty() {
        return local.logEndOffset() == local.logStartOffset();
    }

    /**
     * Source epoch of the last record that was here, also if the log start has passed it since; unknown where there was
     * none.
     */
    int lastEpoch() {
        return Lineage.lastEpoch(transitions.record().lineage(), end());
    }

    /** Empties the log and has it start at {@code offset}; returns whether it could be done. */
    boolean moveTo(long offset) {
        if (offset < end()) {
            followers.startOver();
        }
        try {
            local.truncateFullyAndStartAt(offset, partition.leaderEpoch());
            return true;
        } catch (AppendException e) {
            stats.localError("starting the log at offset " + offset + " failed: " + SourceText.oneLine(e));
            return false;
        }
    }

    /**
     * Has {@code cursor} fetch on from the log's end. A log that was to begin with a batch which did not come after all
     * begins where the mirror does.
     */
    void goOn(FetchCursor cursor, long notBeforeMs) {
        long start = transitions.record().startOffset();
        if (isEmpty() && end() < start) {
            moveTo(start);
        }
        cursor.reset(end(), lastEpoch(), notBeforeMs);
    }

    /** The log starts where the source's does, or where the mirror began if that is later. */
    void followStart() {
        if (isStartBehind() && local.logStartOffset() < local.highWatermark()) {
            local.advanceLogStartOffset(wantedStart(), partition.leaderEpoch());
        }
    }

    /** Whether there are records here that the source has deleted. */
    boolean isStartBehind() {
        return local.logStartOffset() < Math.min(wantedStart(), end());
    }

    /**
     * Whether nothing is here, nor known to have been right before, and the source has become one that begins earlier: a
     * replica of it that still has what was deleted since it went away. Where the last epoch is known, the source tells
     * whether it is still its own.
     */
    boolean isStartAhead() {
        return isEmpty()
                && lastEpoch() == Lineage.UNKNOWN
                && partition.startOffset() == MirrorPartition.EARLIEST
                && stats.sourceStart() >= 0
                && stats.sourceStart() < local.logStartOffset();
    }

    private long wantedStart() {
        return Math.max(stats.sourceStart(), transitions.record().startOffset());
    }
}
