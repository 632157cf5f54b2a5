// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** One replica's log with its leader epochs, as Kafka's UnifiedLog and LeaderEpochFileCache keep them. */
final class SimulatedLog {
    private static final String BY_CLIENT = "by a client";

    /**
     * A batch as it lies in the log.
     *
     * @param described base offset, size and content, without what the mirror stamps
     */
    record Entry(long base, long next, int leaderEpoch, String described) {
        boolean isByClient() {
            return described.equals(BY_CLIENT);
        }

        static Entry of(long base, long next, int leaderEpoch, ByteBuffer bytes) {
            return new Entry(base, next, leaderEpoch, describe(bytes));
        }
    }

    /** A client writes a record. */
    void writeAsClient(int leaderEpoch) {
        append(new Entry(end, end + 1, leaderEpoch, BY_CLIENT));
    }

    static String describe(ByteBuffer bytes) {
        ByteBuffer copy = TestBatches.join(bytes);
        copy.putInt(BatchFormat.LEADER_EPOCH, 0);
        return copy.getLong(0) + ":" + copy.remaining() + ":" + Arrays.hashCode(copy.array());
    }

    /** Answer of the epoch cache; {@code epoch} is -1 if it knows none. */
    record EpochEnd(int epoch, long end) {}

    final List<Entry> entries = new ArrayList<>();
    final TreeMap<Integer, Long> epochs = new TreeMap<>();
    long start;
    long end;
    long highWatermark;

    void append(Entry entry) {
        entries.add(entry);
        end = entry.next();
        assign(entry.leaderEpoch(), entry.base());
    }

    /** As {@code LeaderEpochFileCache.assign}. */
    void assign(int epoch, long offset) {
        Map.Entry<Integer, Long> last = epochs.lastEntry();
        if (last != null && last.getKey() == epoch && offset >= last.getValue()) {
            return;
        }
        epochs.entrySet().removeIf(entry -> entry.getKey() >= epoch || entry.getValue() >= offset);
        epochs.put(epoch, offset);
    }

    int lastEpoch() {
        return epochs.isEmpty() ? -1 : epochs.lastKey();
    }

    /** As {@code LeaderEpochFileCache.endOffsetFor}. */
    EpochEnd epochEnd(int asked) {
        if (asked < 0) {
            return new EpochEnd(-1, -1);
        }
        if (asked == lastEpoch()) {
            return new EpochEnd(asked, end);
        }
        Map.Entry<Integer, Long> higher = epochs.higherEntry(asked);
        if (higher == null) {
            return new EpochEnd(-1, -1);
        }
        Map.Entry<Integer, Long> floor = epochs.floorEntry(asked);
        return new EpochEnd(floor == null ? asked : floor.getKey(), higher.getValue());
    }

    /** As {@code UnifiedLog.truncateTo}. */
    void truncateTo(long offset) {
        if (offset < end) {
            entries.removeIf(entry -> entry.next() > offset);
            end = offset;
            start = Math.min(start, offset);
            highWatermark = Math.min(highWatermark, end);
        }
        epochs.values().removeIf(value -> value >= end);
    }

    /** Where the last batch ends that lies before {@code offset} as a whole; the log start if there is none. */
    long endBefore(long offset) {
        return entries.stream()
                .mapToLong(Entry::next)
                .filter(next -> next <= offset)
                .reduce(start, Math::max);
    }

    /** As {@code UnifiedLog.truncateFullyAndStartAt}. */
    void startAt(long offset) {
        entries.clear();
        epochs.clear();
        start = offset;
        end = offset;
        highWatermark = offset;
    }

    /** The disk is replaced. */
    void wipe() {
        startAt(0);
    }

    /** As {@code UnifiedLog.maybeIncrementLogStartOffset}. */
    void advanceStart(long offset) {
        long wanted = Math.min(offset, highWatermark);
        if (wanted <= start) {
            return;
        }
        start = wanted;
        Map.Entry<Integer, Long> last = null;
        for (Map.Entry<Integer, Long> entry : epochs.entrySet()) {
            last = entry.getValue() <= start ? entry : last;
        }
        if (last != null) {
            int kept = last.getKey();
            epochs.headMap(kept).clear();
            epochs.put(kept, start);
        }
    }

    /** Batches from {@code offset} on. */
    List<Entry> from(long offset, int max) {
        return entries.stream()
                .filter(entry -> entry.next() > offset)
                .limit(max)
                .toList();
    }
}
