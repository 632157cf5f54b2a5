// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.state;

import io.clusterlinks.host.ClusterView.PartitionView;
import io.clusterlinks.host.LocalBroker;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
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

/** What {@link StateTailer} asks the leader of the state topic. Blocks for seconds at most. */
final class StateReads {
    private static final Logger LOG = LoggerFactory.getLogger(StateReads.class);
    private static final int FETCH_WAIT_MS = 500;
    private static final int SHORT_WAIT_MS = 10;
    private static final int FETCH_BYTES = 4 * 1024 * 1024;
    private static final int RESPONSE_TIMEOUT_MS = 3_000;

    /** An offset that the leader does not know before enough replicas follow it again. */
    static final long UNDETERMINED = -2;

    private static final long REMIND_NS = TimeUnit.SECONDS.toNanos(30);

    private final LocalBroker broker;
    private long toldNs;

    StateReads(LocalBroker broker) {
        this.broker = broker;
        this.toldNs = System.nanoTime() - REMIND_NS;
    }

    /** Where the log starts, -1 if the leader does not answer. */
    long start(PartitionView leader) throws InterruptedException {
        return offset(leader, ListOffsetsRequest.EARLIEST_TIMESTAMP);
    }

    /**
     * End of what is committed; {@link #UNDETERMINED} if the leader does not know it yet: the high watermark of a new leader
     * may lie below what was committed before, and an image that ends there would lack mirrors. -1 if it does not answer.
     */
    long committedEnd(PartitionView leader) throws InterruptedException {
        return offset(leader, ListOffsetsRequest.LATEST_TIMESTAMP);
    }

    private long offset(PartitionView leader, long timestamp) throws InterruptedException {
        ListOffsetsPartition wanted = new ListOffsetsPartition()
                .setPartitionIndex(0)
                .setCurrentLeaderEpoch(leader.leaderEpoch())
                .setTimestamp(timestamp);
        ListOffsetsRequest.Builder request = ListOffsetsRequest.Builder.forConsumer(
                        false, IsolationLevel.READ_UNCOMMITTED)
                .setTargetTimes(
                        List.of(new ListOffsetsTopic().setName(StateTopic.NAME).setPartitions(List.of(wanted))));
        return send(leader.leader(), request)
                .map(response -> ((ListOffsetsResponse) response)
                        .topics()
                        .get(0)
                        .partitions()
                        .get(0))
                .filter(partition -> isAllowed(partition.errorCode()))
                .map(StateReads::offset)
                .orElse(-1L);
    }

    private static long offset(ListOffsetsPartitionResponse partition) {
        return switch (Errors.forCode(partition.errorCode())) {
            case NONE -> partition.offset();
            case OFFSET_NOT_AVAILABLE -> UNDETERMINED;
            default -> -1;
        };
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

    /**
     * What follows {@code offset}, empty if the leader does not answer. Waits a little while there is nothing, less if
     * somebody waits for the end.
     *
     * @param lastEpoch leader epoch of the batch before {@code offset}, -1 if none was read: the leader says whether it
     *     has that batch
     */
    Optional<PartitionData> fetch(int leader, Uuid topicId, long offset, int lastEpoch, boolean awaited)
            throws InterruptedException {
        FetchRequest.PartitionData want = new FetchRequest.PartitionData(
                topicId,
                offset,
                FetchRequest.INVALID_LOG_START_OFFSET,
                FETCH_BYTES,
                Optional.empty(),
                lastEpoch < 0 ? Optional.empty() : Optional.of(lastEpoch));
        FetchRequest.Builder request = FetchRequest.Builder.forConsumer(
                        ApiKeys.FETCH.latestVersion(),
                        awaited ? SHORT_WAIT_MS : FETCH_WAIT_MS,
                        1,
                        Map.of(StateTopic.PARTITION, want))
                .setMaxBytes(FETCH_BYTES);
        return send(leader, request)
                .map(FetchResponse.class::cast)
                .filter(response -> response.error() == Errors.NONE)
                .filter(response -> !response.data().responses().isEmpty())
                .map(response -> response.data().responses().get(0).partitions().get(0))
                .filter(partition -> isAllowed(partition.errorCode()));
    }

    private boolean isAllowed(short error) {
        boolean denied = error == Errors.TOPIC_AUTHORIZATION_FAILED.code();
        if (denied && System.nanoTime() - toldNs >= REMIND_NS) {
            toldNs = System.nanoTime();
            LOG.error(
                    "The brokers' own principal needs the ACL READ on TOPIC {}, or to be a super user: this broker cannot"
                            + " follow the state of cluster links",
                    StateTopic.NAME);
        }
        return !denied;
    }
}
