// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.MirrorState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/**
 * Everything goes wrong, in an order that a seed decides; in the end no replica differs. Longer, or with another seed:
 * {@code mvn verify -Pchaos -Dchaos.minutes=30 -Dchaos.seed=N}.
 */
class ChaosIT {
    private static final Duration LEVEL = Duration.ofSeconds(180);
    private static final String LINK = "chaos";
    private static final int PARTITIONS = 2;
    private static final int PRODUCERS = 120;
    private static final long SHORT_MS = 40_000;

    private final long seed = Long.getLong("chaos.seed", 20260101L);
    private TestCluster source;
    private TestCluster destination;
    private Links links;
    private ChaosFaults faults;

    @Test
    void losesNothingWhateverGoesWrong() {
        say("schedule of " + durationMs() + " ms");
        try (LinkProxies proxies = new LinkProxies()) {
            start(proxies);
            misbehave(proxies);
            verify();
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("Chaos with seed " + seed + ": " + e.getMessage(), e);
        } finally {
            Fixtures.close(destination, source);
        }
    }

    private static long durationMs() {
        Integer minutes = Integer.getInteger("chaos.minutes");
        return minutes == null ? SHORT_MS : Duration.ofMinutes(minutes).toMillis();
    }

    private void start(LinkProxies proxies) {
        source = TestCluster.builder("source")
                .brokers(2)
                .heapMb(256)
                .proxies(proxies)
                .start();
        destination = TestCluster.builder("destination")
                .brokers(3)
                .agent()
                .heapMb(256)
                .config("min.insync.replicas", "2")
                .start();
        links = new Links(destination);
        links.run("create", "--link", LINK, "--config", "bootstrap.servers=" + proxies.bootstrap());
    }

    private void misbehave(LinkProxies proxies) {
        List<String> topics = List.of("plain", "compacted", "transactional");
        for (String topic : topics) {
            // Compaction acts on either side in its own time: held off, every batch can be compared.
            Map<String, String> configs = topic.equals("compacted")
                    ? Map.of("cleanup.policy", "compact", "min.compaction.lag.ms", "86400000")
                    : Map.of();
            Topics.create(source.admin(), topic, PARTITIONS, configs);
            links.mirror(LINK, topic);
        }
        faults = new ChaosFaults(source, destination, proxies, LINK, topics);
        try (ChaosWorkload workload = new ChaosWorkload(source, PARTITIONS)) {
            workload.write("plain");
            workload.write("compacted");
            workload.transact("transactional");
            carryOut(ChaosSchedule.of(seed, durationMs()));
            say(workload.written() + " records sent");
        }
    }

    private void carryOut(ChaosSchedule schedule) {
        long start = System.nanoTime();
        for (ChaosSchedule.Action action : schedule.actions()) {
            long waitMs = action.afterMs() - Duration.ofNanos(System.nanoTime() - start).toMillis();
            LockSupport.parkNanos(Duration.ofMillis(Math.max(0, waitMs)).toNanos());
            say(action.toString());
            faults.run(action);
        }
    }

    private void verify() {
        // What is open at the source is aborted there, so that both last stable offsets reach the ends.
        Clients.transactionalProducer(source, "transactional").close();
        for (TestCluster cluster : List.of(source, destination)) {
            cluster.awaitReady();
            faults.awaitInSync(cluster);
        }
        for (String topic : faults.mirrors()) {
            if (!faults.failedOver().contains(topic)) {
                say("comparing " + topic);
                new TopicComparison(source, topic, destination, topic).awaitLevel(LEVEL);
                compareWithSource(topic);
            }
        }
        stopAll();
        assertPluginIsWell();
    }

    private void compareWithSource(String topic) {
        for (TopicPartition partition : Topics.partitions(destination.admin(), topic)) {
            long start = Topics.starts(source.admin(), List.of(partition)).get(partition);
            for (BrokerProcess original : source.brokers()) {
                for (BrokerProcess replica : destination.brokers()) {
                    Await.untilPasses(Duration.ofSeconds(30), () -> assertThat(LogComparison.sourceAndMirror(
                                    original.replicaDir(topic, partition.partition()),
                                    replica.replicaDir(topic, partition.partition()),
                                    start))
                            .as(partition + ": broker " + replica.id() + " against source broker " + original.id())
                            .isEmpty());
                }
            }
        }
    }

    private void stopAll() {
        Random random = new Random(seed);
        for (String topic : faults.mirrors()) {
            if (!faults.failedOver().contains(topic)) {
                if (random.nextBoolean()) {
                    faults.failOver(topic);
                } else {
                    Topics.alter(
                            destination.admin(),
                            new LinkResource.Mirror(LINK, topic).resourceName(),
                            Map.of("desired.state", "PROMOTED"));
                }
            }
        }
        for (String topic : faults.mirrors()) {
            say("writing to " + topic);
            links.awaitState(LINK, topic, MirrorState.STOPPED);
            assertKeepsWhatItAcknowledges(topic);
            assertReplicasEqual(topic);
        }
    }

    private void assertKeepsWhatItAcknowledges(String topic) {
        int partitions = Topics.partitions(destination.admin(), topic).size();
        List<String> acknowledged = new ArrayList<>();
        for (int i = 0; i < PRODUCERS; i++) {
            try (Producer<String, String> producer = Clients.producer(destination, Map.of())) {
                String value = "after-" + i;
                Topics.get(producer.send(
                        new org.apache.kafka.clients.producer.ProducerRecord<>(topic, i % partitions, "after", value)));
                acknowledged.add(value);
            }
        }
        assertThat(Clients.values(destination, topic, IsolationLevel.READ_COMMITTED))
                .as("acknowledged writes in " + topic)
                .containsAll(acknowledged);
        List<TopicPartition> all = Topics.partitions(destination.admin(), topic);
        assertThat(Topics.ends(destination.admin(), all, IsolationLevel.READ_COMMITTED))
                .as("last stable offsets of " + topic)
                .isEqualTo(Topics.ends(destination.admin(), all, IsolationLevel.READ_UNCOMMITTED));
    }

    private void assertReplicasEqual(String topic) {
        for (TopicPartition partition : Topics.partitions(destination.admin(), topic)) {
            long start = Topics.starts(destination.admin(), List.of(partition)).get(partition);
            for (int id = 2; id <= destination.brokers().size(); id++) {
                BrokerProcess other = destination.broker(id);
                Await.untilPasses(Duration.ofSeconds(30), () -> assertThat(LogComparison.replicas(
                                destination.broker(1).replicaDir(topic, partition.partition()),
                                other.replicaDir(topic, partition.partition()),
                                start))
                        .as(partition + ": broker " + other.id() + " against broker 1")
                        .isEmpty());
            }
        }
    }

    /** No thread of the plugin met what it did not expect, and all processes live. */
    private void assertPluginIsWell() {
        for (BrokerProcess broker : destination.brokers()) {
            assertThat(broker.isAlive()).as("broker " + broker.id() + " lives").isTrue();
            assertThat(broker.log().lines())
                    .as("log of broker " + broker.id())
                    .noneMatch(line -> line.contains("failed unexpectedly")
                            || line.contains("Internal error")
                            || (line.contains("ERROR") && line.contains("io.clusterlinks")));
        }
        assertThat(source.brokers()).allMatch(BrokerProcess::isAlive);
    }

    private void say(String what) {
        System.out.println(Instant.now() + " chaos seed " + seed + ": " + what);
    }
}
