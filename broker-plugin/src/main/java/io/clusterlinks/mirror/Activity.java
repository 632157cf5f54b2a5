// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

/**
 * Whether records keep coming for a partition, or only now and then. What the source has more of keeps coming. Written by network threads, read by any: thread-safe.
 */
final class Activity {
    /** An active partition is taken for quiet again after so long without records. */
    private static final long QUIET_MS = 10_000;
    /** Answers with records that follow each other as closely as this belong together. */
    private static final long GAP_MS = 1_000;
    /** So many that belong together make a partition active. */
    private static final int STREAK = 3;

    private int streak;
    private long lastMs;

    /** It is about to be fetched from another broker, or for the first time. */
    synchronized void onArrival(long nowMs) {
        streak = STREAK;
        lastMs = nowMs;
    }

    /** An answer held records, or said that there are {@code more}; returns whether that makes a quiet partition active. */
    synchronized boolean onRecords(long nowMs, boolean more) {
        boolean before = isActive(nowMs);
        if (!before && nowMs - lastMs > GAP_MS) {
            streak = 0;
        }
        streak = more ? STREAK : Math.min(STREAK, streak + 1);
        lastMs = nowMs;
        return !before && streak == STREAK;
    }

    synchronized boolean isActive(long nowMs) {
        return streak == STREAK && nowMs - lastMs <= QUIET_MS;
    }
}
