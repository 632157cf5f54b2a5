// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.LocalPartition;

/**
 * Whether every replica that could lead next holds nothing but what this leader holds. At first that is not so: the
 * leader before may have left with a tail that nobody else has, is in sync all the same, and may be elected again with
 * it. What a record says of offsets past this leader's log end would then be taken to speak of that tail. Once each
 * in-sync follower has fetched from this leader without diverging, it stays so while the leader leads. For one thread.
 */
final class FollowerCheck {
    private final LocalPartition local;
    private long sinceMs = -1;
    private boolean passed;

    FollowerCheck(LocalPartition local) {
        this.local = local;
    }

    boolean passes(long nowMs) {
        if (sinceMs < 0) {
            sinceMs = nowMs;
        }
        passed = passed || local.followersEndBy(local.logEndOffset(), sinceMs);
        return passed;
    }
}
