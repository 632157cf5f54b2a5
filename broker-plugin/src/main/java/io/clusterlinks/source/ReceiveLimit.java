// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import io.clusterlinks.protocol.LinkConfig;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.apache.kafka.common.memory.MemoryPool;
import org.apache.kafka.common.network.InvalidReceiveException;

/**
 * Bounds what is received in one piece. A peer that is no Kafka, or a hostile one, may announce two gigabytes, and the
 * buffer is allocated before they arrive: so it is refused here, where the announced size is known, and remembered for
 * whoever has to explain why the connection was closed.
 */
final class ReceiveLimit implements MemoryPool {
    private static final int MIN_BYTES = 128 * 1024 * 1024;
    /** Kafka's brokers take half of this from a client that authenticates ({@code sasl.server.max.receive.size}). */
    static final int MAX_HANDSHAKE_BYTES = 1024 * 1024;

    private final int maxBytes;
    private final MemoryPool memory;
    /** What was announced and what to do about it; null if nothing was refused. */
    private volatile String refusal;

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

    boolean hasRefused() {
        return refusal != null;
    }

    /**
     * What was refused since this was last asked: a sentence that lacks its subject, the address that announced it, and
     * begins with a space.
     */
    Optional<String> takeRefusal() {
        String taken = refusal;
        refusal = null;
        return Optional.ofNullable(taken);
    }

    /**
     * Refuses a message of a SASL handshake by the size that is announced for it.
     *
     * @throws InvalidReceiveException if it is larger than {@link #MAX_HANDSHAKE_BYTES}
     */
    void requireHandshakeFits(int sizeBytes) {
        if (sizeBytes > MAX_HANDSHAKE_BYTES) {
            refusal = " announced a message of " + sizeBytes + " bytes in the SASL handshake, of which "
                    + MAX_HANDSHAKE_BYTES + " are taken; it may expect TLS or be no Kafka broker: check what listens"
                    + " there, and security.protocol.";
            throw new InvalidReceiveException("A message of " + sizeBytes
                    + " bytes was announced in the SASL handshake, more than " + MAX_HANDSHAKE_BYTES);
        }
    }

    @Override
    public ByteBuffer tryAllocate(int sizeBytes) {
        if (sizeBytes > maxBytes) {
            refusal = " announced an answer of " + sizeBytes + " bytes, of which " + maxBytes
                    + " are taken; check what listens there, or raise " + LinkConfig.FETCH_RESPONSE_MAX_BYTES + ".";
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
