// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.source.SourceFetchClient.Fetched;
import io.clusterlinks.source.SourceQueryClient.EpochEnd;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.protocol.Errors;

/** A source leader's log as a fetch sees it: what {@code Partition.readRecords} and the epoch cache do in Kafka. */
final class SimulatedSource {
    /** One batch; the bytes are those of {@link TestBatches}. */
    record Batch(long base, long next, int epoch, ByteBuffer bytes, String described) {}

    private final Random random;
    final List<Batch> batches = new ArrayList<>();
    /** Start offset by epoch. */
    final TreeMap<Integer, Long> epochs = new TreeMap<>();

    /** Every batch that was ever written, in whatever history. */
    private final List<Batch> written = new ArrayList<>();
    /** What lay before a log start once, in whatever history, by what {@link SimulatedLog#describe} says of it. */
    final Set<String> deleted = new HashSet<>();

    long start;
    long end;
    int epoch;
    /** A replica that has been away since the log was as here; null if none is. */
    private SimulatedSource away;
    /** Whether such a replica has become leader. */
    boolean wentBack;

    SimulatedSource(Random random) {
        this.random = random;
        epochs.put(0, 0L);
    }

    void produce() {
        int count = 1 + random.nextInt(20);
        end += !wentBack && isWithinEpoch() && random.nextInt(4) == 0 ? random.nextInt(30) : 0;
        ByteBuffer bytes = TestBatches.batch(end, count, epoch);
        batches.add(new Batch(end, end + count, epoch, bytes, SimulatedLog.describe(bytes)));
        written.add(batches.get(batches.size() - 1));
        end += count;
    }

    /**
     * Compaction leaves gaps; here only between batches of one epoch. Followers date an epoch from its first batch, so
     * behind a gap at the very place of a cut Kafka's own divergence check looks too late.
     */
    private boolean isWithinEpoch() {
        return !batches.isEmpty() && batches.get(batches.size() - 1).epoch() == epoch;
    }

    /** A replica goes away and will hear of nothing that happens from now on; only of a log without gaps. */
    void leaveOneBehind() {
        if (hasGaps()) {
            return;
        }
        away = new SimulatedSource(random);
        away.batches.addAll(batches);
        away.epochs.clear();
        away.epochs.putAll(epochs);
        away.start = start;
        away.end = end;
    }

    private boolean hasGaps() {
        for (int i = 1; i < batches.size(); i++) {
            if (batches.get(i).base() != batches.get(i - 1).next()) {
                return true;
            }
        }
        return false;
    }

    /** The replica that was away becomes leader: it lacks the tail, and holds what was deleted since; false if none was. */
    boolean electTheOneLeftBehind() {
        if (away == null) {
            return false;
        }
        batches.clear();
        batches.addAll(away.batches);
        epochs.clear();
        epochs.putAll(away.epochs);
        start = away.start;
        end = away.end;
        away = null;
        wentBack = true;
        end = batches.isEmpty() ? end : batches.get(batches.size() - 1).next();
        begin();
        return true;
    }

    /** A replica that lacks the tail becomes leader; with nothing to lose, a clean election. */
    void elect(boolean unclean) {
        long keep = end;
        if (unclean && !batches.isEmpty()) {
            Batch first = batches.get(Math.max(0, batches.size() - 1 - random.nextInt(6)));
            keep = Math.max(first.base(), start);
        }
        long newEnd = keep;
        batches.removeIf(batch -> batch.base() >= newEnd);
        end = batches.isEmpty()
                ? newEnd
                : Math.max(start, batches.get(batches.size() - 1).next());
        begin();
    }

    private void begin() {
        epochs.values().removeIf(offset -> offset >= end && offset > 0);
        epoch += 1 + random.nextInt(3);
        epochs.put(epoch, end);
    }

    void deleteHead() {
        start = Math.min(end, start + random.nextInt(40));
        written.stream().filter(batch -> batch.base() < start).forEach(batch -> deleted.add(batch.described()));
        batches.removeIf(batch -> batch.next() <= start);
        start = batches.isEmpty() ? end : Math.max(start, batches.get(0).base());
        Map.Entry<Integer, Long> floor = null;
        for (Map.Entry<Integer, Long> entry : epochs.entrySet()) {
            floor = entry.getValue() <= start ? entry : floor;
        }
        if (floor != null) {
            int oldest = floor.getKey();
            epochs.headMap(oldest).clear();
            epochs.put(oldest, start);
        }
    }

    /** As {@code LeaderEpochFileCache.endOffsetFor}. */
    EpochEnd epochEnd(int asked) {
        if (asked == epoch) {
            return new EpochEnd(Errors.NONE, asked, end);
        }
        Map.Entry<Integer, Long> higher = epochs.higherEntry(asked);
        if (higher == null) {
            return new EpochEnd(Errors.NONE, -1, -1);
        }
        Map.Entry<Integer, Long> floor = epochs.floorEntry(asked);
        return new EpochEnd(Errors.NONE, floor == null ? asked : floor.getKey(), higher.getValue());
    }

    Fetched fetch(long offset, int lastEpoch, int leaderEpoch) {
        if (leaderEpoch != epoch) {
            return failed(Errors.FENCED_LEADER_EPOCH);
        }
        if (lastEpoch >= 0) {
            EpochEnd known = epochEnd(lastEpoch);
            if (known.epoch() < 0 || offset < start) {
                return failed(Errors.OFFSET_OUT_OF_RANGE);
            }
            if (known.epoch() < lastEpoch || known.endOffset() < offset) {
                return new Fetched(
                        Errors.NONE, end, start, known.epoch(), known.endOffset(), -1, ByteBuffer.allocate(0));
            }
        }
        if (offset < start || offset > end) {
            return failed(Errors.OFFSET_OUT_OF_RANGE);
        }
        return new Fetched(Errors.NONE, end, start, -1, -1, -1, data(offset));
    }

    private ByteBuffer data(long offset) {
        List<Batch> found = batches.stream()
                .filter(batch -> batch.next() > offset)
                .limit(1 + random.nextInt(4))
                .toList();
        // Copied: what is fetched is rewritten in place.
        ByteBuffer bytes = TestBatches.join(found.stream().map(Batch::bytes).toArray(ByteBuffer[]::new));
        if (found.size() > 1 && random.nextBoolean()) {
            bytes.limit(bytes.limit()
                    - random.nextInt(found.get(found.size() - 1).bytes().remaining()));
        }
        return bytes;
    }

    private static Fetched failed(Errors error) {
        return new Fetched(error, -1, -1, -1, -1, -1, ByteBuffer.allocate(0));
    }
}
