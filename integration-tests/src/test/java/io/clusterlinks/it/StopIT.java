// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.MirrorState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Promotion and failover: the copy becomes an ordinary topic that loses nothing it acknowledges. */
class StopIT {
    private static final Duration LEVEL = Duration.ofSeconds(60);
    private static final String LINK = "east";

    private static TestCluster source;
    private static TestCluster destination;
    private static Links links;

    @BeforeAll
    static void start() {
        source = TestCluster.builder("source").start();
        destination = TestCluster.builder("destination").agent().start();
        links = new Links(destination);
        links.create(LINK, source);
    }

    @AfterAll
    static void stop() {
        Fixtures.close(destination, source);
    }

    /**
     * Producer ids are given out per cluster, from 0. A copy that keeps them takes a new local producer for a mirrored
     * one that it has seen already, and drops its records after acknowledging them.
     */
    @Test
    @DisplayName("Pitfall: producer ids colliding after failover")
    void keepsEveryRecordThatIsAcknowledgedAfterAFailover() {
        try (Workload workload = Workload.onNewTopic(source, "failed-over", 2, Map.of())) {
            // Given a mirror with many producer ids and open transactions
            workload.hostile().manyProducers(60);
            links.mirror(LINK, "failed-over");
            comparison("failed-over").awaitLevel(LEVEL).compare().orThrow();
            Set<Long> mirroredIds = producerIds(source, "failed-over");

            // When it is failed over and 40 fresh idempotent producers write
            links.run("mirrors", "failover", "--link", LINK, "--topic", "failed-over", "--wait");
            assertThat(links.state(LINK, "failed-over")).isEqualTo(MirrorState.STOPPED);
            var partitions = Topics.partitions(destination.admin(), "failed-over");
            assertThat(Topics.ends(destination.admin(), partitions, IsolationLevel.READ_COMMITTED))
                    .isEqualTo(Topics.ends(destination.admin(), partitions, IsolationLevel.READ_UNCOMMITTED));
            List<String> acknowledged = writeWithFreshProducers("failed-over", 40, 3);

            // Then nothing is lost, although ids were used twice
            assertThat(acknowledged).hasSize(120);
            assertThat(Clients.values(destination, "failed-over", IsolationLevel.READ_COMMITTED))
                    .containsAll(acknowledged);
            Set<Long> both = new TreeSet<>(producerIds(destination, "failed-over"));
            both.retainAll(mirroredIds);
            assertThat(both).as("ids that both clusters gave out").hasSizeGreaterThan(20);
        }
    }

    @Test
    @DisplayName("Pitfall: open transactions hanging the LSO")
    void abortsOpenTransactionsButNothingElse() {
        try (Workload workload = Workload.onNewTopic(source, "open", 1, Map.of())) {
            // Given a mirror with committed records and an open transaction
            workload.compressions().openTransaction();
            List<String> committed = Clients.values(source, "open", IsolationLevel.READ_COMMITTED);
            links.mirror(LINK, "open");
            comparison("open").awaitLevel(LEVEL);

            // When it is promoted
            links.run("mirrors", "promote", "--link", LINK, "--topic", "open", "--wait");

            // Then readers of committed records see what was committed, to the end
            assertThat(Clients.values(destination, "open", IsolationLevel.READ_COMMITTED))
                    .isEqualTo(committed);
            var partition = List.of(new TopicPartition("open", 0));
            assertThat(Topics.ends(destination.admin(), partition, IsolationLevel.READ_COMMITTED))
                    .isEqualTo(Topics.ends(destination.admin(), partition, IsolationLevel.READ_UNCOMMITTED));
        }
    }

    @Test
    void promotesWithEverythingTheSourceHas() {
        // Given a mirror
        Workload workload = Workload.onNewTopic(source, "promoted", 2, Map.of());
        workload.compressions();
        links.mirror(LINK, "promoted");

        // When it is promoted right after a burst of writes
        workload.plain(2000);
        links.run("mirrors", "promote", "--link", LINK, "--topic", "promoted", "--wait");

        // Then nothing is missing, clients can write, and the source's further records stay there
        comparison("promoted").compare().orThrow();
        workload.plain(1);
        assertThat(writeWithFreshProducers("promoted", 2, 1)).hasSize(2);
        assertThat(Clients.values(destination, "promoted", IsolationLevel.READ_UNCOMMITTED))
                .hasSize(Clients.values(source, "promoted", IsolationLevel.READ_UNCOMMITTED)
                        .size());
    }

    @Test
    void promotesWithThePartitionsThatTheSourceHasJustGot() {
        // Given a mirror that looks for new partitions rarely
        links.create("slow", source, "topic.config.sync.ms=8000");
        Workload.onNewTopic(source, "grown", 2, Map.of()).plain(100);
        links.run("mirrors", "create", "--link", "slow", "--topic", "grown", "--wait");

        // When the source gets more, is written to, and the mirror is promoted at once
        Topics.get(source.admin()
                .createPartitions(Map.of("grown", NewPartitions.increaseTo(4)))
                .all());
        Workload.onTopic(source, "grown", 4).plain(400);
        links.run("mirrors", "promote", "--link", "slow", "--topic", "grown", "--wait");

        // Then they are here with all they hold
        assertThat(Topics.partitions(destination.admin(), "grown")).hasSize(4);
        comparison("grown").compare().orThrow();
    }

    @Test
    void failsOverWithoutTheSource() {
        failsOverFromASourceThat(BrokerProcess::kill, "dead");
    }

    /** Its connections stay open and never answer. */
    @Test
    void failsOverWhileTheSourceIsFrozen() {
        failsOverFromASourceThat(BrokerProcess::freeze, "frozen");
    }

    private static void failsOverFromASourceThat(Consumer<BrokerProcess> fate, String name) {
        // Given a mirror of a cluster that cannot be asked any more
        TestCluster lost = TestCluster.builder(name).heapMb(256).start();
        String link = name + "-link";
        String topic = name + "-source";
        try {
            Workload.onNewTopic(lost, topic, 1, Map.of()).compressions();
            links.create(link, lost);
            links.mirror(link, topic);
            new TopicComparison(lost, topic, destination, topic).awaitLevel(LEVEL);
            fate.accept(lost.broker(1));

            // When it is failed over
            Cli.Result result = links.run("mirrors", "failover", "--link", link, "--topic", topic, "--wait");

            // Then it is writable soon
            assertThat(result.elapsed()).isLessThan(Duration.ofSeconds(20));
            assertThat(writeWithFreshProducers(topic, 1, 1)).hasSize(1);
        } finally {
            lost.close();
        }
    }

    private static List<String> writeWithFreshProducers(String topic, int producers, int records) {
        int partitions = Topics.partitions(destination.admin(), topic).size();
        List<String> acknowledged = new ArrayList<>();
        for (int i = 0; i < producers; i++) {
            try (Producer<String, String> producer = Clients.producer(destination, Map.of())) {
                for (int j = 0; j < records; j++) {
                    String value = "after-" + i + "-" + j;
                    Topics.get(producer.send(Clients.record(topic, i % partitions, value)));
                    acknowledged.add(value);
                }
            }
        }
        return acknowledged;
    }

    private static Set<Long> producerIds(TestCluster cluster, String topic) {
        return Topics.get(cluster.admin()
                        .describeProducers(Topics.partitions(cluster.admin(), topic))
                        .all())
                .values()
                .stream()
                .flatMap(state -> state.activeProducers().stream())
                .map(ProducerState::producerId)
                .collect(Collectors.toCollection(HashSet::new));
    }

    private static TopicComparison comparison(String topic) {
        return new TopicComparison(source, topic, destination, topic);
    }
}
