// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.AppendException;
import io.clusterlinks.host.LocalPartition;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.record.internal.MutableRecordBatch;

/** A log in memory that checks what the broker's log checks. Fails on demand. */
final class FakeLog implements LocalPartition {
    private final TopicPartition id;
    final List<MutableRecordBatch> batches = new ArrayList<>();
    final List<OpenTransaction> open = new ArrayList<>();
    int leaderEpoch = 1;
    long start;
    long end;
    /** High watermark; follows the end while it is null. */
    Long highWatermark;
    /** Where the leader epoch begins; null if it is the log end. */
    Long epochStart;

    AppendException nextFailure;
    /** Thrown by the next append. */
    Error nextError;

    int appends;
    int maxAppendBytes = 100_000;
    /** So often they are found not to hold anything yet. */
    int looksBeforeFollowersHold;

    /** As when somebody has deleted the topic. */
    boolean gone;
    /** As when the broker runs out of memory; null if it does not. */
    Error broken;

    boolean followersCut = true;
    /** Whether replicas that are not in sync follow too. */
    boolean allFollow = true;

    boolean followed;

    FakeLog(TopicPartition id) {
        this.id = id;
    }

    /** Puts one batch there as if it had been copied before. */
    void append0(long baseOffset, int count, int epoch) {
        try {
            append(TestBatches.batch(baseOffset, count, epoch));
        } catch (AppendException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public TopicPartition topicPartition() {
        return id;
    }

    @Override
    public Uuid topicId() {
        return Uuid.ONE_UUID;
    }

    @Override
    public OptionalInt leaderEpoch() {
        return OptionalInt.of(leaderEpoch);
    }

    @Override
    public synchronized long logStartOffset() {
        return start;
    }

    @Override
    public synchronized long logEndOffset() {
        if (broken != null) {
            throw broken;
        }
        if (gone) {
            throw new NotLeaderOrFollowerException("the log is not here");
        }
        return end;
    }

    @Override
    public synchronized long highWatermark() {
        return highWatermark == null ? end : highWatermark;
    }

    @Override
    public synchronized long epochStart(int epoch) {
        return epochStart == null ? end : epochStart;
    }

    @Override
    public synchronized SortedMap<Integer, Long> epochStarts() {
        SortedMap<Integer, Long> starts = new TreeMap<>();
        batches.forEach(batch -> starts.putIfAbsent(batch.partitionLeaderEpoch(), batch.baseOffset()));
        return starts;
    }

    @Override
    public void keepEpoch(int leaderEpoch) {}

    @Override
    public int maxAppendBytes() {
        return maxAppendBytes;
    }

    @Override
    public synchronized void append(ByteBuffer bytes) throws AppendException {
        if (nextFailure != null) {
            AppendException failure = nextFailure;
            nextFailure = null;
            throw failure;
        }
        if (nextError != null) {
            Error error = nextError;
            nextError = null;
            throw error;
        }
        appends++;
        ByteBuffer copy =
                ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip();
        List<MutableRecordBatch> parsed = TestBatches.parse(copy);
        long next = end;
        for (MutableRecordBatch batch : parsed) {
            if (batch.baseOffset() < next) {
                throw new AppendException(
                        AppendException.Kind.UNEXPECTED_OFFSET, "end is " + next + ", got " + batch, null);
            }
            if (!batch.isValid()) {
                throw new AppendException(AppendException.Kind.CORRUPT, "CRC of " + batch, null);
            }
            if (batch.partitionLeaderEpoch() != leaderEpoch) {
                throw new AppendException(AppendException.Kind.NOT_LEADER, "epoch of " + batch, null);
            }
            next = batch.nextOffset();
            if (batch.isControlBatch()) {
                open.removeIf(transaction -> transaction.producerId() == batch.producerId());
            }
        }
        batches.addAll(parsed);
        end = next;
    }

    @Override
    public CompletableFuture<Void> appendDurably(ByteBuffer bytes, int timeoutMs) {
        throw new AssertionError("not asked for");
    }

    @Override
    public synchronized ByteBuffer read(long offset, int maxBytes) {
        ByteBuffer bytes = ByteBuffer.allocate(1_000_000);
        batches.stream()
                .filter(batch -> batch.nextOffset() > offset)
                .takeWhile(batch -> bytes.position() == 0 || bytes.position() + batch.sizeInBytes() <= maxBytes)
                .forEach(batch -> batch.writeTo(bytes));
        return bytes.flip();
    }

    @Override
    public synchronized void truncateTo(long offset, int epoch) throws AppendException {
        checkLeads(epoch);
        cut(offset);
    }

    /** Loses the tail. */
    synchronized void cut(long offset) {
        batches.removeIf(batch -> batch.nextOffset() > offset);
        end = Math.min(end, Math.max(start, offset));
    }

    @Override
    public synchronized void truncateFullyAndStartAt(long offset, int epoch) throws AppendException {
        checkLeads(epoch);
        batches.clear();
        start = offset;
        end = offset;
    }

    private void checkLeads(int epoch) throws AppendException {
        if (epoch != leaderEpoch) {
            throw new AppendException(AppendException.Kind.NOT_LEADER, "epoch " + epoch, null);
        }
    }

    @Override
    public boolean followersHold(long offset, long sinceMs, int epoch) {
        return followersCut && --looksBeforeFollowersHold < 0;
    }

    @Override
    public boolean replicasFollow(long sinceMs, int epoch) {
        return allFollow;
    }

    @Override
    public boolean hasFollowers() {
        return followed;
    }

    @Override
    public synchronized void advanceLogStartOffset(long offset, int leaderEpoch) {
        start = Math.max(start, Math.min(offset, highWatermark()));
    }

    @Override
    public synchronized List<OpenTransaction> openTransactions() {
        return List.copyOf(open);
    }
}
