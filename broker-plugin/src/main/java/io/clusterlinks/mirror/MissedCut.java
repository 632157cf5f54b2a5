// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.AppendException;
import io.clusterlinks.host.LocalPartition;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Cut;

/**
 * A replica that was away while others cut off what the source lost, and leads before it has followed one of them, still
 * holds that; so may one that left with a tail that nobody else had. Of both the record keeps cuts, and a leader whose log
 * does not keep to them cuts it, whatever its size: it was given up before. That takes no newer epoch, since nothing was
 * appended under this one, and changes nothing on record: another leader may hold what came after the cut.
 *
 * <p>For one thread; stepped, never waits.
 */
final class MissedCut {
    private final MirrorPartition partition;
    private final LocalPartition local;
    private final Transitions transitions;
    private final FollowerCheck followers;
    private final long backoffMs;
    /** Whether the event is written. */
    private boolean told;
    /** Whether the log keeps to all cuts that the record keeps. */
    private boolean followed;

    private long notBeforeMs;
    private String error;

    MissedCut(
            MirrorPartition partition,
            LocalPartition local,
            Transitions transitions,
            FollowerCheck followers,
            long backoffMs) {
        this.partition = partition;
        this.local = local;
        this.transitions = transitions;
        this.followers = followers;
        this.backoffMs = backoffMs;
    }

    /** What holds it up; null if nothing does. */
    String error() {
        return error;
    }

    /** Whether nothing is left in this log of what an earlier leader cut off. */
    boolean isFollowed() {
        return followed;
    }

    /** Takes the next step if it can be taken now; returns {@link #isFollowed}. Only while no transition is under way. */
    boolean follow(long nowMs) {
        if (followed || nowMs < notBeforeMs) {
            return followed;
        }
        PartitionRecord record = transitions.record();
        Cut cut = Cuts.missed(record.cuts(), local)
                .filter(missed -> missed.offset() < firstToGo(record))
                .orElse(null);
        if (cut == null) {
            followed = true;
        } else if (told) {
            carryOut(cut, record.startOffset(), nowMs);
        } else {
            tell(cut, record, nowMs);
        }
        return followed;
    }

    /** What is about to be cut off anyhow. */
    private static long firstToGo(PartitionRecord record) {
        if (record.truncation() == null) {
            return Long.MAX_VALUE;
        }
        return Records.isStartingOver(record) ? 0 : record.truncation().target();
    }

    private void tell(Cut cut, PartitionRecord record, long nowMs) {
        long start = local.logStartOffset();
        long from = cut.offset() <= record.startOffset() ? start : Math.max(cut.offset(), start);
        long end = local.logEndOffset();
        String what = "Dropped offsets " + from + " to " + (end - 1) + " (" + (end - from) + " records) of "
                + partition.local() + ": the replica that leads now was away when leader epoch " + cut.leaderEpoch()
                + " began, which held something else there or cut it off.";
        transitions.propose(record, partition.event(what, nowMs), () -> told = true);
    }

    /** What lies before the start offset is none of the mirror's: if all the rest goes, so does that. */
    private void carryOut(Cut cut, long startOffset, long nowMs) {
        try {
            if (cut.offset() <= startOffset) {
                local.truncateFullyAndStartAt(startOffset, partition.leaderEpoch());
            } else {
                local.truncateTo(cut.offset(), partition.leaderEpoch());
            }
            // What they had fetched before says nothing.
            followers.startOver();
            followed = true;
            error = null;
        } catch (AppendException e) {
            error = "cutting off what another leader cut off before failed, retrying: " + SourceText.oneLine(e);
            notBeforeMs = nowMs + backoffMs;
        }
    }
}
