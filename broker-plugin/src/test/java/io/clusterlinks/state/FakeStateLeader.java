// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.state;

import io.clusterlinks.host.BareBroker;
import io.clusterlinks.host.BrokerChannel;
import io.clusterlinks.host.RecordBatches;
import io.clusterlinks.host.RecordBatches.KeyValue;
import io.clusterlinks.protocol.record.StateRecord;
import io.clusterlinks.protocol.record.StateRecords;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsTopicResponse;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.ListOffsetsResponse;

/** A broker that follows the state topic of a leader in memory, which answers as Kafka does. Thread-safe. */
final class FakeStateLeader extends BareBroker {
    private static final Uuid TOPIC_ID = Uuid.ONE_UUID;
    private static final int LEADER = 2;

    /** What the next request ends with; null if it is answered. */
    final AtomicReference<Error> failure = new AtomicReference<>();

    /** Whether no request reaches it. */
    volatile boolean cutOff;

    /** How many requests did not. */
    final AtomicInteger unreached = new AtomicInteger();

    /** What happens before the next fetch. */
    final AtomicReference<Runnable> beforeFetch = new AtomicReference<>(() -> {});

    /** How often the end of the log was asked for in vain. */
    final AtomicInteger unknownEnds = new AtomicInteger();

    /** Who should have the log; the leader alone is in sync. */
    volatile List<Integer> replicas = List.of(LEADER);

    private record Entry(int epoch, StateRecord record) {}

    private final List<Entry> log = new ArrayList<>();
    private int epoch = 3;
    private long endOfNewLeader = Long.MAX_VALUE;

    synchronized void append(StateRecord... records) {
        for (StateRecord record : records) {
            log.add(new Entry(epoch, record));
        }
    }

    /** What the log cleaner does to what was replaced or deleted long ago. */
    synchronized void clean(int offset) {
        log.set(offset, new Entry(epoch, null));
    }

    /** Another leads, whose log is shorter, since nobody in sync was left, and which goes on with other records. */
    synchronized void loseTail(int end, StateRecord... instead) {
        log.subList(end, log.size()).clear();
        epoch += 2;
        append(instead);
    }

    /** The high watermark lies there; a new leader does not say where the log ends, since it does not know. */
    synchronized void commitTo(long offset) {
        endOfNewLeader = offset;
    }

    @Override
    public synchronized Optional<TopicView> topic(String name) {
        PartitionView partition = new PartitionView(LEADER, epoch, replicas, List.of(LEADER));
        return Optional.of(new TopicView(TOPIC_ID, name, List.of(partition)));
    }

    @Override
    public BrokerChannel stateTail() {
        return (node, request) -> {
            Error error = failure.getAndSet(null);
            if (error != null) {
                throw error;
            }
            if (cutOff) {
                unreached.incrementAndGet();
                return CompletableFuture.failedFuture(new DisconnectException());
            }
            return CompletableFuture.completedFuture(answer(request.build()));
        };
    }

    private synchronized AbstractResponse answer(AbstractRequest request) {
        return request instanceof FetchRequest fetch ? fetched(fetch) : offsets((ListOffsetsRequest) request);
    }

    private ListOffsetsResponse offsets(ListOffsetsRequest request) {
        long timestamp = request.topics().get(0).partitions().get(0).timestamp();
        ListOffsetsPartitionResponse partition = new ListOffsetsPartitionResponse();
        if (timestamp == ListOffsetsRequest.EARLIEST_TIMESTAMP) {
            partition.setOffset(0);
        } else if (endOfNewLeader < log.size()) {
            unknownEnds.incrementAndGet();
            partition.setErrorCode(Errors.OFFSET_NOT_AVAILABLE.code());
        } else {
            partition.setOffset(log.size());
        }
        ListOffsetsTopicResponse topic =
                new ListOffsetsTopicResponse().setName(StateTopic.NAME).setPartitions(List.of(partition));
        return new ListOffsetsResponse(new ListOffsetsResponseData().setTopics(List.of(topic)));
    }

    private FetchResponse fetched(FetchRequest request) {
        beforeFetch.getAndSet(() -> {}).run();
        FetchPartition want = request.data().topics().get(0).partitions().get(0);
        FetchResponseData.PartitionData partition = new FetchResponseData.PartitionData()
                .setPartitionIndex(0)
                .setHighWatermark(end())
                .setLogStartOffset(0)
                .setRecords(MemoryRecords.EMPTY);
        long lastEnd = want.lastFetchedEpoch() < 0 ? Long.MAX_VALUE : endOf(want.lastFetchedEpoch());
        if (lastEnd < want.fetchOffset()) {
            partition.setDivergingEpoch(new FetchResponseData.EpochEndOffset()
                    .setEpoch(want.lastFetchedEpoch())
                    .setEndOffset(lastEnd));
        } else if (want.fetchOffset() < 0 || want.fetchOffset() > log.size()) {
            partition
                    .setErrorCode(Errors.OFFSET_OUT_OF_RANGE.code())
                    .setHighWatermark(-1)
                    .setLogStartOffset(-1);
        } else if (want.fetchOffset() < end()) {
            partition.setRecords(records((int) want.fetchOffset()));
        }
        LinkedHashMap<TopicIdPartition, FetchResponseData.PartitionData> partitions = new LinkedHashMap<>();
        partitions.put(new TopicIdPartition(TOPIC_ID, StateTopic.PARTITION), partition);
        return FetchResponse.of(Errors.NONE, 0, 0, partitions, List.of());
    }

    private long end() {
        return Math.min(endOfNewLeader, log.size());
    }

    /** Where records of later epochs begin. */
    private long endOf(int lastEpoch) {
        return log.stream().filter(entry -> entry.epoch() <= lastEpoch).count();
    }

    /** One record: whoever reads on must ask again. */
    private MemoryRecords records(int from) {
        int offset = from;
        while (log.get(offset).record() == null) {
            offset++;
        }
        Entry entry = log.get(offset);
        ByteBuffer batch = RecordBatches.data(
                offset,
                entry.epoch(),
                0,
                List.of(new KeyValue(StateRecords.key(entry.record().key()), StateRecords.value(entry.record()))));
        return MemoryRecords.readableRecords(batch);
    }
}
