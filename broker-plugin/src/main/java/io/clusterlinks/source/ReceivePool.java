// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import java.nio.ByteBuffer;
import org.apache.kafka.common.memory.MemoryPool;

/**
 * Has one connection of Kafka's network client receive into {@link FetchMemory}. One response at a time; for the
 * connection's thread.
 */
final class ReceivePool implements MemoryPool, FetchMemory.Receiver {
    private final FetchMemory memory;
    private Runnable wakeUp = () -> {};
    private FetchBuffer current = FetchBuffer.UNCOUNTED;
    private ByteBuffer receiving;
    /** Size of the response that waits for memory; 0 if none does. */
    private int wanted;

    private int size;
    private long announcedNs;

    ReceivePool(FetchMemory memory) {
        this.memory = memory;
    }

    /** {@code newWakeUp} ends the poll in which the connection waits for memory; called from any thread. */
    void wakeUp(Runnable newWakeUp) {
        wakeUp = newWakeUp;
    }

    @Override
    public ByteBuffer tryAllocate(int sizeBytes) {
        if (wanted == 0) {
            announcedNs = System.nanoTime();
            size = sizeBytes;
        }
        if (sizeBytes < FetchMemory.TINY_BYTES) {
            return ByteBuffer.allocate(sizeBytes);
        }
        abandon();
        FetchBuffer taken = memory.trySmall(sizeBytes);
        if (taken == null) {
            taken = memory.tryTake(sizeBytes, this);
        } else if (wanted > 0) {
            memory.forget(this);
        }
        if (taken == null) {
            wanted = sizeBytes;
            return null;
        }
        wanted = 0;
        current = taken;
        receiving = taken.bytes(sizeBytes);
        return receiving;
    }

    /** Kafka gives back what it had no use for, when a connection breaks. */
    @Override
    public void release(ByteBuffer previouslyAllocated) {
        if (previouslyAllocated == receiving) {
            abandon();
        }
    }

    /** The buffer of the response that has been received; the caller lets go of it. */
    FetchBuffer handOver() {
        FetchBuffer result = current;
        current = FetchBuffer.UNCOUNTED;
        receiving = null;
        return result;
    }

    /** What was received, or waits to be, is of no use. */
    void reset() {
        abandon();
        wanted = 0;
        memory.forget(this);
    }

    private void abandon() {
        handOver().release();
    }

    /** When the size of the last response arrived, by {@link System#nanoTime}. */
    long announcedNs() {
        return announcedNs;
    }

    /** Bytes of the last response. */
    int received() {
        return size;
    }

    @Override
    public void onMemory() {
        wakeUp.run();
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
        return wanted > 0 && !memory.mayTake(this, wanted);
    }
}
