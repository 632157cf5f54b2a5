// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import kafka.cluster.Partition;
import kafka.server.ReplicaManager;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.ProduceResponse.PartitionResponse;
import org.apache.kafka.server.LogAppendResult;
import org.apache.kafka.server.common.RequestLocal;
import org.apache.kafka.server.common.TransactionVersion;
import org.apache.kafka.server.replica.Replica;
import org.apache.kafka.server.replica.ReplicaState;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.EpochEntry;
import org.apache.kafka.storage.internals.log.LogSegment;
import org.apache.kafka.storage.internals.log.LogStartOffsetIncrementReason;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.internals.log.VerificationGuard;
import scala.Option;
import scala.runtime.BoxedUnit;

/**
 * A replica of Kafka 4.3. Refers to one incarnation of the topic: once that is gone from this broker, reads throw an
 * {@link org.apache.kafka.common.errors.ApiException} and appends fail with {@link AppendException.Kind#NOT_LEADER}.
 *
 * <p>Appends go through the replica manager, so that waiting fetches of followers and consumers are completed, with the
 * origin RAFT_LEADER, the only one for which a leader keeps the offsets it is given. It takes batches that leave a gap
 * after the log end, and refuses those that begin before it or do not carry the current leader epoch.
 */
final class KafkaLocalPartition implements LocalPartition {
    private static final short LEADER_ONLY = 1;
    private static final short ALL_IN_SYNC = -1;
    /** An append holds the log's lock, for which the fetches of followers wait on the broker's request threads. */
    private static final int MAX_APPEND_BYTES = 4 << 20;

    private final ReplicaManager replicas;
    private final Partition partition;
    private final TopicIdPartition id;

    KafkaLocalPartition(ReplicaManager replicas, Partition partition) {
        this.replicas = replicas;
        this.partition = partition;
        this.id = new TopicIdPartition(partition.topicId().get(), partition.topicPartition());
    }

    @Override
    public TopicPartition topicPartition() {
        return id.topicPartition();
    }

    @Override
    public Uuid topicId() {
        return id.topicId();
    }

    @Override
    public OptionalInt leaderEpoch() {
        int epoch = partition.getLeaderEpoch();
        boolean leads = partition.leaderLogIfLocal().isDefined();
        // The two are not read together; a change in between is reported as not leading, and settles on the next call.
        return leads && epoch == partition.getLeaderEpoch() ? OptionalInt.of(epoch) : OptionalInt.empty();
    }

    @Override
    public long logStartOffset() {
        return replicaLog().logStartOffset();
    }

    @Override
    public long logEndOffset() {
        return replicaLog().logEndOffset();
    }

    @Override
    public long highWatermark() {
        return replicaLog().highWatermark();
    }

    @Override
    public long epochStart(int leaderEpoch) {
        UnifiedLog log = replicaLog();
        return log.leaderEpochCache().epochEntries().stream()
                .filter(entry -> entry.epoch() == leaderEpoch)
                .mapToLong(EpochEntry::startOffset)
                .findFirst()
                .orElseGet(log::logEndOffset);
    }

    @Override
    public SortedMap<Integer, Long> epochStarts() {
        SortedMap<Integer, Long> starts = new TreeMap<>();
        replicaLog().leaderEpochCache().epochEntries().forEach(entry -> starts.put(entry.epoch(), entry.startOffset()));
        return starts;
    }

    @Override
    public void keepEpoch(int leaderEpoch) {
        try {
            if (lacks(leaderEpoch)) {
                LeaderLock.whileLeading(partition, leaderEpoch, () -> {
                    if (lacks(leaderEpoch)) {
                        beginEpoch(leaderEpoch);
                    }
                });
            }
        } catch (AppendException | ApiException e) {
            // Whoever leads now has begun its own; or the log is not here.
        }
    }

    private boolean lacks(int leaderEpoch) {
        return replicaLog().latestEpoch().orElse(-1) < leaderEpoch;
    }

    @Override
    public int maxAppendBytes() {
        return Math.min(MAX_APPEND_BYTES, replicaLog().config().segmentSize());
    }

    @Override
    public void append(ByteBuffer batches) throws AppendException {
        if (!batches.hasRemaining()) {
            return;
        }
        checkFits(batches);
        scala.collection.Map<TopicIdPartition, LogAppendResult> results = replicas.appendRecordsToLeader(
                LEADER_ONLY,
                true,
                AppendOrigin.RAFT_LEADER,
                entries(batches),
                RequestLocal.noCaching(),
                replicas.appendRecordsToLeader$default$6(),
                noGuards(),
                TransactionVersion.TV_0.featureLevel());
        replicas.tryCompleteActions();
        Throwable failure = results.apply(id).exception().orElse(null);
        if (failure != null) {
            throw AppendFailures.of(id, failure);
        }
    }

    @Override
    public CompletableFuture<Void> appendDurably(ByteBuffer batches, int timeoutMs) {
        CompletableFuture<Void> replicated = new CompletableFuture<>();
        try {
            checkFits(batches);
            appendRecords(batches, timeoutMs, response -> {
                if (response.error == Errors.NONE) {
                    replicated.complete(null);
                } else {
                    replicated.completeExceptionally(
                            AppendFailures.of(id, response.error.exception(response.errorMessage)));
                }
            });
        } catch (AppendException e) {
            replicated.completeExceptionally(e);
        } catch (RuntimeException e) {
            replicated.completeExceptionally(AppendFailures.of(id, e));
        }
        return replicated;
    }

    @Override
    public ByteBuffer read(long offset, int maxBytes) {
        return LogReads.read(replicaLog(), offset, maxBytes);
    }

    @Override
    public void truncateTo(long offset, int leaderEpoch) throws AppendException {
        LeaderLock.whileLeading(partition, leaderEpoch, () -> {
            // Below the log start there is nothing to cut; the log would move its start back.
            if (offset < replicaLog().logEndOffset()) {
                refuseWhileMoved();
                partition.truncateTo(LogReads.endBefore(replicaLog(), offset), false);
            }
            beginEpoch(leaderEpoch);
        });
    }

    @Override
    public void truncateFullyAndStartAt(long offset, int leaderEpoch) throws AppendException {
        LeaderLock.whileLeading(partition, leaderEpoch, () -> {
            boolean goesBack = offset < logStartOffset();
            if (goesBack || replicaLog().logEndOffset() > logStartOffset()) {
                refuseWhileMoved();
            }
            createIndexFiles();
            partition.truncateFullyAndStartAt(offset, false, Optional.empty());
            if (goesBack) {
                replicas.logManager().checkpointLogStartOffsets();
            }
            beginEpoch(leaderEpoch);
        });
    }

    /**
     * The copy in the other log directory would not notice, and take this log's place with what was cut off here, or
     * without what comes before it.
     */
    private void refuseWhileMoved() throws AppendException {
        if (partition.futureLog().isDefined()) {
            throw new AppendException(
                    AppendException.Kind.BUSY,
                    id + " is being moved to another log directory, which has to end before",
                    null);
        }
    }

    /**
     * A new segment has no index files before something asks for them, and the log, when it drops the segment, warns of
     * each that is missing, with a stack trace.
     */
    private void createIndexFiles() {
        try {
            for (LogSegment segment : replicaLog().logSegments()) {
                if (!segment.offsetIndexFile().exists()) {
                    segment.offsetIndex();
                }
                if (!segment.timeIndexFile().exists()) {
                    segment.timeIndex();
                }
            }
        } catch (IOException e) {
            // Then there will be a warning, and nothing else.
        }
    }

    /**
     * Cutting a log drops the entry of the current epoch, and the next append would set it to its own first offset,
     * past any gap: a replica that was away would keep what it holds in that gap. The leader itself still believes that
     * its epoch began at the end it had before; until it got there again it would tell clients no offsets, and let no
     * replica come back in sync.
     */
    private void beginEpoch(int leaderEpoch) {
        UnifiedLog log = replicaLog();
        long end = log.logEndOffset();
        log.assignEpochStartOffset(leaderEpoch, end);
        partition.leaderEpochStartOffsetOpt_$eq(Option.apply(end));
    }

    @Override
    public boolean followersHold(long offset, long sinceMs, int leaderEpoch) {
        return isTrueOf(leaderEpoch, () -> {
            Set<Integer> inSync = partition.partitionState().maximalIsr();
            return inSync.contains(self()) && hold(inSync, offset, sinceMs);
        });
    }

    @Override
    public boolean replicasFollow(long sinceMs, int leaderEpoch) {
        return isTrueOf(leaderEpoch, () -> hold(partition.assignmentState().replicas(), 0, sinceMs));
    }

    /** A new leader epoch makes followers look as if they had fetched; it cannot begin meanwhile. */
    private boolean isTrueOf(int leaderEpoch, BooleanSupplier condition) {
        boolean[] holds = new boolean[1];
        try {
            LeaderLock.whileLeading(partition, leaderEpoch, () -> holds[0] = condition.getAsBoolean());
        } catch (AppendException e) {
            return false;
        }
        return holds[0];
    }

    /** Of {@code replicas}, those that follow this one. */
    private boolean hold(Collection<Integer> replicas, long offset, long sinceMs) {
        long end = logEndOffset();
        for (int replica : replicas) {
            if (replica == self()) {
                continue;
            }
            Option<Replica> follower = partition.getReplica(replica);
            if (follower.isEmpty() || !holds(follower.get().stateSnapshot(), offset, end, sinceMs)) {
                return false;
            }
        }
        return true;
    }

    private int self() {
        return replicas.config().brokerId();
    }

    /** A fetch that diverges is not noted, so one that is noted says that the follower's log is part of this one. */
    private static boolean holds(ReplicaState follower, long offset, long end, long sinceMs) {
        return follower.lastFetchTimeMs() > sinceMs
                && follower.logEndOffset() >= Math.max(0, offset)
                && follower.logEndOffset() <= end;
    }

    @Override
    public boolean hasFollowers() {
        return partition.remoteReplicas().nonEmpty();
    }

    /** Not as a follower: what this broker knew of the source may be older than what the leader has copied since. */
    @Override
    public void advanceLogStartOffset(long offset, int leaderEpoch) {
        try {
            LeaderLock.whileLeading(partition, leaderEpoch, () -> {
                UnifiedLog log = replicaLog();
                log.maybeIncrementLogStartOffset(
                        Math.min(offset, log.highWatermark()), LogStartOffsetIncrementReason.ClientRecordDeletion);
            });
        } catch (AppendException e) {
            // Another broker leads, and moves it.
        }
    }

    @Override
    public List<OpenTransaction> openTransactions() {
        return replicaLog().activeProducers().stream()
                .filter(producer -> producer.currentTxnStartOffset() >= 0)
                .map(producer -> new OpenTransaction(
                        producer.producerId(),
                        (short) producer.producerEpoch(),
                        producer.coordinatorEpoch(),
                        producer.currentTxnStartOffset()))
                .toList();
    }

    private UnifiedLog replicaLog() {
        return partition.localLogOrException();
    }

    private void appendRecords(ByteBuffer batches, int timeoutMs, Consumer<PartitionResponse> callback) {
        replicas.appendRecords(
                timeoutMs,
                ALL_IN_SYNC,
                true,
                AppendOrigin.RAFT_LEADER,
                entries(batches),
                responses -> {
                    callback.accept(responses.get(id));
                    return BoxedUnit.UNIT;
                },
                stats -> BoxedUnit.UNIT,
                RequestLocal.noCaching(),
                noGuards(),
                TransactionVersion.TV_0.featureLevel());
        replicas.tryCompleteActions();
    }

    /** What the log would find as well, found before it writes a stack trace into the broker's log for it. */
    private void checkFits(ByteBuffer batches) throws AppendException {
        if (batches.remaining() < BatchHeader.LOG_OVERHEAD + Integer.BYTES) {
            throw new AppendException(AppendException.Kind.CORRUPT, topicPartition() + ": not a whole batch", null);
        }
        int epoch = BatchHeader.leaderEpoch(batches, batches.position());
        OptionalInt current = leaderEpoch();
        if (current.isEmpty() || current.getAsInt() != epoch) {
            throw new AppendException(
                    AppendException.Kind.NOT_LEADER,
                    topicPartition() + ": batches of leader epoch " + epoch
                            + (current.isEmpty() ? ", not led by this broker" : ", led under " + current.getAsInt()),
                    null);
        }
        long baseOffset = BatchHeader.baseOffset(batches, batches.position());
        if (baseOffset < logEndOffset()) {
            throw new AppendException(
                    AppendException.Kind.UNEXPECTED_OFFSET,
                    topicPartition() + ": offset " + baseOffset + " is below the log end " + logEndOffset(),
                    null);
        }
    }

    private scala.collection.Map<TopicIdPartition, MemoryRecords> entries(ByteBuffer batches) {
        return new scala.collection.immutable.Map.Map1<>(id, MemoryRecords.readableRecords(batches.slice()));
    }

    @SuppressWarnings("unchecked")
    private static scala.collection.Map<TopicPartition, VerificationGuard> noGuards() {
        return (scala.collection.Map<TopicPartition, VerificationGuard>)
                (scala.collection.Map<?, ?>) scala.collection.immutable.Map$.MODULE$.empty();
    }
}
