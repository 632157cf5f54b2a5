// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.AppendException;
import io.clusterlinks.host.LocalPartition;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Truncation;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Carries out a truncation that is in the record. Until it is done nothing else happens to the partition.
 *
 * <pre>
 * recorded --leader epoch is new enough--> cut --in-sync followers have cut--> order of replicas restored --> out of the record
 *     +--else: another replica is made leader, which claims the partition and goes on
 * </pre>
 *
 * The newer epoch begins where the log was cut, so Kafka's own divergence check makes every other replica cut itself
 * there, also one that is away and comes back after more was appended. Why the followers are waited for: until a
 * follower has cut itself the leader takes its old end for a position in the new records, and could call records
 * committed that the follower does not have. A leader that dies before the truncation is out of the record leaves it to
 * the next one, which has a newer epoch again.
 *
 * <p>A replica that was away meanwhile and leads before it has followed is none that Kafka tells; {@link MissedCut} does.
 *
 * <p>For one thread; stepped, never waits.
 */
final class PendingCut {
    /** A replica order that cannot be restored is no reason to hold up the partition for longer. */
    private static final int RESTORE_ATTEMPTS = 3;

    private final MirrorPartition partition;
    private final LocalPartition local;
    private final Transitions transitions;
    private final Leadership leadership;
    private final FollowerCheck followers;
    private final long backoffMs;
    private CompletableFuture<Void> request;
    private long notBeforeMs;
    private int restores;
    /** Whether the followers are watched since the log was cut. */
    private boolean watching;

    private String error;

    PendingCut(
            MirrorPartition partition,
            LocalPartition local,
            Transitions transitions,
            Leadership leadership,
            FollowerCheck followers,
            long backoffMs) {
        this.partition = partition;
        this.local = local;
        this.transitions = transitions;
        this.leadership = leadership;
        this.followers = followers;
        this.backoffMs = backoffMs;
    }

    boolean isPending() {
        return transitions.record().truncation() != null;
    }

    /** What holds it up; null if nothing does. */
    String error() {
        return error;
    }

    /** Takes the next step if it can be taken now. Only while {@link #isPending} and no transition is under way. */
    void step(long nowMs) {
        Truncation truncation = transitions.record().truncation();
        if (nowMs < notBeforeMs) {
            return;
        }
        if (partition.leaderEpoch() < truncation.minLeaderEpoch()) {
            moveLeader(nowMs);
            return;
        }
        if (!isCut(truncation.target())) {
            cut(truncation.target(), nowMs);
            return;
        }
        if (isAloneNoMore(truncation)) {
            renew(truncation);
            return;
        }
        if (!watching) {
            // With the clock read after the cut: what they had fetched before says nothing.
            followers.startOver();
            watching = true;
        }
        if (!followers.passes(nowMs)) {
            error = "waiting until the in-sync replicas have cut off what the source lost, from offset "
                    + truncation.target() + " on";
        } else if (isOrderRestored(truncation.replicas(), nowMs)) {
            error = null;
            transitions.propose(cutOff(nowMs), null, () -> {});
            watching = false;
        }
    }

    /** A replica that was added to a single one in time to copy, under this epoch, what is cut off now. */
    private boolean isAloneNoMore(Truncation truncation) {
        return truncation.replicas().size() == 1
                && truncation.minLeaderEpoch() == partition.leaderEpoch()
                && local.hasFollowers();
    }

    private void renew(Truncation truncation) {
        Truncation renewed = new Truncation(
                truncation.target(), partition.leaderEpoch() + 1, leadership.replicas(partition.local()));
        transitions.propose(Records.truncating(transitions.record(), renewed), null, () -> {});
    }

    private PartitionRecord cutOff(long nowMs) {
        PartitionRecord record = transitions.record();
        long from = Records.isStartingOver(record) ? 0 : record.truncation().target();
        return Records.truncated(record, followers.cuts(record.cuts(), from, nowMs));
    }

    private boolean isCut(long target) {
        return Records.isStartingOver(transitions.record())
                ? local.logStartOffset() == target && local.logEndOffset() == target
                : local.logEndOffset() <= Math.max(target, local.logStartOffset());
    }

    private void cut(long target, long nowMs) {
        try {
            if (Records.isStartingOver(transitions.record())) {
                local.truncateFullyAndStartAt(target, partition.leaderEpoch());
            } else {
                local.truncateTo(target, partition.leaderEpoch());
            }
        } catch (AppendException e) {
            error = "cutting off what the source lost failed, retrying: " + SourceText.oneLine(e);
            notBeforeMs = nowMs + backoffMs;
        }
    }

    private void moveLeader(long nowMs) {
        if (request == null) {
            request = leadership.moveAway(partition.local());
        }
        if (!request.isDone()) {
            return;
        }
        error = failure(request)
                .map(failure -> "the source lost its tail, and leadership must move before it is cut off here: "
                        + SourceText.oneLine(failure))
                .orElse(null);
        request = null;
        // Also after success: this broker hears of the new leader in its own time.
        notBeforeMs = nowMs + backoffMs;
    }

    private boolean isOrderRestored(List<Integer> replicas, long nowMs) {
        if (restores >= RESTORE_ATTEMPTS
                || leadership.replicas(partition.local()).equals(replicas)) {
            return true;
        }
        if (request == null) {
            request = leadership.order(partition.local(), replicas);
        }
        if (request.isDone()) {
            boolean failed = request.isCompletedExceptionally();
            request = null;
            restores = failed ? restores + 1 : RESTORE_ATTEMPTS;
            notBeforeMs = failed ? nowMs + backoffMs : nowMs;
            return restores >= RESTORE_ATTEMPTS;
        }
        return false;
    }

    private static Optional<Throwable> failure(CompletableFuture<Void> done) {
        try {
            done.join();
            return Optional.empty();
        } catch (RuntimeException e) {
            return Optional.of(e.getCause() == null ? e : e.getCause());
        }
    }
}
