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
    private static final int MIN_BYTES = 128 * 1024 * 1024;

    private final int maxBytes;
    private final MemoryPool memory;
    private volatile long refusedBytes;

    ReceiveLimit(int maxBytes) {
        this(maxBytes, MemoryPool.NONE);
    }

    /** A limit to what is received into {@code memory}. */
    ReceiveLimit(int maxBytes, MemoryPool memory) {
        this.maxBytes = maxBytes;
        this.memory = memory;
    }

    /** The first batch of a fetch may exceed what was asked for. */
    static ReceiveLimit of(LinkConfig config) {
        return of(config, MemoryPool.NONE);
    }

    static ReceiveLimit of(LinkConfig config, MemoryPool memory) {
        long twice = 2L * config.getInt(LinkConfig.FETCH_RESPONSE_MAX_BYTES);
        return new ReceiveLimit((int) Math.min(Integer.MAX_VALUE, Math.max(MIN_BYTES, twice)), memory);
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
        return memory.tryAllocate(sizeBytes);
    }

    @Override
    public void release(ByteBuffer previouslyAllocated) {
        memory.release(previouslyAllocated);
    }

    @Override
    public long size() {
        return memory.size();
    }

    @Override
    public long availableMemory() {
        return memory.availableMemory();
    }

    @Override
    public boolean isOutOfMemory() {
        return memory.isOutOfMemory();
    }
}
