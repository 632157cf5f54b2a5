// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import org.apache.kafka.common.utils.ByteBufferUnmapper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The memory that a broker receives fetched batches in: one budget for all links and sources, taken when the size of a
 * response is known and given back when it is in the log. What waits at the source costs nothing, so one busy partition
 * may use all of it; who finds it used up waits its turn while the response stays in the socket.
 *
 * <p>The chunks are outside the heap and used again and again: the collector never sees them, and the kernel copies into
 * and out of them directly. One that is not kept is freed at once; left to the collector, which has no reason to look at
 * old objects for hours, they would add up to as much as the heap. Thread-safe.
 */
public final class FetchMemory {
    private static final Logger log = LoggerFactory.getLogger(FetchMemory.class);
    /** Responses below this come from the heap, as long as there are few: most are answers that nothing is new. */
    static final int SMALL_BYTES = 64 * 1024;
    /** Answers that nothing is new, and those of handshakes, which must not wait for memory: nobody counts them. */
    static final int TINY_BYTES = 1024;
    /** What small responses may take besides, as a part of the budget. */
    private static final int SMALL_PART = 8;

    private static final long BUSY_MS = 2000;
    private static final long KEEP_MS = 30_000;

    /** Who receives responses. */
    interface Receiver {
        /** It may be this one's turn now. */
        void onMemory();
    }

    private record Free(ByteBuffer chunk, long sinceMs) {}

    private final long bytes;
    private final LongSupplier nowMs;
    private final Deque<Free> free = new ArrayDeque<>();
    private final Set<Receiver> waiting = new LinkedHashSet<>();
    private final Map<Receiver, Long> lastTakenMs = new HashMap<>();
    private long used;
    private long kept;
    /** Bytes of small responses, on the heap. */
    private long small;

    /** Takes time in milliseconds from {@code nowMs}. */
    public FetchMemory(long bytes, LongSupplier nowMs) {
        this.bytes = bytes;
        this.nowMs = nowMs;
    }

    /**
     * Bytes to ask for in one fetch, and to hold unappended before the next is sent: half of what there is for each of those
     * that are busy, so that one half arrives while the other is appended.
     */
    public synchronized int share() {
        long now = nowMs.getAsLong();
        lastTakenMs.values().removeIf(takenMs -> now - takenMs > BUSY_MS);
        long share = bytes / 2 / Math.max(1, lastTakenMs.size());
        return (int) Math.max(1, Math.min(Integer.MAX_VALUE - SMALL_BYTES, share));
    }

    /**
     * Takes a buffer for a response; null if {@code receiver} must wait, in turn with others. A response larger than
     * everything is received alone.
     */
    FetchBuffer tryTake(int size, Receiver receiver) {
        int capacity = capacity(size);
        ByteBuffer chunk;
        List<ByteBuffer> evicted = List.of();
        synchronized (this) {
            if (!mayTake(capacity, receiver)) {
                waiting.add(receiver);
                return null;
            }
            waiting.remove(receiver);
            lastTakenMs.put(receiver, nowMs.getAsLong());
            chunk = reuse(size);
            if (chunk == null) {
                evicted = evictFor(capacity);
            }
            used += chunk == null ? capacity : chunk.capacity();
            next();
        }
        evicted.forEach(FetchMemory::free);
        try {
            // Memory is zeroed, and may wait for the collector: not while everybody who appends waits to give some
            // back.
            return FetchBuffer.pooled(this, chunk == null ? allocate(capacity) : chunk);
        } catch (Throwable e) {
            giveUp(chunk == null ? capacity : chunk.capacity());
            throw e;
        }
    }

    private synchronized void giveUp(int capacity) {
        used -= capacity;
        next();
    }

    /** Takes a buffer on the heap for a small response; null if there are too many: then it is one like others. */
    synchronized FetchBuffer trySmall(int size) {
        if (size >= SMALL_BYTES || small + size > bytes / SMALL_PART) {
            return null;
        }
        FetchBuffer taken = FetchBuffer.small(this, ByteBuffer.allocate(size));
        small += size;
        return taken;
    }

    synchronized void giveBackSmall(int size) {
        small -= size;
    }

    /** Whether {@link #tryTake} would not be in vain. */
    synchronized boolean mayTake(Receiver receiver, int size) {
        return mayTake(capacity(size), receiver);
    }

    private boolean mayTake(int capacity, Receiver receiver) {
        boolean turn = waiting.isEmpty() || waiting.iterator().next() == receiver;
        return turn && (used == 0 || used + capacity <= bytes);
    }

    /** {@code receiver} does not wait any more. */
    synchronized void forget(Receiver receiver) {
        if (waiting.remove(receiver)) {
            next();
        }
    }

    void giveBack(ByteBuffer chunk) {
        if (!keeps(chunk)) {
            free(chunk);
        }
    }

    private synchronized boolean keeps(ByteBuffer chunk) {
        used -= chunk.capacity();
        boolean keep = used + kept + chunk.capacity() <= bytes;
        if (keep) {
            free.addFirst(new Free(chunk, nowMs.getAsLong()));
            kept += chunk.capacity();
        }
        next();
        return keep;
    }

    /** Lets go of chunks that nobody has needed for a while. */
    public void trim() {
        unneeded().forEach(FetchMemory::free);
    }

    private synchronized List<ByteBuffer> unneeded() {
        long now = nowMs.getAsLong();
        List<ByteBuffer> unneeded = new ArrayList<>(0);
        while (!free.isEmpty() && now - free.peekLast().sinceMs() > KEEP_MS) {
            unneeded.add(take(free.pollLast()));
        }
        return unneeded;
    }

    private ByteBuffer take(Free taken) {
        kept -= taken.chunk().capacity();
        return taken.chunk();
    }

    /** Bytes in buffers that are in use. */
    public synchronized long used() {
        return used;
    }

    /** Bytes kept for later use. */
    synchronized long kept() {
        return kept;
    }

    private void next() {
        if (!waiting.isEmpty()) {
            waiting.iterator().next().onMemory();
        }
    }

    /** The smallest free chunk that is large enough without wasting most of it. */
    private ByteBuffer reuse(int size) {
        Free best = null;
        for (Free candidate : free) {
            int capacity = candidate.chunk().capacity();
            boolean fits = capacity >= size
                    && capacity / 2 <= Math.max(size, SMALL_BYTES / 8)
                    && used + capacity <= Math.max(bytes, capacity(size));
            if (fits && (best == null || capacity < best.chunk().capacity())) {
                best = candidate;
            }
        }
        if (best == null) {
            return null;
        }
        free.remove(best);
        return take(best);
    }

    private List<ByteBuffer> evictFor(int capacity) {
        List<ByteBuffer> evicted = new ArrayList<>(0);
        while (!free.isEmpty() && used + kept + capacity > bytes) {
            evicted.add(take(free.pollLast()));
        }
        return evicted;
    }

    /** Nobody has it any more: whoever touched it afterwards would bring the process down. */
    private static void free(ByteBuffer chunk) {
        if (chunk.isDirect()) {
            try {
                ByteBufferUnmapper.unmap("fetch memory", chunk);
            } catch (IOException | RuntimeException e) {
                log.debug("A chunk of fetch memory is left to the collector", e);
            }
        }
    }

    private static ByteBuffer allocate(int capacity) {
        try {
            return ByteBuffer.allocateDirect(capacity);
        } catch (OutOfMemoryError e) {
            // The limit of direct memory, which an operator may have set low, is no reason to stop.
            return ByteBuffer.allocate(capacity);
        }
    }

    /** Rounded up in steps of an eighth to a quarter, so that chunks fit again. */
    static int capacity(int size) {
        int step = Math.max(SMALL_BYTES / 4, Integer.highestOneBit(Math.max(1, size - 1)) / 4);
        long rounded = ((long) size + step - 1) / step * step;
        return (int) Math.min(Integer.MAX_VALUE - 8, rounded);
    }
}
