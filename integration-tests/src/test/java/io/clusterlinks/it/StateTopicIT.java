// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.LinkResource;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The topic that holds all links and mirrors, and with them what is read-only. */
class StateTopicIT {
    private static final Duration LONGER_THAN_A_REPORT_IS_GOOD = Duration.ofSeconds(8);
    private static final Duration LONGER_THAN_OTHERS_DOUBT = Duration.ofSeconds(35);

    private static final Map<String, Object> IMPATIENT = Map.of(
            ProducerConfig.ACKS_CONFIG,
            "1",
            ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
            false,
            ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
            500,
            ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
            1000);

    private static TestCluster source;
    private static TestCluster destination;

    @BeforeAll
    static void makeTheFirstLinkWhileABrokerIsDown() {
        source = TestCluster.builder("source").heapMb(256).start();
        destination = TestCluster.builder("destination")
                .brokers(3)
                .separateController()
                .agent()
                .heapMb(256)
                .start();
        destination.broker(3).kill();
        Await.until(
                "the controller has noticed",
                Duration.ofSeconds(30),
                () -> destination.admin().describeCluster().nodes().get().size() == 2);
        new Links(destination).create("first", source);
        assertThat(partition(destination).isr()).hasSize(2);
        destination.restart(3);
    }

    @AfterAll
    static void stop() {
        Fixtures.close(destination, source);
    }

    /** Nobody adds a replica later: with one fewer the death of the last one of two would end every link. */
    @Test
    void aBrokerThatIsDownWhenTheFirstLinkIsMadeHasAReplicaToo() {
        assertThat(partition(destination).replicas()).hasSize(3);
        awaitInSync();
    }

    /**
     * High watermarks are written down every five seconds, so a leader that starts alone does not know what was committed
     * before others follow it; these must not wait for the state until they are let in.
     */
    @Test
    void allServeAgainAfterACrashOfAll() throws IOException {
        awaitInSync();
        destination.broker(1).kill();
        destination.broker(2).kill();
        Await.until(
                "one is in sync", Duration.ofSeconds(60), () -> isr(destination).equals(Set.of(3)));
        destination.broker(3).kill();
        Files.deleteIfExists(destination.broker(3).dataDir().resolve("replication-offset-checkpoint"));

        destination.broker(3).start();
        destination.awaitReady();
        destination.broker(1).start();
        destination.broker(2).start();

        destination.awaitReady();
        awaitInSync();
        new Links(destination).run("list");
    }

    /** What could not be written left it without an image: it took no reports, and all brokers for some without the plugin. */
    @Test
    void theLastReplicaAnswersAndChangesNothing() {
        // Given a coordinator that is left alone
        awaitInSync();
        BrokerProcess coordinator =
                destination.broker(partition(destination).leader().id());
        List<BrokerProcess> others = destination.brokers().stream()
                .filter(broker -> broker != coordinator)
                .toList();
        others.forEach(BrokerProcess::kill);
        Await.until(
                "it is alone", Duration.ofSeconds(60), () -> isr(destination).equals(Set.of(coordinator.id())));
        int before = coordinator.log().length();
        String link = new LinkResource.Link("first").resourceName();

        // When commands come for a while
        long endNs = System.nanoTime() + LONGER_THAN_A_REPORT_IS_GOOD.toNanos();
        while (System.nanoTime() < endNs) {
            assertThat(Clients.failure(
                            Topics.alterAsync(destination.admin(), link, Map.of("desired.state", "PAUSED"))::get))
                    .get()
                    .isInstanceOf(NotEnoughReplicasException.class)
                    .asString()
                    .contains("nothing was changed");
            assertThat(new Links(destination).describe("first")).containsEntry("cluster.link.paused", "false");
        }

        // Then it did nothing but say so
        assertThat(coordinator.log().substring(before)).doesNotContain("without the cluster-links plugin");
        others.forEach(BrokerProcess::start);
        destination.awaitReady();
        awaitInSync();
        assertThat(new Links(destination).describe("first")).containsEntry("cluster.link.paused", "false");
    }

    /**
     * With new disks a broker knows no mirror. The only one that has the whole state is down, or all wait for this one, since
     * the state's leader does not know what is committed: it led a mirror, and took clients' writes.
     */
    @Test
    void aBrokerWithNewDisksTakesNoWritesToMirrors() throws IOException {
        // Given a mirror without records, which whoever returns is in sync with at once
        awaitInSync();
        TopicPartition quiet = new TopicPartition("quiet", 0);
        Workload workload = Workload.onNewTopic(source, quiet.topic(), 1, Map.of());
        new Links(destination).mirror("first", quiet.topic());
        prefer(quiet, 3, 1, 2);
        prefer(new TopicPartition(LinkResource.INDEX_NAME, 0), 1, 2, 3);

        // When all die, and besides the one that was left last one returns with new disks
        destination.broker(3).kill();
        Await.until("two are in sync", Duration.ofSeconds(60), () -> isr(destination)
                .equals(Set.of(1, 2)));
        destination.broker(2).kill();
        Await.until(
                "one is in sync", Duration.ofSeconds(60), () -> isr(destination).equals(Set.of(1)));
        destination.broker(1).kill();
        Files.deleteIfExists(destination.broker(1).dataDir().resolve("replication-offset-checkpoint"));
        destination.broker(3).wipe();
        destination.broker(1).start();
        destination.broker(3).start();
        try (Producer<String, String> producer = Clients.producer(destination, IMPATIENT)) {
            Await.until("the new broker leads", Duration.ofSeconds(90), () -> {
                Topics.get(destination
                        .admin()
                        .electLeaders(ElectionType.PREFERRED, Set.of(quiet))
                        .partitions());
                refusal(producer, quiet);
                return Topics.leaders(destination.admin(), quiet.topic()).equals(List.of(3));
            });

            // Then it takes no writes, for as long as nobody serves the state
            long endNs = System.nanoTime() + LONGER_THAN_OTHERS_DOUBT.toNanos();
            while (System.nanoTime() < endNs) {
                refusal(producer, quiet);
            }
            destination.broker(2).start();
            Await.until(
                    "it knows the mirror",
                    Duration.ofSeconds(90),
                    () -> refusal(producer, quiet) instanceof PolicyViolationException);
        }

        // And it mirrors what comes
        destination.awaitReady();
        awaitInSync();
        workload.plain(10);
        new TopicComparison(source, quiet.topic(), destination, quiet.topic())
                .awaitLevel(Duration.ofSeconds(60))
                .compare()
                .orThrow();
        // Other tests go by nobody writing the state but themselves
        new Links(destination).run("mirrors", "failover", "--link", "first", "--topic", quiet.topic(), "--wait");
    }

    /** What a write ends with. */
    private static Throwable refusal(Producer<String, String> producer, TopicPartition partition) {
        Optional<Throwable> failure =
                Clients.failure(producer.send(Clients.record(partition.topic(), partition.partition(), "local"))::get);
        assertThat(failure).as("a client's write was taken").isPresent();
        return failure.get();
    }

    private static void prefer(TopicPartition partition, Integer... replicas) {
        Topics.get(destination
                .admin()
                .alterPartitionReassignments(
                        Map.of(partition, Optional.of(new NewPartitionReassignment(List.of(replicas)))))
                .all());
    }

    private static void awaitInSync() {
        Await.until("all replicas are in sync", Duration.ofSeconds(60), () -> isr(destination)
                .equals(Set.of(1, 2, 3)));
    }

    private static Set<Integer> isr(TestCluster cluster) {
        return Set.copyOf(partition(cluster).isr().stream().map(Node::id).toList());
    }

    private static TopicPartitionInfo partition(TestCluster cluster) {
        TopicDescription topic = Topics.get(cluster.admin()
                        .describeTopics(List.of(LinkResource.INDEX_NAME))
                        .allTopicNames())
                .get(LinkResource.INDEX_NAME);
        return topic.partitions().get(0);
    }
}
