// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.mirror.BatchScanner.Run;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.source.SourceFetchClient.Fetched;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
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

        Item(Fetched fetched, List<Run> runs, LinkException failure) {
            this.fetched = fetched;
            this.runs = new ArrayDeque<>(runs);
            this.failure = failure;
        }

        Fetched fetched() {
            return fetched;
        }

        /** Runs that are not appended yet. */
        Deque<Run> runs() {
            return runs;
        }

        /** What is wrong with the bytes; null if nothing. */
        LinkException failure() {
            return failure;
        }
    }

    private final int maxQueuedBytes;
    private final int maxRunBytes;
    private final Deque<Item> queue = new ArrayDeque<>();
    private long generation;
    private long offset = -1;
    private int lastEpoch = -1;
    private boolean open;
    private long notBeforeMs;
    private long queuedBytes;
    private long validGeneration = -1;
    private int validLeaderEpoch = -1;
    /** Generation of the last answer that found nothing wrong with the position. */
    private long agreedGeneration = -1;

    /**
     * A cursor that is paused until the first {@link #reset}.
     *
     * @param maxQueuedBytes fetch no more while this much waits to be appended
     * @param maxRunBytes bytes that one append may hold
     */
    FetchCursor(int maxQueuedBytes, int maxRunBytes) {
        this.maxQueuedBytes = maxQueuedBytes;
        this.maxRunBytes = maxRunBytes;
    }

    /** What to fetch now; empty while paused, backing off, or behind with appending. */
    synchronized Optional<Next> next(long nowMs) {
        if (!open || nowMs < notBeforeMs || queuedBytes >= maxQueuedBytes) {
            return Optional.empty();
        }
        return Optional.of(new Next(generation, offset, lastEpoch));
    }

    /**
     * Takes the answer to a fetch; returns whether there is something to act on. A partition that moves between fetchers
     * may be fetched twice at one offset: the second answer is dropped.
     */
    boolean offer(Next asked, Fetched fetched) {
        return offer(asked, fetched, -1);
    }

    /** As above, for an answer of the leader of {@code leaderEpoch}, -1 if unknown. */
    synchronized boolean offer(Next asked, Fetched fetched, int leaderEpoch) {
        if (asked.generation() != generation || asked.offset() != offset || !open) {
            return false;
        }
        if (fetched.error() != Errors.NONE || fetched.divergingEpoch() >= 0) {
            open = false;
            queue.add(new Item(fetched, List.of(), null));
            return true;
        }
        agreedGeneration = generation;
        if (!fetched.records().hasRemaining()) {
            return false;
        }
        try {
            BatchScanner.Bounds bounds = new BatchScanner.Bounds(asked.offset(), leaderEpoch, fetched.highWatermark());
            List<Run> runs = BatchScanner.scan(fetched.records(), maxRunBytes, bounds);
            if (runs.isEmpty()) {
                return false;
            }
            Run last = runs.get(runs.size() - 1);
            offset = last.nextOffset();
            lastEpoch = last.sourceEpoch();
            queue.add(new Item(fetched, runs, null));
            queuedBytes += runs.stream().mapToLong(Run::size).sum();
        } catch (LinkException e) {
            open = false;
            queue.add(new Item(fetched, List.of(), e));
        }
        return true;
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
        queuedBytes -= run == null ? 0 : run.size();
        if (item.runs().isEmpty()) {
            queue.remove();
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
        queue.clear();
        queuedBytes = 0;
    }

    synchronized long queuedBytes() {
        return queuedBytes;
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
