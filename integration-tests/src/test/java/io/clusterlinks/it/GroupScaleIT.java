// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** 500 topics and 2,000 groups: how soon a change is here, and what it costs where nothing changes. Some minutes. */
@EnabledIfSystemProperty(named = "clusterlinks.scale", matches = "true")
class GroupScaleIT {
    private static final int TOPICS = 500;
    private static final int GROUPS = 2_000;
    private static final int PARTITIONS_PER_GROUP = 5;
    private static final Duration MEASURED = Duration.ofSeconds(20);

    @Test
    void followsWithinTwoSecondsAtLittleCost() {
        try (TestCluster source = TestCluster.builder("source").heapMb(1024).start();
                TestCluster destination =
                        TestCluster.builder("destination").heapMb(1024).agent().start()) {
            List<String> topics = create(source);
            Map<String, Map<TopicPartition, OffsetAndMetadata>> groups = commit(source, topics);
            double[] idle = cpu(source, destination);
            Links links = new Links(destination);
            links.create(
                    "east",
                    source,
                    "auto.create.mirror.topics.enable=true",
                    "auto.create.mirror.topics.filters={\"topicFilters\":[{\"name\":\"*\"}]}");
            Await.until(
                    "all are mirrored",
                    Duration.ofMinutes(3),
                    () -> links.describe("east").values().stream()
                                    .filter(value ->
                                            value != null && value.contains("\"state\":\"ACTIVE\",\"partitions\""))
                                    .count()
                            == TOPICS);
            double[] without = cpu(source, destination);

            // When all groups come at once
            long began = System.nanoTime();
            links.run(
                    "alter",
                    "--link",
                    "east",
                    "--add-config",
                    "consumer.offset.sync.enable=true",
                    "--add-config",
                    "consumer.offset.group.filters={\"groupFilters\":[{\"name\":\"*\"}]}");
            Await.until("all groups follow", Duration.ofMinutes(2), () -> links.describe("east")
                    .getOrDefault("status.groups", "")
                    .contains("\"SYNCED\":" + GROUPS));
            long firstMs = (System.nanoTime() - began) / 1_000_000;

            // And one changes now and then
            double[] with = cpu(source, destination);
            long slowestMs = 0;
            for (int i = 0; i < 10; i++) {
                slowestMs = Math.max(slowestMs, changeOne(source, destination, "group-" + i * 150, groups));
            }

            System.out.printf(
                    "all %d groups: %d ms; slowest of ten changes: %d ms; CPU in %% of a core, idle -> 500 mirrors -> and"
                            + " all groups: source %.1f -> %.1f -> %.1f, destination %.1f -> %.1f -> %.1f%n%s%n",
                    GROUPS,
                    firstMs,
                    slowestMs,
                    idle[0],
                    without[0],
                    with[0],
                    idle[1],
                    without[1],
                    with[1],
                    links.describe("east").get("status.task.consumer.offsets"));
            assertThat(slowestMs).isLessThan(2_000);
            assertThat(with[0] - without[0]).isLessThan(5);
            assertThat(with[1] - without[1]).isLessThan(5);
        }
    }

    private static List<String> create(TestCluster source) {
        List<NewTopic> topics = new ArrayList<>();
        for (int i = 0; i < TOPICS; i++) {
            topics.add(new NewTopic("topic-" + i, Optional.of(1), Optional.empty()));
        }
        Topics.get(source.admin().createTopics(topics).all());
        Await.until(
                "topics have leaders",
                Duration.ofMinutes(1),
                () -> Topics.partitions(source.admin(), "topic-499").size() == 1);
        List<String> names = topics.stream().map(NewTopic::name).toList();
        try (Producer<String, String> producer = Clients.producer(source, Map.of())) {
            names.forEach(topic -> {
                for (int i = 0; i < 20; i++) {
                    producer.send(Clients.record(topic, 0, "value-" + i));
                }
            });
        }
        return names;
    }

    private static Map<String, Map<TopicPartition, OffsetAndMetadata>> commit(TestCluster source, List<String> topics) {
        Map<String, Map<TopicPartition, OffsetAndMetadata>> groups = new HashMap<>();
        List<KafkaFuture<Void>> commits = new ArrayList<>();
        for (int group = 0; group < GROUPS; group++) {
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
            for (int i = 0; i < PARTITIONS_PER_GROUP; i++) {
                offsets.put(new TopicPartition(topics.get((group + i * 97) % TOPICS), 0), new OffsetAndMetadata(10));
            }
            groups.put("group-" + group, offsets);
            commits.add(source.admin()
                    .alterConsumerGroupOffsets("group-" + group, offsets)
                    .all());
        }
        commits.forEach(Topics::get);
        return groups;
    }

    /** Per cent of a core that each cluster's broker takes. */
    private static double[] cpu(TestCluster source, TestCluster destination) {
        long before = cpuMs(source);
        long beforeThere = cpuMs(destination);
        long began = System.nanoTime();
        LockSupport.parkNanos(MEASURED.toNanos());
        double elapsedMs = (System.nanoTime() - began) / 1e6;
        return new double[] {
            100 * (cpuMs(source) - before) / elapsedMs, 100 * (cpuMs(destination) - beforeThere) / elapsedMs
        };
    }

    private static long cpuMs(TestCluster cluster) {
        return cluster.brokers().stream()
                .mapToLong(broker -> ProcessHandle.of(broker.pid())
                        .flatMap(process -> process.info().totalCpuDuration())
                        .orElse(Duration.ZERO)
                        .toMillis())
                .sum();
    }

    private static long changeOne(
            TestCluster source,
            TestCluster destination,
            String group,
            Map<String, Map<TopicPartition, OffsetAndMetadata>> groups) {
        TopicPartition partition = groups.get(group).keySet().iterator().next();
        Topics.get(source.admin()
                .alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(15)))
                .all());
        long began = System.nanoTime();
        Await.until(
                "the change is here",
                Duration.ofSeconds(20),
                () -> Topics.get(destination
                                        .admin()
                                        .listConsumerGroupOffsets(group)
                                        .partitionsToOffsetAndMetadata())
                                .get(partition)
                                .offset()
                        == 15);
        return (System.nanoTime() - began) / 1_000_000;
    }
}
