// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.MirrorState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Several brokers on both sides: leaders anywhere, moving, dying. All replicas of a mirror equal the source. */
class MultiBrokerIT {
    private static final Duration LEVEL = Duration.ofSeconds(120);
    private static final String LINK = "east";

    private static TestCluster source;
    private static TestCluster destination;
    private static Links links;

    @BeforeAll
    static void start() {
        source = TestCluster.builder("source").brokers(2).heapMb(256).start();
        destination = TestCluster.builder("destination")
                .brokers(3)
                .agent()
                .heapMb(256)
                .start();
        links = new Links(destination);
        links.create(LINK, source);
    }

    @AfterAll
    static void stop() {
        Fixtures.close(destination, source);
    }

    @Test
    void mirrorsOverManyBrokers() {
        try (Workload workload = Workload.onNewTopic(source, "wide", 6, Map.of())) {
            // Given a topic led by both brokers of the source
            workload.hostile();

            // When it is mirrored to a cluster of three
            links.mirror(LINK, "wide");
            workload.compressions().commitOpen();

            // Then leaders are spread, and every replica equals the source
            assertReplicasEqual("wide", source);
            assertThat(leaders("wide")).hasSize(3);
        }
    }

    /** What a broker claims and reports of its partitions is longer than one string of Kafka's protocol may be. */
    @Test
    void mirrorsHundredsOfPartitionsOnEachBroker() {
        // Given a mirror of which each broker leads 300 partitions
        Workload workload = Workload.onNewTopic(source, "crowd", 900, Map.of());
        workload.plain(1);
        links.run("mirrors", "create", "--link", LINK, "--topic", "crowd", "--replication-factor", "1");
        new TopicComparison(source, "crowd", destination, "crowd").awaitLevel(LEVEL);

        // When another is created, which waits until each broker has reported that it knows of it
        Workload.onNewTopic(source, "one-more", 1, Map.of()).plain(1);
        links.mirror(LINK, "one-more");

        // Then nothing has stopped
        workload.plain(1);
        new TopicComparison(source, "crowd", destination, "crowd").awaitLevel(LEVEL);
        assertThat(links.partitions(LINK, "crowd")).hasSize(900).allSatisfy(status -> assertThat(status.state())
                .isEqualTo(MirrorState.ACTIVE));
        links.run("mirrors", "failover", "--link", LINK, "--topic", "crowd", "--wait");
    }

    @Test
    void followsWhenLeadersMove() {
        // Given a mirror that is written to at the source
        Workload workload = Workload.onNewTopic(source, "moving", 2, Map.of());
        workload.compressions();
        links.mirror(LINK, "moving");

        // When leaders move, here and there, again and again
        for (int i = 0; i < 3; i++) {
            Topics.moveLeader(destination.admin(), new TopicPartition("moving", 0));
            workload.compressions();
            Topics.moveLeader(source.admin(), new TopicPartition("moving", 1));
            workload.transactions();
        }

        // Then nothing is missing or doubled
        assertReplicasEqual("moving", source);
    }

    @Test
    void survivesABrokerThatIsKilled() {
        try (TestCluster other = TestCluster.builder("other").heapMb(256).start()) {
            // Given a mirror with three replicas
            Workload workload = Workload.onNewTopic(other, "survivor", 3, Map.of());
            workload.compressions();
            links.create("other", other);
            links.mirror("other", "survivor");

            // When a broker that leads a part of it is killed while the source goes on, and comes back
            int victim = Set.copyOf(leaders("survivor")).stream()
                    .filter(id -> id != 1)
                    .findFirst()
                    .orElseThrow();
            destination.broker(victim).kill();
            workload.compressions().transactions();
            new TopicComparison(other, "survivor", destination, "survivor").awaitLevel(LEVEL);
            destination.restart(victim);
            workload.compressions();

            // Then every replica, the returned one too, equals the source
            assertReplicasEqual("survivor", other);
            links.run("mirrors", "promote", "--link", "other", "--topic", "survivor", "--wait");
        }
    }

    @Test
    void survivesTheCoordinatorsDeath() {
        // Given a mirror
        Workload workload = Workload.onNewTopic(source, "coordinated", 2, Map.of());
        workload.compressions();
        links.mirror(LINK, "coordinated");

        // When the coordinator is not the one controller and is killed
        int coordinator = coordinator();
        if (coordinator == 1) {
            Topics.moveLeader(destination.admin(), new TopicPartition("__cluster_links", 0));
            Await.until("another coordinator", LEVEL, () -> coordinator() > 1);
            coordinator = coordinator();
        }
        destination.broker(coordinator).kill();
        workload.compressions();

        // Then commands are served by another one, and mirrors go on
        int dead = coordinator;
        Await.until("another coordinator", LEVEL, () -> coordinator() > 0 && coordinator() != dead);
        links.run("mirrors", "pause", "--link", LINK, "--topic", "coordinated");
        links.run("mirrors", "resume", "--link", LINK, "--topic", "coordinated");
        destination.restart(coordinator);
        assertReplicasEqual("coordinated", source);
    }

    /** Nothing keeps clients from writing there; what they write must not take the place of the source's records. */
    @Test
    void dropsWhatClientsWroteThroughABrokerWithoutThePlugin() {
        // Given a mirror that is led by a broker that was started without the plugin
        Workload workload = Workload.onNewTopic(source, "forgotten", 3, Map.of());
        workload.compressions();
        links.mirror(LINK, "forgotten");
        new TopicComparison(source, "forgotten", destination, "forgotten").awaitLevel(LEVEL);
        int victim = leaders("forgotten").stream()
                .filter(id -> id != 1 && id != coordinator())
                .findFirst()
                .orElseThrow();
        destination.broker(victim).kill();
        Await.until("other leaders", LEVEL, () -> !leaders("forgotten").contains(victim));
        destination.broker(victim).startWithoutPlugin();
        destination.awaitReady();
        Topics.electPreferredLeaders(destination.admin(), "forgotten");

        // When clients write to it, and the source goes on, and another broker takes over
        int led = Topics.leaders(destination.admin(), "forgotten").indexOf(victim);
        try (Producer<byte[], byte[]> client = new KafkaProducer<>(
                destination.clientConfigs(), new ByteArraySerializer(), new ByteArraySerializer())) {
            for (int i = 0; i < 20; i++) {
                Topics.get(client.send(new ProducerRecord<>("forgotten", led, null, new byte[100])));
            }
        }
        // Of as many records to a batch as theirs: what follows at the source fits their end.
        workload.plain(30).transactions();
        destination.broker(victim).kill();
        new TopicComparison(source, "forgotten", destination, "forgotten").awaitLevel(LEVEL);
        destination.restart(victim);

        // Then it is gone, is told, and the source's records are where they belong
        workload.compressions();
        assertReplicasEqual("forgotten", source);
        assertThat(links.run("mirrors", "describe", "--topic", "forgotten").stdout())
                .contains("(20 records) of forgotten-" + led, "clients wrote them through a broker without the plugin");
    }

    private static int coordinator() {
        return Integer.parseInt(
                Topics.describe(destination.admin(), "__cluster_links").get("coordinator"));
    }

    private static Set<Integer> leaders(String topic) {
        return new TreeSet<>(describe(destination, topic).partitions().stream()
                .map(partition -> partition.leader().id())
                .toList());
    }

    private static TopicDescription describe(TestCluster cluster, String topic) {
        return Topics.get(cluster.admin().describeTopics(List.of(topic)).allTopicNames())
                .get(topic);
    }

    private static boolean inSync(TestCluster cluster, TopicPartition partition) {
        TopicPartitionInfo info =
                describe(cluster, partition.topic()).partitions().get(partition.partition());
        return info.isr().size() == info.replicas().size();
    }

    /** Consumers see the same on both sides, and so does who opens the segment files of any replica. */
    private static void assertReplicasEqual(String topic, TestCluster from) {
        new TopicComparison(from, topic, destination, topic)
                .awaitLevel(LEVEL)
                .compare()
                .orThrow();
        for (TopicPartition partition : Topics.partitions(destination.admin(), topic)) {
            Await.until("all replicas are in sync", LEVEL, () -> inSync(destination, partition));
            long start = Topics.starts(from.admin(), List.of(partition)).get(partition);
            int sourceLeader = describe(from, topic)
                    .partitions()
                    .get(partition.partition())
                    .leader()
                    .id();
            for (BrokerProcess broker : destination.brokers()) {
                Await.untilPasses(LEVEL, () -> assertThat(LogComparison.sourceAndMirror(
                                from.broker(sourceLeader).replicaDir(topic, partition.partition()),
                                broker.replicaDir(topic, partition.partition()),
                                start))
                        .as(partition + " on broker " + broker.id())
                        .isEmpty());
            }
        }
    }
}
