// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.it.Await;
import io.clusterlinks.it.BrokerProcess;
import io.clusterlinks.it.LogComparison;
import io.clusterlinks.it.PartitionReader;
import io.clusterlinks.it.TestCluster;
import io.clusterlinks.it.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/** Compares the logs of all replicas, once nothing changes any more: none of it is tried again. */
final class ChaosLogs {
    private static final Duration SETTLED = Duration.ofSeconds(120);

    private final TestCluster source;
    private final TestCluster destination;

    ChaosLogs(TestCluster source, TestCluster destination) {
        this.source = source;
        this.destination = destination;
    }

    /**
     * Waits until a mirror has what the source has: partitions, starts, ends under both isolation levels.
     *
     * @param deleted up to where the source may show again what it had deleted, and the mirror does not
     */
    void awaitLevel(String sourceTopic, String topic, Map<TopicPartition, Long> deleted) {
        Await.untilPasses(SETTLED, () -> {
            Map<Integer, Range> wanted = ranges(source, sourceTopic);
            Map<Integer, Range> actual = ranges(destination, topic);
            boolean level = wanted.keySet().equals(actual.keySet())
                    && wanted.entrySet().stream().allMatch(entry -> actual.get(entry.getKey())
                            .isLevelWith(
                                    entry.getValue(),
                                    deleted.getOrDefault(new TopicPartition(sourceTopic, entry.getKey()), 0L)));
            if (!level) {
                throw new AssertionError(topic + " has " + actual + ", its source " + wanted);
            }
        });
    }

    private record Range(long start, long end) {
        boolean isLevelWith(Range source, long deleted) {
            return end == source.end && start >= source.start && start <= Math.max(source.start, deleted);
        }
    }

    /** Start and end of each partition; last stable offset and high watermark are to be equal. */
    private static Map<Integer, Range> ranges(TestCluster cluster, String topic) {
        List<TopicPartition> partitions = Topics.partitions(cluster.admin(), topic);
        Map<TopicPartition, Long> starts = Topics.starts(cluster.admin(), partitions);
        Map<TopicPartition, Long> stable = Topics.ends(cluster.admin(), partitions, IsolationLevel.READ_COMMITTED);
        Map<TopicPartition, Long> ends = Topics.ends(cluster.admin(), partitions, IsolationLevel.READ_UNCOMMITTED);
        Map<Integer, Range> ranges = new TreeMap<>();
        for (TopicPartition partition : partitions) {
            if (!stable.get(partition).equals(ends.get(partition))) {
                throw new AssertionError("A transaction is open in " + partition + " of " + cluster.name());
            }
            ranges.put(partition.partition(), new Range(starts.get(partition), ends.get(partition)));
        }
        return ranges;
    }

    /** Every replica of the mirror against every replica of its source, as far as the partitions mirrored. */
    void compareWithSource(String sourceTopic, String topic, Map<TopicPartition, Long> stopOffsets) {
        for (TopicPartition partition : Topics.partitions(destination.admin(), topic)) {
            TopicPartition original = new TopicPartition(sourceTopic, partition.partition());
            long start = Math.max(
                    Topics.starts(source.admin(), List.of(original)).get(original),
                    Topics.starts(destination.admin(), List.of(partition)).get(partition));
            long end = stopOffsets.getOrDefault(partition, Long.MAX_VALUE);
            for (BrokerProcess theirs : replicas(source, original)) {
                for (BrokerProcess ours : replicas(destination, partition)) {
                    assertThat(LogComparison.sourceAndMirror(
                                    theirs.replicaDir(sourceTopic, partition.partition()),
                                    ours.replicaDir(topic, partition.partition()),
                                    start,
                                    end))
                            .as("%s on broker %d against source broker %d", partition, ours.id(), theirs.id())
                            .isEmpty();
                }
            }
        }
    }

    /** All replicas of a topic of the destination are the same. */
    void compareReplicas(String topic) {
        for (TopicPartition partition : Topics.partitions(destination.admin(), topic)) {
            long start = Topics.starts(destination.admin(), List.of(partition)).get(partition);
            List<BrokerProcess> replicas = replicas(destination, partition);
            for (BrokerProcess other : replicas.subList(1, replicas.size())) {
                assertThat(LogComparison.replicas(
                                replicas.get(0).replicaDir(topic, partition.partition()),
                                other.replicaDir(topic, partition.partition()),
                                start))
                        .as(
                                "%s on broker %d against broker %d",
                                partition, other.id(), replicas.get(0).id())
                        .isEmpty();
            }
        }
    }

    /** Two logs that were compacted at different times: no record differs, and in the end each key has its value. */
    void compareCompacted(String sourceTopic, String topic) {
        for (TopicPartition partition : Topics.partitions(destination.admin(), topic)) {
            Map<Long, String> theirs = new TreeMap<>();
            Map<String, String> wanted = read(source, new TopicPartition(sourceTopic, partition.partition()), theirs);
            Map<Long, String> ours = new TreeMap<>();
            Map<String, String> actual = read(destination, partition, ours);
            assertThat(actual).as("latest values in %s", partition).isEqualTo(wanted);
            ours.keySet().retainAll(theirs.keySet());
            theirs.keySet().retainAll(ours.keySet());
            assertThat(ours).as("records of %s", partition).isNotEmpty().isEqualTo(theirs);
        }
    }

    /** Reads all records into {@code byOffset} and returns the last value of each key. */
    private static Map<String, String> read(TestCluster cluster, TopicPartition partition, Map<Long, String> byOffset) {
        Map<String, String> latest = new HashMap<>();
        try (PartitionReader reader = new PartitionReader(cluster, partition, IsolationLevel.READ_COMMITTED)) {
            for (Optional<ConsumerRecord<byte[], byte[]>> next = reader.next();
                    next.isPresent();
                    next = reader.next()) {
                ConsumerRecord<byte[], byte[]> record = next.get();
                String key = text(record.key());
                String value = text(record.value());
                byOffset.put(record.offset(), key + "=" + value + "@" + record.timestamp());
                if (value == null) {
                    latest.remove(key);
                } else {
                    latest.put(key, value);
                }
            }
        }
        return latest;
    }

    /** Every acknowledged record from the log's start and below {@code ends} is there, under its offset. */
    static void assertHolds(
            TestCluster cluster, String topic, List<ChaosWriter.Written> written, Map<TopicPartition, Long> ends) {
        for (TopicPartition partition : Topics.partitions(cluster.admin(), topic)) {
            Map<Long, String> wanted = new TreeMap<>();
            long start = Topics.starts(cluster.admin(), List.of(partition)).get(partition);
            written.stream()
                    .filter(item -> item.partition().partition() == partition.partition())
                    .filter(item ->
                            item.offset() >= start && item.offset() < ends.getOrDefault(partition, Long.MAX_VALUE))
                    .forEach(item -> wanted.put(item.offset(), item.value()));
            Map<Long, String> values = values(cluster, partition, IsolationLevel.READ_COMMITTED);
            List<String> missing = new ArrayList<>();
            wanted.forEach((offset, value) -> {
                if (!value.equals(values.get(offset))) {
                    missing.add(value + " at " + offset + ", where there is " + values.get(offset));
                }
            });
            assertThat(missing)
                    .as("of %d records acknowledged in %s of %s, missing", wanted.size(), partition, cluster.name())
                    .isEmpty();
        }
    }

    /** Where clients of the destination began to write, the log end if they did not. */
    Map<TopicPartition, Long> firstLocal(String topic) {
        Map<TopicPartition, Long> first = new HashMap<>(ends(topic));
        first.replaceAll(
                (partition, end) -> values(destination, partition, IsolationLevel.READ_UNCOMMITTED).entrySet().stream()
                        .filter(entry -> entry.getValue().startsWith(ChaosTrespasser.MARK))
                        .map(Map.Entry::getKey)
                        .findFirst()
                        .orElse(end));
        return first;
    }

    Map<TopicPartition, Long> ends(String topic) {
        return Topics.ends(
                destination.admin(), Topics.partitions(destination.admin(), topic), IsolationLevel.READ_UNCOMMITTED);
    }

    static Map<Long, String> values(TestCluster cluster, TopicPartition partition, IsolationLevel isolation) {
        Map<Long, String> values = new TreeMap<>();
        try (PartitionReader reader = new PartitionReader(cluster, partition, isolation)) {
            for (Optional<ConsumerRecord<byte[], byte[]>> next = reader.next();
                    next.isPresent();
                    next = reader.next()) {
                values.put(
                        next.get().offset(),
                        ChaosWriter.Written.beginning(text(next.get().value())));
            }
        }
        return values;
    }

    private static String text(byte[] bytes) {
        return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
    }

    private static List<BrokerProcess> replicas(TestCluster cluster, TopicPartition partition) {
        return Topics.get(cluster.admin()
                        .describeTopics(List.of(partition.topic()))
                        .allTopicNames())
                .get(partition.topic())
                .partitions()
                .get(partition.partition())
                .replicas()
                .stream()
                .map(node -> cluster.broker(node.id()))
                .toList();
    }
}
