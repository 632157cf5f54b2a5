// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.clusterlinks.protocol.PartitionStatus;
import io.clusterlinks.protocol.WireContract;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

/** The limits that a link keeps to: its own, and its source's quotas. */
class ThrottleIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(90);
    private static final int LIMIT = 2_000_000;

    @Test
    void aLinkKeepsToItsLimitWithoutStarvingAnybodyUntilItIsLifted() {
        try (TestCluster source = TestCluster.builder("source").heapMb(256).start();
                TestCluster destination =
                        TestCluster.builder("destination").agent().heapMb(256).start()) {
            // Given 60 MB in two partitions, over a link that may copy 2 MB/s, and a mirror that is level
            fill(source, "firehose", 2, 60_000);
            Links links = new Links(destination);
            links.create("east", source, "cluster.link.max.bytes.per.second=" + LIMIT);
            Topics.create(source.admin(), "trickle", 1, Map.of());
            links.mirror("east", "trickle");
            links.mirror("east", "firehose");

            // Then it copies that much, both partitions alike
            Await.until("it flows", TIMEOUT, () -> bytes(links, "firehose") > LIMIT);
            List<Long> before = perPartition(links, "firehose");
            long startNs = System.nanoTime();
            Await.until("time passes", TIMEOUT, () -> System.nanoTime() - startNs > 5_000_000_000L);
            fill(source, "trickle", 0, 1);
            long sentNs = System.nanoTime();
            Await.until("the trickle arrives", TIMEOUT, () -> ends(destination, "trickle") == 1);
            double latencyS = (System.nanoTime() - sentNs) / 1e9;
            Await.until("time passes", TIMEOUT, () -> System.nanoTime() - startNs > 10_000_000_000L);
            List<Long> after = perPartition(links, "firehose");
            double seconds = (System.nanoTime() - startNs) / 1e9;
            double rate = (after.get(0) + after.get(1) - before.get(0) - before.get(1)) / seconds;
            assertThat(rate).as("bytes per second over %.1f s", seconds).isBetween(0.93 * LIMIT, 1.07 * LIMIT);
            assertThat((after.get(0) - before.get(0)) / (double) (after.get(1) - before.get(1)))
                    .as("share of the partitions")
                    .isBetween(0.6, 1.6);
            assertThat(latencyS)
                    .as("seconds until the other mirror has its record")
                    .isLessThan(3);
            assertThat(throttle(links).path("limitMs").asLong()).isGreaterThan(3_000);

            // When the limit is lifted, then the rest comes at once
            links.run("alter", "--link", "east", "--add-config", "cluster.link.max.bytes.per.second=0");
            long liftedNs = System.nanoTime();
            new TopicComparison(source, "firehose", destination, "firehose").awaitLevel(TIMEOUT);
            assertThat((System.nanoTime() - liftedNs) / 1e9)
                    .as("seconds for what would have taken 15 or more")
                    .isLessThan(10);
        }
    }

    /** A pause of more than a few seconds was once taken for a connection that does not come about. */
    @Test
    void aQuotaOfTheSourceIsWaitedForAndShown() {
        try (TestCluster source = TestCluster.builder("source").heapMb(256).start();
                TestCluster destination =
                        TestCluster.builder("destination").agent().heapMb(256).start()) {
            // Given a source that grants every client 200 kB/s
            fill(source, "rationed", 1, 4_000);
            Map<String, String> everyClient = new HashMap<>();
            everyClient.put(ClientQuotaEntity.CLIENT_ID, null);
            Topics.get(source.admin()
                    .alterClientQuotas(List.of(new ClientQuotaAlteration(
                            new ClientQuotaEntity(everyClient),
                            List.of(new ClientQuotaAlteration.Op("consumer_byte_rate", 200_000.0)))))
                    .all());
            Links links = new Links(destination);
            links.create("east", source);
            links.mirror("east", "rationed");

            // Then the mirror becomes level, late, and never complains
            List<String> complaints = new ArrayList<>();
            Await.until("all is here", TIMEOUT, () -> {
                Map<String, String> link = links.describe("east");
                complaints.add(link.get(WireContract.STATUS_REASON));
                links.partitions("east", "rationed").forEach(partition -> complaints.add(partition.error()));
                return ends(destination, "rationed") == 4_000;
            });
            complaints.removeIf(complaint -> complaint == null || complaint.isEmpty());
            assertThat(complaints).isEmpty();
            assertThat(throttle(links).path("sourceQuotaMs").asLong()).isGreaterThan(4_000);
            assertThat(links.run("describe", "--link", "east").stdout()).contains("for a quota of the source");
        }
    }

    private static JsonNode throttle(Links links) {
        return io.clusterlinks.protocol.Json.read(
                links.describe("east").get(WireContract.STATUS_THROTTLE), JsonNode.class);
    }

    private static List<Long> perPartition(Links links, String topic) {
        return links.partitions("east", topic).stream()
                .map(PartitionStatus::bytes)
                .toList();
    }

    private static long bytes(Links links, String topic) {
        return perPartition(links, topic).stream().mapToLong(Long::longValue).sum();
    }

    private static long ends(TestCluster cluster, String topic) {
        return Topics.ends(cluster.admin(), Topics.partitions(cluster.admin(), topic), IsolationLevel.READ_UNCOMMITTED)
                .values()
                .stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    /** Records of 1 kB, in batches of 16 kB; creates the topic if {@code partitions} is not 0. */
    private static void fill(TestCluster cluster, String topic, int partitions, int records) {
        if (partitions > 0) {
            Topics.create(cluster.admin(), topic, partitions, Map.of());
        }
        Map<String, Object> configs = new HashMap<>(cluster.clientConfigs());
        configs.put(ProducerConfig.LINGER_MS_CONFIG, 50);
        try (Producer<byte[], byte[]> producer =
                new KafkaProducer<>(configs, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int i = 0; i < records; i++) {
                producer.send(new ProducerRecord<>(topic, i % Math.max(1, partitions), null, new byte[1000]));
            }
        }
    }
}
