// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.LocalPartition;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Cut;
import io.clusterlinks.protocol.record.PartitionRecord.Truncation;
import java.util.List;

/**
 * A replica that was away while others cut off what the source lost, and leads before it has followed one of them, still
 * holds that; so may one that left with a tail that nobody else had. Of both the record keeps cuts, and a leader whose log
 * does not keep to them has that recorded as a truncation again, whatever its size: it was given up before. That takes no
 * newer epoch: before it is looked for nothing is appended under this one.
 *
 * <p>For one thread.
 */
final class MissedCut {
    private final MirrorPartition partition;
    private final LocalPartition local;
    private final Transitions transitions;
    private final Leadership leadership;
    /** Whether the log keeps to all cuts that the record keeps. */
    private boolean followed;

    MissedCut(MirrorPartition partition, LocalPartition local, Transitions transitions, Leadership leadership) {
        this.partition = partition;
        this.local = local;
        this.transitions = transitions;
        this.leadership = leadership;
    }

    /**
     * Whether nothing is left in this log of what an earlier leader cut off, or is about to be cut off; else has that
     * recorded. Only while no transition is under way.
     */
    boolean hasFollowed(long nowMs) {
        if (!followed) {
            PartitionRecord record = transitions.record();
            Cuts.missed(record.cuts(), local)
                    .filter(cut -> cut.offset() < firstToGo(record))
                    .ifPresentOrElse(cut -> cutAgain(record, cut, nowMs), () -> followed = true);
        }
        return followed;
    }

    private static long firstToGo(PartitionRecord record) {
        if (record.truncation() == null) {
            return Long.MAX_VALUE;
        }
        return Records.isStartingOver(record) ? 0 : record.truncation().target();
    }

    /** What lies before the start offset is none of the mirror's: if all the rest goes, so does that. */
    private void cutAgain(PartitionRecord record, Cut missed, long nowMs) {
        boolean all = missed.offset() <= record.startOffset();
        long target = all ? record.startOffset() : missed.offset();
        List<Integer> replicas = record.truncation() == null
                ? leadership.replicas(partition.local())
                : record.truncation().replicas();
        long from = all ? local.logStartOffset() : Math.max(target, local.logStartOffset());
        long end = local.logEndOffset();
        String what = "Dropped offsets " + from + " to " + (end - 1) + " (" + (end - from) + " records) of "
                + partition.local() + ": the replica that leads now was away when leader epoch "
                + missed.leaderEpoch() + " began, which held something else there or cut it off.";
        transitions.propose(
                Records.truncating(
                        all ? Records.startingOver(record, target) : record,
                        new Truncation(target, partition.leaderEpoch(), replicas)),
                partition.event(what, nowMs),
                () -> {});
    }
}
