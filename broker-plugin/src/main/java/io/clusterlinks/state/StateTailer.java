// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.state;

import io.clusterlinks.host.ClusterView.TopicView;
import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.host.RecordBatches;
import io.clusterlinks.host.RecordBatches.OffsetRecord;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.record.StateKey;
import io.clusterlinks.protocol.record.StateRecord;
import io.clusterlinks.protocol.record.StateRecords;
import io.clusterlinks.state.LinkImage.Change;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsTopic;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.ListOffsetsResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the state topic from its beginning, through its leader and up to the high watermark, and publishes each
 * image, after the snapshot that the fence needs is on disk. One thread. Until the end of the topic was reached once
 * the image is the snapshot's, and {@link #isCaughtUp()} is false.
 */
public final class StateTailer implements ImageSource, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StateTailer.class);
    private static final int FETCH_WAIT_MS = 500;
    private static final int FETCH_BYTES = 4 * 1024 * 1024;
    private static final int RESPONSE_TIMEOUT_MS = 3_000;
    private static final int RETRY_MS = 50;

    private final LocalBroker broker;
    private final SnapshotFile snapshot;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final Thread thread = new Thread(this::run, "cluster-link-state-tailer");

    private volatile LinkImage image;
    private volatile boolean caughtUp;
    private volatile boolean closed;

    // Owned by the thread.
    private Uuid topicId = Uuid.ZERO_UUID;
    private LinkImage replayed = LinkImage.EMPTY;
    /** Where the committed state ended when this broker began to read it; -1 until known. */
    private long firstEnd = -1;

    public StateTailer(LocalBroker broker, SnapshotFile snapshot, LinkImage initial) {
        this.broker = broker;
        this.snapshot = snapshot;
        this.image = initial;
        thread.setDaemon(true);
    }

    public void start() {
        thread.start();
    }

    @Override
    public LinkImage image() {
        return image;
    }

    @Override
    public boolean isCaughtUp() {
        return caughtUp;
    }

    @Override
    public void onChange(Runnable listener) {
        listeners.add(listener);
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        while (!closed) {
            try {
                if (!poll()) {
                    TimeUnit.MILLISECONDS.sleep(RETRY_MS);
                }
            } catch (InterruptedException e) {
                return;
            } catch (Exception e) {
                LOG.warn("Could not follow {}; trying again", StateTopic.NAME, e);
                try {
                    TimeUnit.MILLISECONDS.sleep(20 * RETRY_MS);
                } catch (InterruptedException interrupted) {
                    return;
                }
            }
        }
    }

    /** Fetches once. @return false if there was nowhere to fetch from */
    private boolean poll() throws InterruptedException, IOException {
        Optional<TopicView> topic = broker.cluster().topic(StateTopic.NAME);
        if (topic.isEmpty()) {
            onNoTopic();
            return false;
        }
        if (!topic.get().id().equals(topicId)) {
            topicId = topic.get().id();
            replayed = LinkImage.EMPTY;
            firstEnd = -1;
        }
        int leader = topic.get().partitions().get(0).leader();
        if (leader < 0) {
            return false;
        }
        if (!caughtUp && firstEnd < 0) {
            firstEnd = committedEnd(leader, topic.get().partitions().get(0).leaderEpoch());
            return firstEnd >= 0;
        }
        Optional<PartitionData> partition = fetch(leader);
        if (partition.isEmpty()) {
            return false;
        }
        return onFetched(partition.get());
    }

    private void onNoTopic() throws IOException {
        if (!caughtUp || image.nextOffset() > 0) {
            if (!image.links().isEmpty()) {
                LOG.error(
                        "{} does not exist any more: its {} links are gone",
                        StateTopic.NAME,
                        image.links().size());
            }
            replayed = LinkImage.EMPTY;
            publish();
        }
    }

    /**
     * End of what is committed, -1 if the leader does not know it yet: the high watermark of a new leader may lie below
     * what was committed before, and an image that ends there would lack mirrors.
     */
    private long committedEnd(int leader, int leaderEpoch) throws InterruptedException {
        ListOffsetsPartition latest = new ListOffsetsPartition()
                .setPartitionIndex(0)
                .setCurrentLeaderEpoch(leaderEpoch)
                .setTimestamp(ListOffsetsRequest.LATEST_TIMESTAMP);
        ListOffsetsRequest.Builder request = ListOffsetsRequest.Builder.forConsumer(
                        false, IsolationLevel.READ_UNCOMMITTED)
                .setTargetTimes(
                        List.of(new ListOffsetsTopic().setName(StateTopic.NAME).setPartitions(List.of(latest))));
        return send(leader, request)
                .map(response -> ((ListOffsetsResponse) response)
                        .topics()
                        .get(0)
                        .partitions()
                        .get(0))
                .filter(partition -> partition.errorCode() == Errors.NONE.code())
                .map(ListOffsetsPartitionResponse::offset)
                .orElse(-1L);
    }

    private Optional<AbstractResponse> send(int leader, AbstractRequest.Builder<? extends AbstractRequest> request)
            throws InterruptedException {
        try {
            return Optional.of(
                    broker.stateTail().send(leader, request).get(RESPONSE_TIMEOUT_MS, TimeUnit.MILLISECONDS));
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("Broker {} did not answer about {}", leader, StateTopic.NAME, e);
            return Optional.empty();
        }
    }

    private Optional<PartitionData> fetch(int leader) throws InterruptedException {
        FetchRequest.PartitionData want = new FetchRequest.PartitionData(
                topicId, replayed.nextOffset(), FetchRequest.INVALID_LOG_START_OFFSET, FETCH_BYTES, Optional.empty());
        FetchRequest.Builder request = FetchRequest.Builder.forConsumer(
                        ApiKeys.FETCH.latestVersion(), FETCH_WAIT_MS, 1, Map.of(StateTopic.PARTITION, want))
                .setMaxBytes(FETCH_BYTES);
        return send(leader, request)
                .map(FetchResponse.class::cast)
                .filter(response -> response.error() == Errors.NONE)
                .filter(response -> !response.data().responses().isEmpty())
                .map(response -> response.data().responses().get(0).partitions().get(0));
    }

    private boolean onFetched(PartitionData partition) throws IOException {
        Errors error = Errors.forCode(partition.errorCode());
        if (error == Errors.OFFSET_OUT_OF_RANGE) {
            LOG.warn("{} does not hold offset {}; reading it from its start", StateTopic.NAME, replayed.nextOffset());
            replayed = LinkImage.EMPTY.apply(List.of(), partition.logStartOffset());
            return false;
        }
        if (error != Errors.NONE) {
            LOG.debug("Fetch from {}: {}", StateTopic.NAME, error);
            return false;
        }
        replayed = replay(RecordBatches.of(partition));
        boolean atEnd = replayed.nextOffset() >= Math.max(partition.highWatermark(), firstEnd);
        if (atEnd && (replayed != image || !caughtUp)) {
            publish();
        }
        return true;
    }

    private LinkImage replay(ByteBuffer batches) {
        if (!batches.hasRemaining()) {
            return replayed;
        }
        List<Change> changes = new ArrayList<>();
        for (OffsetRecord record : RecordBatches.read(batches)) {
            if (record.offset() >= replayed.nextOffset()) {
                parse(record).ifPresent(changes::add);
            }
        }
        return replayed.apply(changes, RecordBatches.nextOffset(batches, replayed.nextOffset()));
    }

    private static Optional<Change> parse(OffsetRecord record) {
        try {
            StateKey key = StateRecords.parseKey(record.key());
            StateRecord value = record.value() == null ? null : StateRecords.parseValue(key, record.value());
            return Optional.of(new Change(key, value));
        } catch (LinkException e) {
            // Written by a newer version, or by hand: what this broker cannot understand it leaves alone.
            LOG.error(
                    "Record at offset {} of {} is not understood: {}",
                    record.offset(),
                    StateTopic.NAME,
                    e.getMessage());
            return Optional.empty();
        }
    }

    private void publish() throws IOException {
        saveIfFenceChanges(replayed);
        image = replayed;
        caughtUp = true;
        listeners.forEach(Runnable::run);
    }

    /**
     * A topic must be in the snapshot before the coordinator hears that this broker knows it as a mirror. A snapshot
     * that names too many is harmless: it is only used until the state topic was read.
     */
    private void saveIfFenceChanges(LinkImage newImage) throws IOException {
        if (!caughtUp || !fenced(image).equals(fenced(newImage))) {
            snapshot.save(newImage);
        }
    }

    private static Set<String> fenced(LinkImage image) {
        return image.mirrors().stream()
                .filter(mirror -> mirror.state().isReadOnly())
                .map(mirror -> mirror.topic())
                .collect(Collectors.toSet());
    }
}
