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
    public static final FetchBuffer UNCOUNTED = new FetchBuffer(null, null);

    private final FetchMemory memory;
    private final ByteBuffer chunk;
    private final AtomicInteger users = new AtomicInteger(1);

    FetchBuffer(FetchMemory memory, ByteBuffer chunk) {
        this.memory = memory;
        this.chunk = chunk;
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
        if (memory != null && users.decrementAndGet() == 0) {
            memory.giveBack(chunk);
        }
    }
}
