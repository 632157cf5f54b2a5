// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.PartitionStatus;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

/** What is observed of one partition; written by its fetcher and its appender, read by anyone. */
final class ReplicatorStats {
    /** An answer this old says nothing about being level with the source now. */
    private static final long FRESH_MS = 5000;

    private final LongAdder bytes = new LongAdder();
    private final LongAdder records = new LongAdder();
    private volatile long sourceStart = -1;
    private int startEpoch = -1;
    private volatile long sourceEnd = -1;
    private volatile long lastFetchMs = -1;
    private volatile long lastLevelMs = -1;
    /** The end of the source that the log here has reached; -1 if none. */
    private volatile long levelEnd = -1;

    private volatile String sourceError;
    private volatile String localError;
    /** Whether what holds the partition up on this side is what the source sends. */
    private volatile boolean sentUnfit;

    /**
     * The source's leader of {@code leaderEpoch} answered; offsets are -1 where the answer did not name them. Returns whether
     * the source's log begins earlier than was known, or nothing was.
     */
    boolean onFetch(int leaderEpoch, long newSourceStart, long newSourceEnd, long localEnd, long nowMs) {
        boolean earlier = onSourceStart(leaderEpoch, newSourceStart);
        if (newSourceEnd >= 0) {
            sourceEnd = newSourceEnd;
        }
        lastFetchMs = nowMs;
        sourceError = null;
        if (sentUnfit && newSourceEnd >= 0 && localEnd >= newSourceEnd) {
            // There is nothing that could not be appended any more.
            localError(null);
        }
        onEnd(localEnd, nowMs);
        return earlier;
    }

    /** The source answered that nothing has changed. {@code localEnd} is asked for only where it matters. */
    void onSilence(LongSupplier localEnd, long nowMs) {
        lastFetchMs = nowMs;
        if (sourceError != null) {
            sourceError = null;
        }
        if (levelEnd >= 0 && levelEnd == sourceEnd) {
            lastLevelMs = nowMs;
        } else {
            onEnd(localEnd.getAsLong(), nowMs);
        }
    }

    /**
     * Answers may come out of order when a partition moves between fetchers; the log start of one leader only moves
     * forward, and another leader's may lie before it.
     */
    private synchronized boolean onSourceStart(int leaderEpoch, long start) {
        long before = sourceStart;
        if (start >= 0 && leaderEpoch >= startEpoch) {
            sourceStart = leaderEpoch > startEpoch ? start : Math.max(sourceStart, start);
            startEpoch = leaderEpoch;
        }
        return before < 0 ? sourceStart >= 0 : sourceStart < before;
    }

    /** The source's log begins at {@code start}, whoever leads it. */
    synchronized void onRange(long start) {
        sourceStart = Math.max(sourceStart, start);
    }

    /** The local log now ends at {@code localEnd}. */
    void onEnd(long localEnd, long nowMs) {
        long end = sourceEnd;
        if (end >= 0 && localEnd >= end && nowMs - lastFetchMs <= FRESH_MS) {
            levelEnd = end;
            lastLevelMs = nowMs;
        }
    }

    void onAppended(long newBytes, long newRecords) {
        bytes.add(newBytes);
        records.add(newRecords);
    }

    /** The source cannot serve the partition; stands until it answers again. */
    void sourceError(String error) {
        sourceError = error;
    }

    boolean isSourceAvailable() {
        return sourceError == null && !sentUnfit;
    }

    /** Something on this side holds the partition up; null once nothing does. */
    void localError(String error) {
        sentUnfit = false;
        localError = error;
    }

    /** What the source sends cannot be appended; stands until something is. */
    void unfit(String error) {
        localError = error;
        sentUnfit = true;
    }

    String error() {
        return localError != null ? localError : sourceError;
    }

    long sourceStart() {
        return sourceStart;
    }

    long sourceEnd() {
        return sourceEnd;
    }

    long lastFetchMs() {
        return lastFetchMs;
    }

    long bytes() {
        return bytes.sum();
    }

    /** Offsets appended; for logs with gaps an upper bound of the records. */
    long records() {
        return records.sum();
    }

    long lagRecords(long localEnd) {
        return sourceEnd < 0 ? -1 : Math.max(0, sourceEnd - localEnd);
    }

    long lagMs(long localEnd, long nowMs) {
        if (lastLevelMs < 0) {
            return -1;
        }
        boolean level = localEnd >= sourceEnd && nowMs - lastFetchMs <= FRESH_MS;
        return level ? 0 : Math.max(0, nowMs - lastLevelMs);
    }

    PartitionStatus status(
            int partition,
            MirrorState state,
            int leader,
            int sourceLeader,
            long start,
            long end,
            long nowMs,
            String shownError) {
        // What is written to a topic that has stopped to be a mirror is none of its business.
        boolean over = state == MirrorState.STOPPED;
        return new PartitionStatus(
                partition,
                state,
                leader,
                sourceLeader,
                sourceStart,
                sourceEnd,
                start,
                end,
                over ? 0 : lagRecords(end),
                over ? 0 : lagMs(end, nowMs),
                lastFetchMs,
                bytes(),
                shownError);
    }
}
