// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.PartitionStatus;
import io.clusterlinks.protocol.WireContract;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartitionInfo;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Promotion and failover while producers write, with brokers that are down or die, and with many partitions. */
class StopUnderFireIT {
    private static final Duration LEVEL = Duration.ofSeconds(90);
    /** How long a failover may keep a healthy partition from being written. */
    private static final Duration WRITABLE = Duration.ofSeconds(10);

    private static final String LINK = "east";
    private static final int TOPICS = 4;
    /** -Dclusterlinks.scale=true: 1,000 partitions instead of 200. */
    private static final int PARTITIONS = Boolean.getBoolean("clusterlinks.scale") ? 250 : 50;

    /** -Dclusterlinks.scale=true: 1,000 topics instead of 100. */
    private static final int CROWD = Boolean.getBoolean("clusterlinks.scale") ? 1000 : 100;

    private static TestCluster source;
    private static TestCluster destination;
    private static Links links;

    @BeforeAll
    static void start() {
        source = TestCluster.builder("source").heapMb(320).start();
        destination = TestCluster.builder("destination")
                .brokers(3)
                .separateController()
                .heapMb(320)
                .agent()
                .start();
        links = new Links(destination);
        links.create(LINK, source);
    }

    @AfterAll
    static void stop() {
        Fixtures.close(destination, source);
    }

    @Test
    void aPromotionWaitsForProducersThatStillWriteAndIsGivenUpCleanly() {
        // Given a mirror whose source is written to
        Topics.create(source.admin(), "busy", 2, Map.of());
        mirror("busy");
        try (Stream stream = Stream.start(source, "busy", 2)) {
            Await.until("records flow", LEVEL, () -> stream.written() > 500);

            // When it is promoted, with a limit
            Cli.Result result = links.cli()
                    .run("mirrors", "promote", "--link", LINK, "--topic", "busy", "--wait", "--wait-timeout", "5");

            // Then that says what it waits for, with the rate, and the mirror follows again
            assertThat(result.exitCode()).as(result.toString()).isEqualTo(1);
            assertThat(result.stdout()).isEmpty();
            assertThat(result.stderr())
                    .contains("The source is still written to")
                    .containsPattern("its end moves by [1-9]\\d* records/s in 2 partitions")
                    .contains("given up and it follows the source again");
            assertThat(links.describe(LINK, "busy"))
                    .containsEntry(WireContract.STATUS_STATE, "ACTIVE")
                    .containsEntry(WireContract.STATUS_STOP_MODE, "NONE");
            assertThat(write("busy", 0)).as("a write to the mirror").isFalse();
        }

        // When the producers have stopped, then it is promoted with everything they wrote
        Cli.Result result = links.run("mirrors", "promote", "--link", LINK, "--topic", "busy", "--wait");
        assertThat(result.stdout()).contains("Promoted").contains("writable");
        new TopicComparison(source, "busy", destination, "busy").compare().orThrow();
        assertThat(write("busy", 0)).isTrue();
    }

    @Test
    @DisplayName("Pitfall: failover refused because one partition is unhealthy")
    void aFailoverOfManyPartitionsIsNotHeldUpByABrokerThatIsDown() {
        // Given many mirror partitions, and a topic with a single replica of each partition
        List<String> topics =
                IntStream.range(0, TOPICS).mapToObj(i -> "many-" + i).toList();
        topics.forEach(topic -> Topics.create(source.admin(), topic, PARTITIONS, Map.of()));
        Topics.create(source.admin(), "fragile", 6, Map.of());
        topics.forEach(topic -> Workload.onTopic(source, topic, PARTITIONS).plain(2));
        Workload.onTopic(source, "fragile", 6).plain(2);
        topics.forEach(topic -> mirror(topic));
        mirror("fragile", "--config", "replication.factor=1");
        topics.forEach(topic -> new TopicComparison(source, topic, destination, topic).awaitLevel(LEVEL));
        new TopicComparison(source, "fragile", destination, "fragile").awaitLevel(LEVEL);
        int victim = leader("fragile", 0);

        // When a broker dies and all are failed over
        destination.broker(victim).kill();
        Await.until("others lead what it led", LEVEL, () -> topics.stream()
                .flatMap(topic -> infos(topic).stream())
                .noneMatch(info -> info.leader() == null || info.leader().id() == victim));
        long start = System.nanoTime();
        List<String> command = new ArrayList<>(List.of("mirrors", "failover", "--link", LINK, "--topic", "fragile"));
        topics.forEach(topic -> command.addAll(List.of("--topic", topic)));
        links.run(command.toArray(String[]::new));

        // Then all that has a leader is writable within seconds
        Await.until("all others have stopped", LEVEL, () -> topics.stream()
                .allMatch(topic -> links.state(LINK, topic) == MirrorState.STOPPED));
        topics.forEach(topic -> assertThat(writeToAll(topic, PARTITIONS)).isEqualTo(PARTITIONS));
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        assertThat(took).as("failover of %d partitions", TOPICS * PARTITIONS).isLessThan(WRITABLE);
        assertThat(links.state(LINK, "fragile")).isEqualTo(MirrorState.PENDING_STOPPED);
        List<PartitionStatus> fragile = links.partitions(LINK, "fragile");
        assertThat(fragile).anySatisfy(status -> assertThat(status.error()).contains("no leader"));
        assertThat(fragile.stream()
                        .filter(status -> status.state() == MirrorState.STOPPED)
                        .filter(status -> write("fragile", status.partition())))
                .as("partitions of it that live, are stopped and writable")
                .hasSize((int) infos("fragile").stream()
                        .filter(info -> info.leader() != null)
                        .count());

        // And the rest follows by itself when the broker is back
        destination.restart(victim);
        links.awaitState(LINK, "fragile", MirrorState.STOPPED);
        assertThat(writeToAll("fragile", 6)).isEqualTo(6);
    }

    @Test
    @DisplayName("Pitfall: failover of thousands of topics timing out")
    void aFailoverOfManyTopicsEndsInSeconds() {
        // Given many small mirror topics of one link
        List<NewTopic> topics = IntStream.range(0, CROWD)
                .mapToObj(i -> new NewTopic("crowd-" + i, 1, (short) 1))
                .toList();
        Topics.get(source.admin().createTopics(topics).all());
        links.create("crowd", source);
        Await.untilPasses(LEVEL.multipliedBy(Math.max(1, CROWD / 250)), () -> mirrorMissing("crowd", topics));

        // When all are failed over
        Cli.Result result = links.run("mirrors", "failover", "--all", "--link", "crowd", "--wait");

        // Then all are writable soon
        assertThat(result.elapsed()).isLessThan(WRITABLE.multipliedBy(Math.max(1, CROWD / 250)));
        assertThat(topics).allSatisfy(topic -> assertThat(links.state("crowd", topic.name()))
                .isEqualTo(MirrorState.STOPPED));
        assertThat(writeToAll("crowd-" + (CROWD - 1), 1)).isEqualTo(1);
        links.run("delete", "--link", "crowd");
    }

    @Test
    void aFollowerThatTakesOverKnowsTheSourcesProducers() {
        // Given a mirror with many producers and an open transaction
        Topics.create(source.admin(), "heirs", 2, Map.of());
        Producers.write(source, "heirs", "a", 20, 2);
        Producer<String, String> open = Producers.leaveOpen(source, "heirs", "heirs-open");
        try {
            mirror("heirs");
            new TopicComparison(source, "heirs", destination, "heirs").awaitLevel(LEVEL);
            Await.untilPasses(LEVEL, () -> assertThat(infos("heirs"))
                    .allMatch(info -> info.isr().size() == 3));

            // When the leader of a partition is killed
            int victim = leader("heirs", 0);
            destination.broker(victim).kill();
            Await.until("others lead", LEVEL, () -> infos("heirs").stream()
                    .noneMatch(info -> info.leader() == null || info.leader().id() == victim));

            // Then who leads now knows all of them, and the transaction goes on
            Await.untilPasses(LEVEL, () -> assertThat(Producers.states(destination, "heirs", 0))
                    .isEqualTo(Producers.states(source, "heirs", 1)));
            Topics.get(open.send(Clients.record("heirs", 0, "still open")));
            open.commitTransaction();
            Await.until("its marker is written", LEVEL, () -> Producers.isStable(source, "heirs"));
            destination.restart(victim);
            new TopicComparison(source, "heirs", destination, "heirs")
                    .awaitLevel(LEVEL)
                    .compare()
                    .orThrow();
            Await.untilPasses(LEVEL, () -> assertThat(Producers.states(destination, "heirs", 0))
                    .isEqualTo(Producers.states(source, "heirs", 1)));
        } finally {
            Clients.abandon(open);
        }
    }

    @Test
    void aPromotionIsFinishedAlthoughEveryBrokerIsKilledInTurn() {
        // Given a mirror with an open transaction, whose promotion waits for producers
        Topics.create(source.admin(), "hunted", 3, Map.of());
        Producer<String, String> open = Producers.leaveOpen(source, "hunted", "hunted-open");
        mirror("hunted");
        try (Stream stream = Stream.start(source, "hunted", 3)) {
            Await.until("records flow", LEVEL, () -> stream.written() > 500);
            links.run("mirrors", "promote", "--link", LINK, "--topic", "hunted");

            // When one broker after the other is killed, the producers stopping meanwhile
            destination.broker(1).kill();
            destination.restart(1);
        }
        destination.broker(2).kill();
        destination.restart(2);
        destination.broker(3).kill();
        destination.restart(3);

        // Then the promotion is finished, with everything, and all replicas are the same
        links.awaitState(LINK, "hunted", MirrorState.STOPPED);
        Clients.abandon(open);
        assertThat(Producers.isStable(destination, "hunted")).isTrue();
        assertThat(writeToAll("hunted", 3)).isEqualTo(3);
        List<String> expected = Clients.values(source, "hunted", IsolationLevel.READ_UNCOMMITTED);
        expected.removeIf(value -> value.endsWith("-open"));
        for (int i = 0; i < 3; i++) {
            expected.add("hunted-" + i + " here");
        }
        assertThat(Clients.values(destination, "hunted", IsolationLevel.READ_COMMITTED))
                .containsExactlyInAnyOrderElementsOf(expected);
        for (int partition = 0; partition < 3; partition++) {
            int of = partition;
            for (int other = 2; other <= 3; other++) {
                int replica = other;
                Await.untilPasses(LEVEL, () -> assertThat(LogComparison.replicas(
                                destination.broker(1).replicaDir("hunted", of),
                                destination.broker(replica).replicaDir("hunted", of),
                                0))
                        .isEmpty());
            }
        }
    }

    /** A command about very many topics may not be through with all of them in its time: the rest is asked for again. */
    private static void mirrorMissing(String link, List<NewTopic> topics) {
        Map<String, String> described = links.describe(link);
        List<String> create = new ArrayList<>(List.of("mirrors", "create", "--link", link));
        create.addAll(List.of("--config", "replication.factor=1"));
        topics.stream()
                .map(NewTopic::name)
                .filter(topic -> !described.containsKey(WireContract.MIRROR_ENTRY_PREFIX + topic))
                .forEach(topic -> create.addAll(List.of("--topic", topic)));
        if (create.contains("--topic")) {
            links.cli().run(create.toArray(String[]::new));
        }
        assertThat(links.describe(link).values().stream()
                        .filter(value -> value != null && value.contains("\"state\":\"ACTIVE\",\"partitions\""))
                        .count())
                .isEqualTo(topics.size());
    }

    /** Brokers that have just started may be too busy to be heard of. */
    private static void mirror(String topic, String... options) {
        Await.untilPasses(LEVEL, () -> links.mirror(LINK, topic, options));
    }

    private static List<TopicPartitionInfo> infos(String topic) {
        TopicDescription description = Topics.get(
                        destination.admin().describeTopics(List.of(topic)).allTopicNames())
                .get(topic);
        return description.partitions();
    }

    private static int leader(String topic, int partition) {
        return infos(topic).get(partition).leader().id();
    }

    /** Writes one record to each partition; returns how many were acknowledged. */
    private static int writeToAll(String topic, int partitions) {
        try (Producer<String, String> producer = Clients.producer(destination, Map.of())) {
            List<Future<?>> sent = new ArrayList<>();
            for (int partition = 0; partition < partitions; partition++) {
                sent.add(producer.send(Clients.record(topic, partition, topic + "-" + partition + " here")));
            }
            producer.flush();
            return (int) sent.stream()
                    .filter(future -> Clients.failure(future::get).isEmpty())
                    .count();
        }
    }

    private static boolean write(String topic, int partition) {
        try (Producer<String, String> producer = Clients.producer(destination, Map.of())) {
            return Clients.failure(() -> producer.send(Clients.record(topic, partition, "here"))
                            .get())
                    .isEmpty();
        }
    }
}
