// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.mirror.BatchScanner.Run;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.source.FetchBuffer;
import io.clusterlinks.source.SourceFetchClient.Fetched;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.IntSupplier;
import org.apache.kafka.common.protocol.Errors;

/**
 * Where a partition is fetched from next, and what was fetched but not appended yet: the one thing that the network
 * thread and the thread that appends share. The next offset is read from batch headers, so that the next fetch is on
 * its way before the last answer is in the log.
 *
 * <p>Every {@link #reset} starts a new generation; answers to fetches of an older one are dropped. The queue is thereby
 * always contiguous and begins at the log end.
 */
final class FetchCursor {
    /** What {@link #next} says. */
    record Next(long generation, long offset, int lastEpoch) {}

    /** One answer that has something to act on: data or an error, in the order of the fetches. */
    static final class Item {
        private final Fetched fetched;
        private final Deque<Run> runs;
        private final LinkException failure;
        private final FetchBuffer buffer;
        /** Whether the bytes of the first run are no more as the source sent them. */
        private boolean rewritten;

        Item(Fetched fetched, List<Run> runs, LinkException failure, FetchBuffer buffer) {
            this.fetched = fetched;
            this.runs = new ArrayDeque<>(runs);
            this.failure = failure;
            this.buffer = buffer;
        }

        Fetched fetched() {
            return fetched;
        }

        /** Runs that are not appended yet. */
        Deque<Run> runs() {
            return runs;
        }

        /**
         * Keeps the bytes from being used for another answer until {@link #letGo}, whatever becomes of the queue; false if
         * this was dropped.
         */
        boolean hold() {
            return buffer.retain();
        }

        void letGo() {
            buffer.release();
        }

        /** The bytes of the first run are about to be rewritten; false if they were, and are of no use any more. */
        boolean mayRewrite() {
            boolean may = !rewritten;
            rewritten = true;
            return may;
        }

        /** What is wrong with the bytes; null if nothing. */
        LinkException failure() {
            return failure;
        }
    }

    private final int minQueuedBytes;
    private final IntSupplier maxRunBytes;
    private final Deque<Item> queue = new ArrayDeque<>();
    private long generation;
    private long offset = -1;
    private int lastEpoch = -1;
    private boolean open;
    private long notBeforeMs;
    private int maxQueuedBytes;
    private int askedBytes;
    /** Whether the last answer held about as much as was asked for, so that there may be more. */
    private boolean busy;

    private long queuedBytes;
    private long takenBytes;
    private long validGeneration = -1;
    private int validLeaderEpoch = -1;
    /** Generation of the last answer that found nothing wrong with the position. */
    private long agreedGeneration = -1;

    /**
     * A cursor that is paused until the first {@link #reset}.
     *
     * @param minQueuedBytes fetch on as long as less than this waits to be appended
     * @param maxRunBytes bytes that one append may hold now
     */
    FetchCursor(int minQueuedBytes, IntSupplier maxRunBytes) {
        this.minQueuedBytes = minQueuedBytes;
        this.maxQueuedBytes = minQueuedBytes;
        this.maxRunBytes = maxRunBytes;
    }

    /** What to fetch now; empty while paused, backing off, or behind with appending. */
    synchronized Optional<Next> next(long nowMs) {
        if (!open || nowMs < notBeforeMs || queuedBytes >= maxQueuedBytes) {
            return Optional.empty();
        }
        return Optional.of(new Next(generation, offset, lastEpoch));
    }

    /** {@code bytes} are asked for: one such answer may wait while the next is on its way. */
    synchronized void asking(int bytes) {
        maxQueuedBytes = Math.max(minQueuedBytes, bytes + 1);
        askedBytes = bytes;
    }

    /** Whether there is something to fetch before {@code end}. */
    synchronized boolean isBefore(long end) {
        return open && offset < end;
    }

    /** Whether the last answer held about as much as was asked for. */
    synchronized boolean isBusy() {
        return busy;
    }

    /**
     * Takes the answer to a fetch, and keeps its buffer for as long as it is needed; returns whether there is something to
     * act on. A partition that moves between fetchers may be fetched twice at one offset: the second answer is dropped.
     *
     * @param leaderEpoch of the leader that answered, -1 if unknown
     */
    synchronized boolean offer(Next asked, Fetched fetched, int leaderEpoch, FetchBuffer buffer) {
        busy = fetched.records().remaining() >= askedBytes / 2;
        if (asked.generation() != generation || asked.offset() != offset || !open) {
            return false;
        }
        if (fetched.error() != Errors.NONE || fetched.divergingEpoch() >= 0) {
            open = false;
            queue.add(new Item(fetched, List.of(), null, FetchBuffer.UNCOUNTED));
            return true;
        }
        agreedGeneration = generation;
        if (!fetched.records().hasRemaining()) {
            return false;
        }
        try {
            BatchScanner.Bounds bounds = new BatchScanner.Bounds(asked.offset(), leaderEpoch, fetched.highWatermark());
            List<Run> runs = BatchScanner.scan(fetched.records(), maxRunBytes.getAsInt(), bounds);
            if (runs.isEmpty()) {
                return false;
            }
            long bytes = runs.stream().mapToLong(Run::size).sum();
            enqueue(new Item(fetched, runs, null, buffer));
            Run last = runs.get(runs.size() - 1);
            offset = last.nextOffset();
            lastEpoch = last.sourceEpoch();
            queuedBytes += bytes;
            takenBytes += bytes;
        } catch (LinkException e) {
            open = false;
            queue.add(new Item(fetched, List.of(), e, FetchBuffer.UNCOUNTED));
        }
        return true;
    }

    /** Fails with nothing done, also for want of memory: the position moves only past what is in the queue. */
    private void enqueue(Item item) {
        item.hold();
        try {
            queue.add(item);
        } catch (Throwable e) {
            item.letGo();
            throw e;
        }
    }

    /** In a fetch session no answer says that nothing has changed. */
    synchronized void onSilence(Next asked) {
        if (asked.generation() == generation) {
            agreedGeneration = generation;
        }
    }

    /** Whether the source has been asked since the last {@link #reset} and found that the log here is a part of its own. */
    synchronized boolean isAgreed() {
        return open && agreedGeneration == generation;
    }

    /** Whether the last answer was an error, or of a source that holds something else, and is not done with. */
    synchronized boolean hasComplaint() {
        return !open && !queue.isEmpty();
    }

    /** The oldest answer that is not done with; null if there is none. */
    synchronized Item peek() {
        return queue.peek();
    }

    /** Takes the first run off the oldest answer, and the answer too if that was all. */
    synchronized void consumed(Item item) {
        if (queue.peek() != item) {
            return;
        }
        Run run = item.runs().poll();
        item.rewritten = false;
        queuedBytes -= run == null ? 0 : run.size();
        if (item.runs().isEmpty()) {
            queue.remove().letGo();
        }
    }

    /** Drops what is queued and under way, and goes on from {@code newOffset}, not before {@code newNotBeforeMs}. */
    synchronized void reset(long newOffset, int newLastEpoch, long newNotBeforeMs) {
        drop();
        offset = newOffset;
        lastEpoch = newLastEpoch;
        notBeforeMs = newNotBeforeMs;
        open = true;
    }

    /** Drops what is queued and under way, and fetches no more until {@link #reset}. */
    synchronized void pause() {
        drop();
        open = false;
    }

    private void drop() {
        generation++;
        queue.forEach(Item::letGo);
        queue.clear();
        queuedBytes = 0;
    }

    synchronized long queuedBytes() {
        return queuedBytes;
    }

    /** All that was ever queued. */
    synchronized long takenBytes() {
        return takenBytes;
    }

    /** For sources that do not report divergence by themselves: whether the position was compared under this epoch. */
    synchronized boolean isValid(int leaderEpoch) {
        return lastEpoch < 0 || (validGeneration == generation && validLeaderEpoch == leaderEpoch);
    }

    synchronized void markValid(int leaderEpoch) {
        validGeneration = generation;
        validLeaderEpoch = leaderEpoch;
    }
}
