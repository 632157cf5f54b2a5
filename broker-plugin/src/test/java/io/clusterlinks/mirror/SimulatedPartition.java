// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.AppendException;
import io.clusterlinks.host.LocalPartition;
import io.clusterlinks.mirror.SimulatedCluster.Follower;
import io.clusterlinks.mirror.SimulatedCluster.Node;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.MutableRecordBatch;

/** A replica as its broker's plugin sees it, with the checks of the broker. */
final class SimulatedPartition implements LocalPartition {
    private final TopicPartition id;
    private final Uuid topicId;
    private final SimulatedCluster cluster;
    private final Node node;
    /** Runs before each append. */
    private final Runnable onAppend;

    AppendException nextFailure;

    SimulatedPartition(TopicPartition id, Uuid topicId, SimulatedCluster cluster, Node node, Runnable onAppend) {
        this.id = id;
        this.topicId = topicId;
        this.cluster = cluster;
        this.node = node;
        this.onAppend = onAppend;
    }

    @Override
    public TopicPartition topicPartition() {
        return id;
    }

    @Override
    public Uuid topicId() {
        return topicId;
    }

    @Override
    public OptionalInt leaderEpoch() {
        return node.leads() ? OptionalInt.of(node.heard.epoch()) : OptionalInt.empty();
    }

    @Override
    public long logStartOffset() {
        return node.log.start;
    }

    @Override
    public long logEndOffset() {
        return node.log.end;
    }

    @Override
    public long highWatermark() {
        return node.log.highWatermark;
    }

    @Override
    public long epochStart(int leaderEpoch) {
        return node.log.epochs.getOrDefault(leaderEpoch, node.log.end);
    }

    @Override
    public SortedMap<Integer, Long> epochStarts() {
        return node.log.epochs;
    }

    @Override
    public void keepEpoch(int leaderEpoch) {}

    @Override
    public int maxAppendBytes() {
        return 100_000;
    }

    @Override
    public void append(ByteBuffer bytes) throws AppendException {
        if (nextFailure != null) {
            AppendException failure = nextFailure;
            nextFailure = null;
            throw failure;
        }
        cluster.mayDie();
        ByteBuffer copy =
                ByteBuffer.allocate(bytes.remaining()).put(bytes.duplicate()).flip();
        for (MutableRecordBatch batch : TestBatches.parse(copy)) {
            checkLeads(batch.partitionLeaderEpoch());
            // Not before: one who led in another epoch, and has not heard yet that this is over, may try, and is
            // refused.
            onAppend.run();
            if (batch.baseOffset() < node.log.end) {
                throw new AppendException(AppendException.Kind.UNEXPECTED_OFFSET, "got " + batch, null);
            }
            ByteBuffer entry = ByteBuffer.allocate(batch.sizeInBytes());
            batch.writeTo(entry);
            node.log.append(SimulatedLog.Entry.of(
                    batch.baseOffset(), batch.nextOffset(), batch.partitionLeaderEpoch(), entry.flip()));
        }
        cluster.advanceHighWatermark(node);
        cluster.mayDie();
    }

    @Override
    public CompletableFuture<Void> appendDurably(ByteBuffer bytes, int timeoutMs) {
        throw new AssertionError("not asked for");
    }

    @Override
    public ByteBuffer read(long offset, int maxBytes) {
        // Only where the batch begins, and under which leader, is ever looked at.
        return node.log.from(offset, 1).stream()
                .map(entry -> ByteBuffer.allocate(BatchFormat.LEADER_EPOCH + Integer.BYTES)
                        .putLong(0, entry.base())
                        .putInt(BatchFormat.LEADER_EPOCH, entry.leaderEpoch()))
                .findFirst()
                .orElse(ByteBuffer.allocate(0));
    }

    @Override
    public void truncateTo(long offset, int leaderEpoch) throws AppendException {
        checkLeads(leaderEpoch);
        if (offset < node.log.end) {
            node.log.truncateTo(node.log.endBefore(offset));
        }
        cluster.mayDie();
        node.log.assign(leaderEpoch, node.log.end);
        cluster.mayDie();
    }

    @Override
    public void truncateFullyAndStartAt(long offset, int leaderEpoch) throws AppendException {
        checkLeads(leaderEpoch);
        node.log.startAt(offset);
        cluster.mayDie();
        node.log.assign(leaderEpoch, offset);
        cluster.mayDie();
    }

    private boolean leadsUnder(int epoch) {
        return node.leads() && node.heard.epoch() == epoch;
    }

    private void checkLeads(int epoch) throws AppendException {
        if (!leadsUnder(epoch)) {
            throw new AppendException(AppendException.Kind.NOT_LEADER, "epoch " + epoch, null);
        }
    }

    @Override
    public boolean followersHold(long offset, long sinceMs, int leaderEpoch) {
        for (int replica : node.inSync) {
            Follower follower = node.followers.get(replica);
            boolean holds = replica == node.id
                    || (follower != null
                            && follower.fetchedMs() > sinceMs
                            && follower.end() >= offset
                            && follower.end() <= node.log.end);
            if (!holds) {
                return false;
            }
        }
        return node.leads() && node.heard.epoch() == leaderEpoch;
    }

    @Override
    public boolean replicasFollow(long sinceMs, int leaderEpoch) {
        boolean follow = node.heard.replicas().stream()
                .filter(replica -> replica != node.id)
                .map(node.followers::get)
                .allMatch(follower ->
                        follower != null && follower.fetchedMs() > sinceMs && follower.end() <= node.log.end);
        return follow && node.leads() && node.heard.epoch() == leaderEpoch;
    }

    @Override
    public boolean hasFollowers() {
        return node.heard.replicas().size() > 1;
    }

    @Override
    public void advanceLogStartOffset(long offset, int leaderEpoch) {
        if (leadsUnder(leaderEpoch)) {
            node.log.advanceStart(offset);
        }
    }

    @Override
    public List<OpenTransaction> openTransactions() {
        return List.of();
    }
}
