// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import java.util.function.LongSupplier;

/**
 * Keeps what one link takes from its source on this broker to a rate. Bytes are counted when they have arrived, so a fetch
 * may overdraw, and all fetchers of the link wait until that is made up for: over a few fetches the rate is exact, and
 * who waits gets the next turn as much as who overdrew. What counts are whole batches, which is what ends up in the logs; the
 * batch that is cut off at the end of an answer comes again.
 *
 * <p>Thread-safe.
 */
final class LinkThrottle {
    /** No limit. */
    static final long UNLIMITED = Long.MAX_VALUE;

    /** What was not used may be caught up on for so long; more would be a burst that is no hiccup. */
    private static final double BURST_S = 0.25;
    /** Bytes of so long are asked for at once: then others wait about as long. */
    private static final double FETCH_S = 0.1;

    private static final int MIN_FETCH_BYTES = 64 * 1024;

    private final LongSupplier nowNs;
    private long bytesPerSecond = UNLIMITED;
    private double available;
    private long lastNs;
    /** Fetchers that may ask at the same time, each of them unaware of the others. */
    private int sharers = 1;

    LinkThrottle(LongSupplier nowNs) {
        this.nowNs = nowNs;
        this.lastNs = nowNs.getAsLong();
    }

    /** From now on; what was overdrawn at another rate is forgotten. */
    synchronized void limit(long newBytesPerSecond) {
        if (newBytesPerSecond != bytesPerSecond) {
            bytesPerSecond = newBytesPerSecond;
            available = 0;
            lastNs = nowNs.getAsLong();
        }
    }

    /** So many fetchers have enough to do. */
    synchronized void shareAmong(int fetchers) {
        sharers = fetchers;
    }

    synchronized boolean isLimited() {
        return bytesPerSecond != UNLIMITED;
    }

    /** Milliseconds to wait before the next fetch; 0 if none. */
    synchronized long delayMs() {
        if (!isLimited()) {
            return 0;
        }
        refill();
        return available > 0 ? 0 : (long) Math.ceil(1000 * (1 - available) / bytesPerSecond);
    }

    /** {@code bytes} have arrived. */
    synchronized void onBytes(long bytes) {
        if (isLimited()) {
            refill();
            available -= bytes;
        }
    }

    /** The most to ask for in one fetch. */
    synchronized int fetchBytes() {
        double bytes = isLimited() ? Math.max(MIN_FETCH_BYTES, bytesPerSecond * FETCH_S) / sharers : Integer.MAX_VALUE;
        return (int) Math.min(Integer.MAX_VALUE, bytes);
    }

    private void refill() {
        long now = nowNs.getAsLong();
        available = Math.min(bytesPerSecond * BURST_S, available + bytesPerSecond * ((now - lastNs) / 1e9));
        lastNs = now;
    }
}
