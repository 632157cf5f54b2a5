// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import io.clusterlinks.protocol.LinkConfig;
import java.nio.ByteBuffer;
import org.apache.kafka.common.memory.MemoryPool;
import org.apache.kafka.common.network.InvalidReceiveException;

/**
 * Bounds what is received in one piece. A peer that is no Kafka, or a hostile one, may announce two gigabytes, and the
 * buffer is allocated before they arrive: so it is refused here, where the announced size is known, and remembered for
 * whoever has to explain why the connection was closed.
 */
final class ReceiveLimit implements MemoryPool {
    private static final int MIN_BYTES = 64 * 1024 * 1024;

    private final int maxBytes;
    private volatile long refusedBytes;

    ReceiveLimit(int maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** The first batch of a fetch may exceed what was asked for. */
    static ReceiveLimit of(LinkConfig config) {
        long twice = 2L * config.getInt(LinkConfig.FETCH_RESPONSE_MAX_BYTES);
        return new ReceiveLimit((int) Math.min(Integer.MAX_VALUE, Math.max(MIN_BYTES, twice)));
    }

    int maxBytes() {
        return maxBytes;
    }

    boolean hasRefused() {
        return refusedBytes > 0;
    }

    /** Size of an answer that was refused since this was last asked; 0 if there was none. */
    long takeRefusedBytes() {
        long refused = refusedBytes;
        refusedBytes = 0;
        return refused;
    }

    @Override
    public ByteBuffer tryAllocate(int sizeBytes) {
        if (sizeBytes > maxBytes) {
            refusedBytes = sizeBytes;
            throw new InvalidReceiveException(
                    "An answer of " + sizeBytes + " bytes was announced, more than " + maxBytes);
        }
        return ByteBuffer.allocate(sizeBytes);
    }

    @Override
    public void release(ByteBuffer previouslyAllocated) {
        // Buffers are the garbage collector's: records are used long after they were received.
    }

    @Override
    public long size() {
        return Long.MAX_VALUE;
    }

    @Override
    public long availableMemory() {
        return Long.MAX_VALUE;
    }

    @Override
    public boolean isOutOfMemory() {
        return false;
    }
}
