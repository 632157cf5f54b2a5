// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Divides a broker's fetch memory evenly among its fetchers. Each keeps within its share by itself, so that no fetcher
 * waits for another: half of the share is on the wire while the other half is being appended.
 */
final class FetchMemory {
    private final long bytes;
    private final AtomicInteger fetchers = new AtomicInteger();

    FetchMemory(long bytes) {
        this.bytes = bytes;
    }

    void register() {
        fetchers.incrementAndGet();
    }

    void unregister() {
        fetchers.decrementAndGet();
    }

    /** Bytes that one fetcher may ask for, and the bytes it may hold unappended before it asks again. */
    int half() {
        long share = bytes / Math.max(1, fetchers.get());
        return (int) Math.max(1, Math.min(Integer.MAX_VALUE, share / 2));
    }
}
