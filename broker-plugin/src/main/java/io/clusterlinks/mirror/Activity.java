// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

/**
 * Whether records keep coming for a partition, or only now and then. What the source has more of keeps coming. Written by
 * network threads and the link's, read by any: thread-safe.
 */
final class Activity {
    /** An active partition is taken for quiet again after so long without records, or since it arrived. */
    private static final long QUIET_MS = 10_000;
    /** Answers with records that follow each other as closely as this belong together. */
    private static final long GAP_MS = 1_000;
    /** So many that belong together make a partition active. */
    private static final int STREAK = 3;

    private int streak;
    private long lastMs;
    private boolean arrived;
    private long arrivedMs;

    /** It is about to be fetched from another broker, or for the first time: there may be much to fetch. */
    synchronized void onArrival(long nowMs) {
        arrived = true;
        arrivedMs = nowMs;
    }

    /** An answer held records, or said that there are {@code more}; returns whether that makes a quiet partition active. */
    synchronized boolean onRecords(long nowMs, boolean more) {
        boolean before = isActive(nowMs);
        if (!keepsComing(nowMs) && nowMs - lastMs > GAP_MS) {
            streak = 0;
        }
        streak = more ? STREAK : Math.min(STREAK, streak + 1);
        lastMs = nowMs;
        return !before && streak == STREAK;
    }

    /** Whether records keep coming. */
    synchronized boolean keepsComing(long nowMs) {
        return streak == STREAK && nowMs - lastMs <= QUIET_MS;
    }

    /** Whether records keep coming, or may, as it has just arrived. */
    synchronized boolean isActive(long nowMs) {
        arrived &= nowMs - arrivedMs <= QUIET_MS;
        return arrived || keepsComing(nowMs);
    }
}
