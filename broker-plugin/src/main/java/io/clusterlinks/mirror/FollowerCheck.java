// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.LocalPartition;
import io.clusterlinks.protocol.record.PartitionRecord.Cut;
import java.util.List;
import java.util.OptionalInt;

/**
 * Whether every replica that could lead next holds nothing but what this leader holds. At first that is not so: the
 * leader before may have left with a tail that nobody else has, is in sync all the same, and may be elected again with
 * it. What a record says of offsets past this leader's log end would then be taken to speak of that tail. Once each
 * in-sync follower has fetched from this leader without diverging, it stays so while the leader leads.
 *
 * <p>Never true of a broker that no longer leads under the epoch it was made for. A follower that does not fetch drops
 * out of the in-sync replicas after {@code replica.lag.time.max.ms}, so nothing is waited for without an end; a
 * partition without in-sync followers waits for nobody. From any thread.
 */
final class FollowerCheck {
    private final LocalPartition local;
    private final int leaderEpoch;
    private long sinceMs = -1;
    private boolean passed;

    FollowerCheck(LocalPartition local, int leaderEpoch) {
        this.local = local;
        this.leaderEpoch = leaderEpoch;
    }

    /** The log here goes back to an earlier offset: what followers have fetched up to now says nothing any more. */
    synchronized void startOver() {
        sinceMs = -1;
        passed = false;
    }

    /** Whether the in-sync followers follow. The first call only begins to watch them. */
    synchronized boolean passes(long nowMs) {
        if (sinceMs < 0) {
            sinceMs = nowMs;
        }
        passed = passed || local.followersHold(0, sinceMs, leaderEpoch);
        return passed && local.leaderEpoch().equals(OptionalInt.of(leaderEpoch));
    }

    /** Whether every other replica, in sync or not, was found to hold nothing but what this leader holds. */
    synchronized boolean allFollow(long nowMs) {
        return passes(nowMs) && local.replicasFollow(sinceMs, leaderEpoch);
    }

    /**
     * The cuts to keep, after those that are {@code kept}, in a record that speaks of what comes from {@code offset} on,
     * where this leader's log ends: none if no replica can hold anything else there. Only of a log that keeps to them.
     */
    synchronized List<Cut> cuts(List<Cut> kept, long offset, long nowMs) {
        return allFollow(nowMs) ? List.of() : new Cut(offset, leaderEpoch).addedTo(kept);
    }

    /** Whether they follow and hold all that is in the log before {@code offset}, which is thereby committed for good. */
    synchronized boolean hold(long offset, long nowMs) {
        return passes(nowMs) && local.highWatermark() >= offset && local.followersHold(offset, sinceMs, leaderEpoch);
    }
}
