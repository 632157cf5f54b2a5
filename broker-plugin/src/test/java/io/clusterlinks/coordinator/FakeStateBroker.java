// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.host.AppendException;
import io.clusterlinks.host.AppendException.Kind;
import io.clusterlinks.host.BareBroker;
import io.clusterlinks.host.LocalPartition;
import io.clusterlinks.host.RecordBatches;
import io.clusterlinks.host.RecordBatches.OffsetRecord;
import io.clusterlinks.host.RequestChannel;
import io.clusterlinks.protocol.record.StateKey;
import io.clusterlinks.protocol.record.StateRecord;
import io.clusterlinks.protocol.record.StateRecords;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.LinkImage.Change;
import io.clusterlinks.state.StateTopic;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import org.apache.kafka.common.requests.CreateTopicsResponse;

/** A broker with a replica of the state topic in memory, which can lose leadership or fail to replicate. */
final class FakeStateBroker extends BareBroker implements LocalPartition {
    final List<OffsetRecord> log = new ArrayList<>();
    OptionalInt epoch = OptionalInt.empty();
    /** The next append lands in the log but is not confirmed. */
    boolean replicationFails;
    /** As with fewer in-sync replicas than the topic demands. */
    boolean tooFewReplicas;

    /** What the next append ends with; null if with an answer. */
    Error appendError;

    int appends;

    /** A coordinator before has written a record. */
    void put(StateRecord record) {
        log.add(new OffsetRecord(log.size(), StateRecords.key(record.key()), StateRecords.value(record)));
    }

    /** The image as a tailer would have read it. */
    LinkImage tail() {
        List<Change> changes = new ArrayList<>();
        for (OffsetRecord record : log) {
            StateKey key = StateRecords.parseKey(record.key());
            StateRecord value = record.value() == null ? null : StateRecords.parseValue(key, record.value());
            changes.add(new Change(key, value));
        }
        return LinkImage.EMPTY.apply(changes, log.size());
    }

    @Override
    public CompletableFuture<Void> appendDurably(ByteBuffer batches, int timeoutMs) {
        appends++;
        if (appendError != null) {
            throw appendError;
        }
        List<OffsetRecord> records = RecordBatches.read(batches);
        if (epoch.isEmpty() || batches.getInt(12) != epoch.getAsInt()) {
            return failed(Kind.NOT_LEADER);
        }
        if (records.get(0).offset() != log.size()) {
            return failed(Kind.UNEXPECTED_OFFSET);
        }
        if (tooFewReplicas) {
            return failed(Kind.TOO_FEW_REPLICAS);
        }
        log.addAll(records);
        return replicationFails ? failed(Kind.NOT_REPLICATED) : CompletableFuture.completedFuture(null);
    }

    private static CompletableFuture<Void> failed(Kind kind) {
        return CompletableFuture.failedFuture(new AppendException(kind, kind.name(), null));
    }

    @Override
    public Optional<LocalPartition> partition(TopicPartition partition) {
        return partition.equals(StateTopic.PARTITION) ? Optional.of(this) : Optional.empty();
    }

    @Override
    public OptionalInt leaderEpoch() {
        return epoch;
    }

    @Override
    public long logEndOffset() {
        return log.size();
    }

    /** Every topic exists, which this broker has not heard of. */
    @Override
    public RequestChannel controller() {
        return request -> {
            CreateTopicsResponseData data = new CreateTopicsResponseData();
            ((CreateTopicsRequest) request.build()).data().topics().forEach(topic -> data.topics()
                    .add(new CreatableTopicResult()
                            .setName(topic.name())
                            .setErrorCode(Errors.TOPIC_ALREADY_EXISTS.code())));
            return CompletableFuture.completedFuture(new CreateTopicsResponse(data));
        };
    }

    @Override
    public Optional<TopicView> topic(String name) {
        return Optional.empty();
    }

    @Override
    public String clusterId() {
        return "destination";
    }

    @Override
    public String kafkaVersion() {
        return "4.3.1";
    }

    @Override
    public Map<String, Object> settings() {
        return Map.of();
    }

    @Override
    public TopicPartition topicPartition() {
        return StateTopic.PARTITION;
    }

    @Override
    public Uuid topicId() {
        return Uuid.ONE_UUID;
    }

    @Override
    public long logStartOffset() {
        return 0;
    }

    @Override
    public long highWatermark() {
        return log.size();
    }

    @Override
    public long epochStart(int leaderEpoch) {
        return logEndOffset();
    }

    @Override
    public SortedMap<Integer, Long> epochStarts() {
        throw new AssertionError("not asked for");
    }

    @Override
    public void keepEpoch(int leaderEpoch) {}

    @Override
    public int maxAppendBytes() {
        return Integer.MAX_VALUE;
    }

    @Override
    public void append(ByteBuffer batches) {
        throw new AssertionError("the state is appended durably");
    }

    @Override
    public ByteBuffer read(long offset, int maxBytes) {
        throw new AssertionError("not asked for");
    }

    @Override
    public boolean replicasFollow(long sinceMs, int leaderEpoch) {
        throw new AssertionError("not asked for");
    }

    @Override
    public boolean hasFollowers() {
        throw new AssertionError("not asked for");
    }

    @Override
    public boolean followersHold(long offset, long sinceMs, int leaderEpoch) {
        throw new AssertionError("not asked for");
    }

    @Override
    public void truncateTo(long offset, int leaderEpoch) {
        throw new AssertionError("not asked for");
    }

    @Override
    public void truncateFullyAndStartAt(long offset, int leaderEpoch) {
        throw new AssertionError("not asked for");
    }

    @Override
    public void advanceLogStartOffset(long offset, int leaderEpoch) {
        throw new AssertionError("not asked for");
    }

    @Override
    public List<OpenTransaction> openTransactions() {
        return List.of();
    }
}
