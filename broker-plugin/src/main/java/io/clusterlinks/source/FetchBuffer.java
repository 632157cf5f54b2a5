// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The bytes of one response, shared by the partitions in it; they go back to {@link FetchMemory} when the last user has
 * let go, and must not be touched afterwards: another response may be in them. Thread-safe.
 */
public final class FetchBuffer {
    /** Bytes that nobody counts or uses again. */
    public static final FetchBuffer UNCOUNTED = new FetchBuffer(null, null, false);

    private final FetchMemory memory;
    private final ByteBuffer chunk;
    /** Whether it is used once, on the heap. */
    private final boolean small;

    private final AtomicInteger users = new AtomicInteger(1);

    private FetchBuffer(FetchMemory memory, ByteBuffer chunk, boolean small) {
        this.memory = memory;
        this.chunk = chunk;
        this.small = small;
    }

    /** A chunk that is used again. */
    static FetchBuffer pooled(FetchMemory memory, ByteBuffer chunk) {
        return new FetchBuffer(memory, chunk, false);
    }

    static FetchBuffer small(FetchMemory memory, ByteBuffer bytes) {
        return new FetchBuffer(memory, bytes, true);
    }

    /** The first {@code size} bytes. */
    ByteBuffer bytes(int size) {
        return chunk.duplicate().clear().limit(size);
    }

    /** Becomes one more user; false if all have let go before. */
    public boolean retain() {
        return memory == null || users.getAndUpdate(now -> now == 0 ? 0 : now + 1) > 0;
    }

    /** Lets go; once for each user, whoever took the buffer first included. */
    public void release() {
        if (memory == null || users.decrementAndGet() != 0) {
            return;
        }
        if (small) {
            memory.giveBackSmall(chunk.capacity());
        } else {
            memory.giveBack(chunk);
        }
    }
}
