// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * 500 topics and 2,000 groups: how soon a change is here, and what it costs where nothing changes. A broker with so many
 * topics costs something by itself: what is judged is the difference to a broker that has the same topics and groups but
 * neither link nor plugin, measured in the same seconds. Some minutes.
 */
@EnabledIfSystemProperty(named = "clusterlinks.scale", matches = "true")
class GroupScaleIT {
    private static final int TOPICS = 500;
    private static final int GROUPS = 2_000;
    private static final int PARTITIONS_PER_GROUP = 5;
    private static final Duration MEASURED = Duration.ofSeconds(20);

    /** When all is set up, so long until what that left to do is done. */
    private static final Duration SETTLED = Duration.ofSeconds(15);

    /** A busy machine may disturb one measurement, not each of several. */
    private static final int MEASUREMENTS = 3;

    private static final double MAX_PERCENT = 5;

    @Test
    void followsWithinTwoSecondsAtLittleCost() {
        try (TestCluster source =
                        TestCluster.builder("source").heapMb(1024).jmx().start();
                TestCluster alone =
                        TestCluster.builder("alone").heapMb(1024).jmx().start();
                TestCluster destination = TestCluster.builder("destination")
                        .heapMb(1024)
                        .jmx()
                        .agent()
                        .start()) {
            List<TestCluster> clusters = List.of(source, alone, destination);
            Map<String, Map<TopicPartition, OffsetAndMetadata>> groups = commit(source, create(source));
            commit(alone, create(alone));
            // Their writers left gauges of topics behind, which cost something: the mirrors' topics have had no
            // writers.
            source.broker(1).stop();
            source.restart(1);
            alone.broker(1).stop();
            alone.restart(1);
            Links links = new Links(destination);
            double[] unlinked = cost("no link", clusters);
            mirrorAll(links, source);
            double[] mirrored = cost("500 mirrors", clusters);
            long firstMs = followAll(links);
            double[] with = cost("500 mirrors and 2,000 groups", clusters);
            long slowestMs = 0;
            for (int i = 0; i < 10; i++) {
                slowestMs = Math.max(slowestMs, changeOne(source, destination, "group-" + i * 150, groups));
            }
            System.out.printf(
                    "all %d groups: %d ms; slowest of ten changes: %d ms; CPU in %% of a core beyond that of a broker"
                            + " with the same topics and groups and no link, no link -> 500 mirrors -> and all groups:"
                            + " source %.1f -> %.1f -> %.1f, destination %.1f -> %.1f -> %.1f%n%s%n",
                    GROUPS,
                    firstMs,
                    slowestMs,
                    unlinked[0],
                    mirrored[0],
                    with[0],
                    unlinked[1],
                    mirrored[1],
                    with[1],
                    links.describe("east").get("status.task.consumer.offsets"));
            assertThat(slowestMs).isLessThan(2_000);
            assertThat(with[0]).as("cost at the source").isLessThan(MAX_PERCENT);
            assertThat(with[1]).as("cost at the destination").isLessThan(MAX_PERCENT);
        }
    }

    private static void mirrorAll(Links links, TestCluster source) {
        links.create(
                "east",
                source,
                "auto.create.mirror.topics.enable=true",
                "auto.create.mirror.topics.filters={\"topicFilters\":[{\"name\":\"*\"}]}");
        Await.until(
                "all are mirrored",
                Duration.ofMinutes(3),
                () -> links.describe("east").values().stream()
                                .filter(value -> value != null && value.contains("\"state\":\"ACTIVE\",\"partitions\""))
                                .count()
                        == TOPICS);
    }

    /** Has all groups come at once, and returns after how many milliseconds they are here. */
    private static long followAll(Links links) {
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
        return (System.nanoTime() - began) / 1_000_000;
    }

    /** Per cent of a core by which the first and the last of the clusters take more than the second, which is alone. */
    private static double[] cost(String what, List<TestCluster> clusters) {
        LockSupport.parkNanos(SETTLED.toNanos());
        List<BrokerLoad> first = loads(clusters);
        List<double[]> costs = new ArrayList<>();
        for (int i = 0; i < MEASUREMENTS; i++) {
            double[] cpu = cpu(clusters);
            System.out.printf(
                    "%s: CPU in %% of a core: source %.1f, alone %.1f, destination %.1f; load of the machine %.1f%n",
                    what,
                    cpu[0],
                    cpu[1],
                    cpu[2],
                    ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
            costs.add(new double[] {cpu[0] - cpu[1], cpu[2] - cpu[1]});
        }
        List<BrokerLoad> last = loads(clusters);
        for (int i = 0; i < clusters.size(); i++) {
            System.out.printf(
                    "%s: %s: %s%n", what, clusters.get(i).name(), last.get(i).since(first.get(i)));
        }
        return new double[] {median(costs, 0), median(costs, 1)};
    }

    private static double median(List<double[]> costs, int index) {
        return costs.stream().mapToDouble(cost -> cost[index]).sorted().toArray()[costs.size() / 2];
    }

    private static List<BrokerLoad> loads(List<TestCluster> clusters) {
        return clusters.stream()
                .map(cluster -> BrokerLoad.of(cluster.brokers().get(0)))
                .toList();
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
    private static double[] cpu(List<TestCluster> clusters) {
        long[] before = cpuMs(clusters);
        long began = System.nanoTime();
        LockSupport.parkNanos(MEASURED.toNanos());
        long[] after = cpuMs(clusters);
        double elapsedMs = (System.nanoTime() - began) / 1e6;
        return IntStream.range(0, after.length)
                .mapToDouble(i -> 100 * (after[i] - before[i]) / elapsedMs)
                .toArray();
    }

    private static long[] cpuMs(List<TestCluster> clusters) {
        return clusters.stream()
                .mapToLong(cluster -> BrokerLoad.cpuMs(cluster.brokers().get(0)))
                .toArray();
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
