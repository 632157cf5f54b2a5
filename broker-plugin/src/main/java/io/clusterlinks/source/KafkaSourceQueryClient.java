// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.record.LinkRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.ListOffsetsRequestData.ListOffsetsPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderPartition;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopic;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData.OffsetForLeaderTopicCollection;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.ListOffsetsResponse;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.requests.OffsetsForLeaderEpochRequest;
import org.apache.kafka.common.requests.OffsetsForLeaderEpochResponse;
import org.apache.kafka.common.utils.Time;

/** Asks metadata and offsets over low-level requests: the public Admin client does not tell leader epochs. */
final class KafkaSourceQueryClient implements SourceQueryClient {
    private static final short CONSUMER_EPOCH_VERSION = 3;

    private final String link;
    private final NodeTurns turns;
    private final SourceConnection connection;
    private final List<Node> bootstrap;
    private List<Node> known = List.of();

    KafkaSourceQueryClient(LinkRecord link, LinkConfig config, Time time) {
        this.link = link.link();
        this.turns = new NodeTurns(time);
        this.connection = new SourceConnection(link, config, "cluster-link-" + link.link() + "-queries", time);
        this.bootstrap = SourceConnection.bootstrapNodes(config);
    }

    @Override
    public SourceMetadata metadata(Set<String> topics, Duration timeout) {
        List<Node> nodes = new ArrayList<>(known);
        nodes.addAll(bootstrap);
        Set<Integer> failed = new HashSet<>();
        List<LinkException> failures = new ArrayList<>();
        List<SourceMetadata> answer = new ArrayList<>();
        turns.take(nodes, (int) timeout.toMillis(), (node, timeoutMs) -> {
            try {
                answer.add(metadata(node, failed, topics, timeoutMs));
                return true;
            } catch (LinkException e) {
                failed.add(node.id());
                failures.add(e);
                return false;
            }
        });
        if (answer.isEmpty()) {
            throw failures.stream()
                    .filter(KafkaSourceQueryClient::isStranger)
                    .reduce((one, later) -> later)
                    .orElse(failures.get(0));
        }
        return answer.get(0);
    }

    private static boolean isStranger(LinkException failure) {
        return failure.error() == Errors.INCONSISTENT_CLUSTER_ID;
    }

    private SourceMetadata metadata(Node node, Set<Integer> failed, Set<String> topics, int timeoutMs) {
        MetadataResponse response = (MetadataResponse)
                send(node, MetadataRequest.Builder.forTopicNames(new ArrayList<>(topics), false), timeoutMs);
        Map<Integer, Node> brokers = response.brokersById();
        if (brokers.isEmpty()) {
            throw new LinkException(
                    Errors.BROKER_NOT_AVAILABLE,
                    "Source of link " + link + ": " + SourceConnection.address(node)
                            + " names no brokers; it may be starting, or a controller: check bootstrap.servers.");
        }
        known = nextOrder(known, brokers.values(), node.id(), failed);
        Map<String, SourceMetadata.Topic> byName = new HashMap<>();
        for (MetadataResponse.TopicMetadata topic : response.topicMetadata()) {
            Map<Integer, SourceMetadata.Leader> leaders = new HashMap<>();
            topic.partitionMetadata()
                    .forEach(partition -> leaders.put(
                            partition.partition(),
                            new SourceMetadata.Leader(
                                    partition.leaderId.orElse(-1), partition.leaderEpoch.orElse(-1))));
            byName.put(topic.topic(), new SourceMetadata.Topic(topic.error(), topic.topicId(), leaders));
        }
        return new SourceMetadata(node.id(), brokers, byName);
    }

    /**
     * In which order to ask the next time: another node than the one that answered, for one that is cut off from the others
     * would tell the same for ever; those that failed last.
     */
    static List<Node> nextOrder(List<Node> known, Collection<Node> brokers, int answered, Set<Integer> failed) {
        List<Node> order = new ArrayList<>(known);
        order.retainAll(brokers);
        brokers.stream().filter(broker -> !order.contains(broker)).forEach(order::add);
        order.sort(
                Comparator.comparingInt(broker -> failed.contains(broker.id()) ? 2 : broker.id() == answered ? 1 : 0));
        return order;
    }

    @Override
    public Map<TopicPartition, Offset> offsets(
            Node leader, Map<TopicPartition, Integer> leaderEpochs, long timestampMs, Duration timeout) {
        Map<TopicPartition, ListOffsetsPartition> targets = new HashMap<>();
        leaderEpochs.forEach((partition, epoch) -> targets.put(
                partition,
                new ListOffsetsPartition()
                        .setPartitionIndex(partition.partition())
                        .setTimestamp(timestampMs)
                        .setCurrentLeaderEpoch(epoch)));
        int timeoutMs = (int) timeout.toMillis();
        ListOffsetsResponse response = (ListOffsetsResponse) send(
                leader,
                ListOffsetsRequest.Builder.forConsumer(true, IsolationLevel.READ_UNCOMMITTED)
                        .setTargetTimes(ListOffsetsRequest.toListOffsetsTopics(targets))
                        .setTimeoutMs(timeoutMs),
                timeoutMs);
        Map<TopicPartition, Offset> offsets = new HashMap<>();
        response.topics().forEach(topic -> topic.partitions()
                .forEach(partition -> offsets.put(
                        new TopicPartition(topic.name(), partition.partitionIndex()),
                        new Offset(Errors.forCode(partition.errorCode()), partition.offset()))));
        return offsets;
    }

    @Override
    public Map<TopicPartition, EpochEnd> epochEnds(
            Node leader, Map<TopicPartition, EpochQuery> queries, Duration timeout) {
        int timeoutMs = (int) timeout.toMillis();
        connection.connectTo(leader, timeoutMs);
        if (connection.usableVersion(leader, ApiKeys.OFFSET_FOR_LEADER_EPOCH) < CONSUMER_EPOCH_VERSION) {
            return Map.of();
        }
        OffsetForLeaderTopicCollection topics = new OffsetForLeaderTopicCollection();
        queries.forEach((partition, query) -> {
            OffsetForLeaderTopic topic = topics.find(partition.topic());
            if (topic == null) {
                topic = new OffsetForLeaderTopic().setTopic(partition.topic());
                topics.add(topic);
            }
            topic.partitions()
                    .add(new OffsetForLeaderPartition()
                            .setPartition(partition.partition())
                            .setCurrentLeaderEpoch(query.leaderEpoch())
                            .setLeaderEpoch(query.epoch()));
        });
        OffsetsForLeaderEpochResponse response = (OffsetsForLeaderEpochResponse)
                send(leader, OffsetsForLeaderEpochRequest.Builder.forConsumer(topics), timeoutMs);
        Map<TopicPartition, EpochEnd> ends = new HashMap<>();
        response.data().topics().forEach(topic -> topic.partitions()
                .forEach(end -> ends.put(
                        new TopicPartition(topic.topic(), end.partition()),
                        new EpochEnd(Errors.forCode(end.errorCode()), end.leaderEpoch(), end.endOffset()))));
        return ends;
    }

    private AbstractResponse send(Node node, AbstractRequest.Builder<?> request, int timeoutMs) {
        return connection.send(node, request, timeoutMs).responseBody();
    }

    @Override
    public void shutdown() {
        connection.shutdown();
    }

    @Override
    public void close() {
        connection.close();
    }
}
