// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.AppendException;
import io.clusterlinks.host.LocalPartition;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Cut;

/**
 * A replica that was away while others cut off what the source lost, and leads before it has followed one of them, still
 * holds that; so may one that left with a tail that nobody else had. And every replica may hold what clients wrote while a
 * broker led that ran without the plugin. Of all these the record keeps cuts, and a leader whose log does not keep to them
 * cuts it, whatever its size: it was given up before, or never was the source's. That takes no newer epoch, since nothing
 * was appended under this one, and changes nothing on record: another leader may hold what came after the cut. The in-sync
 * followers are waited for, as by {@link PendingCut}.
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
    /** Whether the log was cut, and whether the followers are watched since then. */
    private boolean cut;

    private boolean watching;
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

    /** Whether nothing is left in this log, and those of in-sync followers, of what an earlier leader cut off. */
    boolean isFollowed() {
        return followed;
    }

    /** Takes the next step if it can be taken now; returns {@link #isFollowed}. Only while no transition is under way. */
    boolean follow(long nowMs) {
        if (followed || nowMs < notBeforeMs) {
            return followed;
        }
        if (cut) {
            awaitFollowers(nowMs);
            return followed;
        }
        PartitionRecord record = transitions.record();
        Cut missed = Cuts.missed(record.cuts(), local)
                .filter(other -> other.offset() < firstToGo(record))
                .orElse(null);
        if (missed == null) {
            followed = true;
        } else if (told) {
            carryOut(missed, record.startOffset(), nowMs);
        } else {
            tell(missed, record, nowMs);
        }
        return followed;
    }

    private void awaitFollowers(long nowMs) {
        if (!watching) {
            // With the clock read after the cut: what they had fetched before says nothing.
            followers.startOver();
            watching = true;
        }
        followed = followers.passes(nowMs);
        error = followed ? null : "waiting until the in-sync replicas have cut off what another leader cut off before";
    }

    /** What is about to be cut off anyhow. */
    private static long firstToGo(PartitionRecord record) {
        if (record.truncation() == null) {
            return Long.MAX_VALUE;
        }
        return Records.isStartingOver(record) ? 0 : record.truncation().target();
    }

    private void tell(Cut missed, PartitionRecord record, long nowMs) {
        long start = local.logStartOffset();
        long from = missed.offset() <= record.startOffset() ? start : Math.max(missed.offset(), start);
        long end = local.logEndOffset();
        String what = "Dropped offsets " + from + " to " + (end - 1) + " (" + (end - from) + " records) of "
                + partition.local() + ": " + why(missed);
        transitions.propose(record, partition.event(what, nowMs), () -> told = true);
    }

    private String why(Cut missed) {
        // To the cuts that a leader makes itself its log keeps; this one came with its claim.
        return missed.leaderEpoch() == partition.leaderEpoch()
                ? "clients wrote them through a broker without the plugin."
                : "the replica that leads now was away when leader epoch " + missed.leaderEpoch()
                        + " began, which held something else there or cut it off.";
    }

    /** What lies before the start offset is none of the mirror's: if all the rest goes, so does that. */
    private void carryOut(Cut missed, long startOffset, long nowMs) {
        try {
            if (missed.offset() <= startOffset) {
                local.truncateFullyAndStartAt(startOffset, partition.leaderEpoch());
            } else {
                local.truncateTo(missed.offset(), partition.leaderEpoch());
            }
            cut = true;
            error = null;
        } catch (AppendException e) {
            error = "cutting off what another leader cut off before failed, retrying: " + SourceText.oneLine(e);
            notBeforeMs = nowMs + backoffMs;
        }
    }
}
