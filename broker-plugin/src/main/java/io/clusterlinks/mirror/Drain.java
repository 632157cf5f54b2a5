// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import java.util.Optional;

/**
 * What one partition has heard of the source since its mirror is promoted: where the source ends, how fast that moves, and
 * how many partitions it has. What was asked for before that, or for an earlier promotion, says nothing. Thread-safe.
 */
final class Drain {
    /** In place of the time of a promotion. */
    static final long NONE = -1;
    /** An end that was asked for longer ago says nothing of what is there now. */
    private static final long FRESH_MS = 2000;
    /** So long a leader counts as confirmed; brokers are asked in turn. */
    private static final long CONFIRMED_MS = 5000;
    /** It is asked for again after that. */
    private static final long CONFIRM_MS = 1000;
    /** So many looks in a row that nobody confirms are worth telling: brokers are asked in turn. */
    private static final int TOLD = 4;

    /**
     * Where the source ended.
     *
     * @param sinceMs {@link #sinceMs} when it was asked for
     * @param leaderEpoch epoch of the source leader that was asked
     * @param askedMs when it was asked for
     */
    record End(long sinceMs, int leaderEpoch, long askedMs, long offset) {}

    /**
     * How many partitions the source's topic had, which was still the one that is mirrored, and who led the partition, as
     * another broker than that leader said.
     *
     * @param sinceMs {@link #sinceMs} when it was asked for
     * @param leaderEpoch epoch of the source leader
     * @param askedMs when it was asked for
     */
    record Size(long sinceMs, int leaderEpoch, long askedMs, int partitions) {}

    private final DrainPace pace = new DrainPace();
    private long sinceMs = NONE;
    private int partitions;
    private End end;
    private Size size;
    /** How often in a row the source's leader, {@link #leader}, was named by itself only. */
    private int unconfirmed;

    private int leader;
    /** Why the source's end is not known; fetches may go well nevertheless. */
    private String error;

    /**
     * Which promotion there is; returns whether it is a new one.
     *
     * @param newSinceMs the time of its DRAIN; {@link #NONE} if there is none
     * @param newPartitions that the mirror has or is getting
     */
    synchronized boolean begin(long newSinceMs, int newPartitions) {
        boolean begins = newSinceMs != NONE && newSinceMs != sinceMs;
        if (newSinceMs == NONE) {
            error = null;
        }
        if (begins) {
            unconfirmed = 0;
        }
        sinceMs = newSinceMs;
        partitions = newPartitions;
        return begins;
    }

    synchronized long sinceMs() {
        return sinceMs;
    }

    boolean isUnderWay() {
        return sinceMs() != NONE;
    }

    synchronized void heard(End heard) {
        end = heard;
        error = null;
        pace.heard(heard);
    }

    /** Of two answers the one counts that was asked for later, in whatever order they come. */
    synchronized void heard(Size heard) {
        size = size == null || heard.askedMs() >= size.askedMs() ? heard : size;
        unconfirmed = 0;
    }

    /**
     * That {@code broker} leads at the source only that broker says: one that is cut off from the others takes itself for the leader still,
     * and knows nothing of what they were sent since.
     */
    synchronized void unconfirmed(int broker) {
        leader = broker;
        unconfirmed++;
    }

    /** The source could not be asked where it ends. */
    synchronized void endUnknown(String why) {
        error = why;
    }

    /** What the promotion waits for besides records; null if nothing is known to be in its way, or there is none. */
    synchronized String error() {
        if (sinceMs == NONE) {
            return null;
        }
        if (error != null) {
            return error;
        }
        if (unconfirmed >= TOLD) {
            return "only broker " + leader
                    + " of the source itself says that it leads: the promotion waits until another broker there confirms it";
        }
        return size != null && size.partitions() > partitions
                ? "the source has " + size.partitions() + " partitions, the mirror " + partitions
                        + ": the promotion waits until they are here"
                : null;
    }

    /** How fast the source's end moves, as {@link DrainPace#recordsPerSecond}. */
    synchronized long sourcePace() {
        return pace.recordsPerSecond(sinceMs);
    }

    /**
     * Whether the number of partitions should be asked for, now that the end seems to stand still: what was written to one that is newer than the last answer may
     * have come before the end here stood still. The end of a topic that was created again stands still as well, and that of a leader that is none any more.
     */
    synchronized boolean wantsSize(long nowMs) {
        return sinceMs != NONE && pace.isRepeated() && !isSizeKnown(nowMs - CONFIRM_MS);
    }

    private boolean isSizeKnown(long askedSinceMs) {
        return size != null
                && size.sinceMs() == sinceMs
                && end != null
                && size.leaderEpoch() == end.leaderEpoch()
                && size.askedMs() > pace.stillSinceMs()
                && size.askedMs() >= askedSinceMs;
    }

    /**
     * Where the source ends, if that was asked lately, and if it has no more partitions than the mirror since it ends
     * there.
     */
    synchronized Optional<End> end(long nowMs) {
        boolean known = sinceMs != NONE
                && end != null
                && end.sinceMs() == sinceMs
                && nowMs - end.askedMs() <= FRESH_MS
                && isSizeKnown(nowMs - CONFIRMED_MS)
                && size.partitions() <= partitions;
        return known ? Optional.of(end) : Optional.empty();
    }
}
