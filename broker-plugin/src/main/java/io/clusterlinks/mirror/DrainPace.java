// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * How the source's end moves while a mirror is promoted. A mirror may be level with an end that is half a second old; if
 * somebody still writes to the source, what was acknowledged there since would be missing here. So a promotion waits
 * until the end stands still, and says meanwhile how fast it moves. Thread-safe.
 */
final class DrainPace {
    /** In place of a number: not asked often enough yet. */
    static final long UNKNOWN = -1;

    private static final long WINDOW_MS = 5000;
    /** An end that was the same so much earlier stands still. */
    private static final long STILL_MS = 400;

    private final Deque<Drain.End> heard = new ArrayDeque<>();
    private long stillSinceMs = -1;

    synchronized void heard(Drain.End end) {
        if (!heard.isEmpty() && heard.getLast().sinceMs() != end.sinceMs()) {
            heard.clear();
        }
        if (heard.isEmpty() || heard.getLast().offset() != end.offset()) {
            stillSinceMs = end.askedMs();
        }
        heard.add(end);
        while (heard.size() > 2 && end.askedMs() - heard.getFirst().askedMs() > WINDOW_MS) {
            heard.removeFirst();
        }
    }

    /** When the end that was heard last was asked for first; -1 if none was heard. */
    synchronized long stillSinceMs() {
        return stillSinceMs;
    }

    /** Whether the end that was heard last is the one that was heard before. */
    synchronized boolean isRepeated() {
        return !heard.isEmpty() && heard.getLast().askedMs() > stillSinceMs;
    }

    /** Records per second, at least 1 while it moves; 0 if it stands still; {@link #UNKNOWN}. */
    synchronized long recordsPerSecond(long drainSinceMs) {
        if (heard.isEmpty() || heard.getLast().sinceMs() != drainSinceMs) {
            return UNKNOWN;
        }
        Drain.End last = heard.getLast();
        if (last.askedMs() - stillSinceMs >= STILL_MS) {
            return 0;
        }
        long ms = last.askedMs() - heard.getFirst().askedMs();
        return ms <= 0 ? UNKNOWN : Math.max(1, (last.offset() - heard.getFirst().offset()) * 1000 / ms);
    }
}
