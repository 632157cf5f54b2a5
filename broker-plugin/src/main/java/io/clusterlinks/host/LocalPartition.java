// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;

/** A replica on this broker. Reads are safe from any thread; writes come from the one thread that owns the partition. */
public interface LocalPartition {
    TopicPartition topicPartition();

    Uuid topicId();

    /** The leader epoch, if this broker leads the partition. */
    OptionalInt leaderEpoch();

    long logStartOffset();

    long logEndOffset();

    long highWatermark();

    /** Where the log ended when this replica began to lead under {@code leaderEpoch}; its end if it did not. */
    long epochStart(int leaderEpoch);

    /**
     * The leader epochs that this log knows, with the offset at which each begins. A replica that leads begins one whether it
     * appends anything or not, and keeps it if the first record that comes lies further on.
     */
    SortedMap<Integer, Long> epochStarts();

    /**
     * Has the log know the leader epoch under which this broker leads. A log that takes the place of the one that it began to
     * lead with, from another log directory, does not until something is appended; replicas that were led under a later one
     * than it knows would be refused for as long.
     */
    void keepEpoch(int leaderEpoch);

    /** Bytes that one append should hold at most, unless a single batch is larger: a segment, and what is written soon. */
    int maxAppendBytes();

    /**
     * Appends whole magic-2 batches as they are, at the offsets they carry. Every batch must carry the partition's
     * current leader epoch. CRCs are checked; producer state and the aborted-transaction index are built from the
     * batches. Does not wait for followers.
     *
     * @param batches position to limit holds whole batches; the content is not changed
     * @throws AppendException if nothing was appended
     */
    void append(ByteBuffer batches) throws AppendException;

    /**
     * As {@link #append}, then waits until the high watermark has passed the batches. The future fails with an
     * {@link AppendException} if they were not appended, or not replicated within {@code timeoutMs}.
     */
    CompletableFuture<Void> appendDurably(ByteBuffer batches, int timeoutMs);

    /**
     * Reads whole batches from the local log, uncommitted ones included, up to the log end offset.
     *
     * @return batches from the one that holds {@code offset} on; empty at the log end
     */
    ByteBuffer read(long offset, int maxBytes);

    /**
     * Cuts this replica off where the last batch ends that lies before {@code offset} as a whole: a replica that is
     * copied from it, or read again after a restart, ends there too. Has {@code leaderEpoch} begin there, so that
     * followers that hold more find out. The log stays as it is if it does not reach {@code offset}.
     *
     * @throws AppendException NOT_LEADER if this broker does not lead the partition under {@code leaderEpoch} (any more)
     */
    void truncateTo(long offset, int leaderEpoch) throws AppendException;

    /**
     * Deletes everything and starts the log at {@code offset}; followers follow by themselves.
     *
     * @throws AppendException NOT_LEADER if this broker does not lead the partition under {@code leaderEpoch} (any more)
     */
    void truncateFullyAndStartAt(long offset, int leaderEpoch) throws AppendException;

    /**
     * Whether every in-sync follower has fetched after {@code sinceMs}, and then held everything before {@code offset}
     * and nothing that this log does not hold. False if this broker does not lead the partition under {@code
     * leaderEpoch}. The high watermark says less: a leader that is elected again without having heard that another led
     * in between goes by what it knew of its followers, and they may have cut that off.
     */
    boolean followersHold(long offset, long sinceMs, int leaderEpoch);

    /**
     * Whether every other replica that the partition is assigned to, in sync or not, has fetched after {@code sinceMs}, and
     * then held nothing that this log does not hold. False if this broker does not lead the partition under {@code
     * leaderEpoch}.
     */
    boolean replicasFollow(long sinceMs, int leaderEpoch);

    /** Whether another replica may fetch from this leader, one that a reassignment adds included. */
    boolean hasFollowers();

    /**
     * Moves the log start offset to {@code min(offset, highWatermark)} if that is forward, and this broker leads the
     * partition under {@code leaderEpoch}.
     */
    void advanceLogStartOffset(long offset, int leaderEpoch);

    /** Transactions with records in this log and no end marker yet. */
    List<OpenTransaction> openTransactions();

    /**
     * A transaction without an end marker.
     *
     * @param coordinatorEpoch epoch of the transaction coordinator that wrote the producer's last marker, -1 if none
     */
    record OpenTransaction(long producerId, short producerEpoch, int coordinatorEpoch, long firstOffset) {}
}
