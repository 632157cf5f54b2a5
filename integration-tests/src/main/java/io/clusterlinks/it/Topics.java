// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ElectionNotNeededException;

/** What tests ask of a cluster about topics, each in one blocking call with stock clients. */
public final class Topics {
    private Topics() {}

    public static void create(Admin admin, String topic, int partitions, Map<String, String> configs) {
        NewTopic newTopic = new NewTopic(topic, Optional.of(partitions), Optional.empty()).configs(configs);
        get(admin.createTopics(List.of(newTopic)).all());
        Await.until(
                topic + " is there",
                Duration.ofSeconds(20),
                () -> partitions(admin, topic).size() == partitions);
    }

    public static List<TopicPartition> partitions(Admin admin, String topic) {
        return infos(admin, topic).stream()
                .map(partition -> new TopicPartition(topic, partition.partition()))
                .toList();
    }

    public static boolean exists(Admin admin, String topic) {
        return get(admin.listTopics(new ListTopicsOptions().listInternal(true)).names())
                .contains(topic);
    }

    public static Map<TopicPartition, Long> starts(Admin admin, Collection<TopicPartition> partitions) {
        return offsets(admin, partitions, OffsetSpec.earliest(), IsolationLevel.READ_UNCOMMITTED);
    }

    /** High watermarks under read_uncommitted, last stable offsets under read_committed. */
    public static Map<TopicPartition, Long> ends(
            Admin admin, Collection<TopicPartition> partitions, IsolationLevel isolation) {
        return offsets(admin, partitions, OffsetSpec.latest(), isolation);
    }

    private static Map<TopicPartition, Long> offsets(
            Admin admin, Collection<TopicPartition> partitions, OffsetSpec spec, IsolationLevel isolation) {
        Map<TopicPartition, OffsetSpec> specs =
                partitions.stream().collect(Collectors.toMap(partition -> partition, partition -> spec));
        // A client that has once heard of a leader asks it, also one that is gone, until a call has timed out.
        ListOffsetsOptions options = new ListOffsetsOptions(isolation).timeoutMs(5_000);
        Map<TopicPartition, Long> offsets = new HashMap<>();
        Await.untilPasses(Duration.ofSeconds(30), () -> get(admin.listOffsets(specs, options)
                        .all())
                .forEach((partition, info) -> offsets.put(partition, info.offset())));
        return offsets;
    }

    /** Lets the preferred replica of each partition lead, where it does not, and waits until it does. */
    public static void electPreferredLeaders(Admin admin, String topic) {
        Set<TopicPartition> partitions = Set.copyOf(partitions(admin, topic));
        Await.untilPasses(Duration.ofSeconds(30), () -> {
            get(admin.electLeaders(ElectionType.PREFERRED, partitions).partitions())
                    .forEach((partition, failure) -> failure.ifPresent(cause -> {
                        if (!(cause instanceof ElectionNotNeededException)) {
                            throw new AssertionError(partition + ": " + cause);
                        }
                    }));
            if (!leaders(admin, topic).equals(preferredLeaders(admin, topic))) {
                throw new AssertionError(topic + " is led by " + leaders(admin, topic));
            }
        });
    }

    /** Lets the replica lead that comes after the leader, once all are in sync, and waits until it does. */
    public static void moveLeader(Admin admin, TopicPartition partition) {
        Await.until("all replicas of " + partition + " are in sync", Duration.ofSeconds(60), () -> {
            TopicPartitionInfo info = infos(admin, partition.topic()).get(partition.partition());
            return info.leader() != null && info.isr().size() == info.replicas().size();
        });
        TopicPartitionInfo info = infos(admin, partition.topic()).get(partition.partition());
        List<Integer> order =
                new ArrayList<>(info.replicas().stream().map(Node::id).toList());
        Collections.rotate(order, -1 - order.indexOf(info.leader().id()));
        get(admin.alterPartitionReassignments(Map.of(partition, Optional.of(new NewPartitionReassignment(order))))
                .all());
        Await.until(order.get(0) + " leads " + partition, Duration.ofSeconds(60), () -> {
            get(admin.electLeaders(ElectionType.PREFERRED, Set.of(partition)).partitions());
            return leaders(admin, partition.topic()).get(partition.partition()).equals(order.get(0));
        });
    }

    /** Ids of the brokers that lead, in the order of partitions; -1 for none. */
    public static List<Integer> leaders(Admin admin, String topic) {
        return infos(admin, topic).stream()
                .map(info -> info.leader() == null ? -1 : info.leader().id())
                .toList();
    }

    private static List<Integer> preferredLeaders(Admin admin, String topic) {
        return infos(admin, topic).stream()
                .map(info -> info.replicas().get(0).id())
                .toList();
    }

    public static List<TopicPartitionInfo> infos(Admin admin, String topic) {
        return get(admin.describeTopics(List.of(topic)).allTopicNames())
                .get(topic)
                .partitions();
    }

    /** Sets dynamic topic configs; a null value deletes the key. */
    public static void alter(Admin admin, String topic, Map<String, String> configs) {
        get(alterAsync(admin, topic, configs));
    }

    public static KafkaFuture<Void> alterAsync(Admin admin, String topic, Map<String, String> configs) {
        List<AlterConfigOp> ops = new ArrayList<>();
        configs.forEach((key, value) -> ops.add(new AlterConfigOp(
                new ConfigEntry(key, value), value == null ? AlterConfigOp.OpType.DELETE : AlterConfigOp.OpType.SET)));
        return admin.incrementalAlterConfigs(Map.of(resource(topic), ops)).all();
    }

    /** Entries of a resource of type TOPIC by name, reserved names included. */
    public static Map<String, String> describe(Admin admin, String resource) {
        Map<String, String> values = new HashMap<>();
        get(admin.describeConfigs(List.of(resource(resource))).all())
                .get(resource(resource))
                .entries()
                .forEach(entry -> values.put(entry.name(), entry.value()));
        return values;
    }

    public static ConfigResource resource(String name) {
        return new ConfigResource(ConfigResource.Type.TOPIC, name);
    }

    /** The value of a future; failures are unwrapped. */
    public static <T> T get(Future<T> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
