// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Producer ids and transactions over several links, back again, and through deaths: no acknowledged write is lost. */
class ProducersIT {
    private static final Duration LEVEL = Duration.ofSeconds(60);
    private static final String EAST = "to-west";
    private static final String WEST = "to-east";

    private static TestCluster east;
    private static TestCluster west;
    private static Links toWest;
    private static Links toEast;

    /** Both clusters have the plugin, each a link to the other. */
    @BeforeAll
    static void start() {
        east = cluster("east");
        west = cluster("west");
        toWest = new Links(west);
        toEast = new Links(east);
        toWest.create(EAST, east);
        toEast.create(WEST, west);
    }

    private static TestCluster cluster(String name) {
        return TestCluster.builder(name)
                .heapMb(320)
                .config("producer.id.expiration.check.interval.ms", "500")
                .agent()
                .start();
    }

    @AfterAll
    static void stop() {
        Fixtures.close(west, east);
    }

    /** Both clusters give out producer ids from 0, so that each id below is used at every stop of the way. */
    @Test
    @DisplayName("Pitfall: producer ids colliding after failover, over a chain that ends where it began")
    void aChainKeepsEveryAcknowledgedWriteAtEveryStop() {
        // Given a topic that is mirrored west, and from there back east under another name
        Topics.create(east.admin(), "chain", 2, Map.of());
        List<String> written = new ArrayList<>(Producers.write(east, "chain", "east", 30, 2));
        toWest.mirror(EAST, "chain");
        toEast.mirror(WEST, "chain-back", "--source-topic", "chain");
        written.addAll(Producers.commit(east, "chain", "chain-tx", 3));
        assertLevel(east, "chain", west, "chain");
        assertLevel(west, "chain", east, "chain-back");

        // When the first stop is failed over and written to, and then the second
        toWest.run("mirrors", "failover", "--link", EAST, "--topic", "chain", "--wait");
        written.addAll(Producers.write(west, "chain", "west", 30, 2));
        written.addAll(Producers.commit(west, "chain", "chain-tx", 3));
        assertLevel(west, "chain", east, "chain-back");
        toEast.run("mirrors", "failover", "--link", WEST, "--topic", "chain-back", "--wait");
        List<String> last = new ArrayList<>(Producers.write(east, "chain-back", "east again", 30, 2));
        last.addAll(Producers.commit(east, "chain-back", "chain-tx", 3));

        // Then each has what was acknowledged there, once
        assertHolds(west, "chain", written);
        written.addAll(last);
        assertHolds(east, "chain-back", written);
    }

    @Test
    void aTopicThatIsMirroredBackAfterItsPromotionTakesNoWriteForADuplicate() {
        // Given a topic that moved west and is written there
        Topics.create(east.admin(), "home", 1, Map.of());
        List<String> written = new ArrayList<>(Producers.write(east, "home", "east", 20, 2));
        toWest.mirror(EAST, "home");
        toWest.run("mirrors", "promote", "--link", EAST, "--topic", "home", "--wait");
        written.addAll(Producers.write(west, "home", "west", 20, 2));

        // When it comes back in place of the old one and is promoted
        Topics.get(east.admin().deleteTopics(List.of("home")).all());
        Await.until("it is gone", LEVEL, () -> !Topics.exists(east.admin(), "home"));
        toEast.mirror(WEST, "home");
        assertLevel(west, "home", east, "home");
        toEast.run("mirrors", "promote", "--link", WEST, "--topic", "home", "--wait");
        written.addAll(Producers.write(east, "home", "east again", 30, 2));
        written.addAll(Producers.commit(east, "home", "home-tx", 3));

        // Then everything that was ever acknowledged is there, once
        assertHolds(east, "home", written);
    }

    @Test
    void theStateOfProducersIsTheSourcesAlsoAfterAKill() {
        // Given a mirror with many producers, committed transactions and an open one
        Topics.create(east.admin(), "state", 2, Map.of());
        Producers.write(east, "state", "a", 20, 3);
        List<String> committed = new ArrayList<>(Clients.values(east, "state", IsolationLevel.READ_COMMITTED));
        committed.addAll(Producers.commit(east, "state", "state-tx", 5));
        Producer<String, String> open = Producers.leaveOpen(east, "state", "state-open");
        try {
            toWest.mirror(EAST, "state");
            assertLevel(east, "state", west, "state");
            assertThat(Producers.states(west, "state", 0)).isEqualTo(Producers.states(east, "state", 1));

            // When its broker is killed and rebuilds them from the log
            west.broker(1).kill();
            west.restart(1);

            // Then they are the same, and those who had begun go on
            Await.untilPasses(LEVEL, () -> assertThat(Producers.states(west, "state", 0))
                    .isEqualTo(Producers.states(east, "state", 1)));
            Topics.get(open.send(Clients.record("state", 0, "still open")));
            assertLevel(east, "state", west, "state");
            assertThat(Producers.states(west, "state", 0)).isEqualTo(Producers.states(east, "state", 1));

            // And a failover aborts exactly what is open
            toWest.run("mirrors", "failover", "--link", EAST, "--topic", "state", "--wait");
            assertThat(Producers.isStable(west, "state")).isTrue();
            committed.addAll(Producers.commit(west, "state", "state-open", 2));
            assertHolds(west, "state", committed);
        } finally {
            Clients.abandon(open);
        }
    }

    @Test
    void producersThatExpiredHereGoOn() {
        // Given a mirror, an open transaction and an idempotent producer that goes on
        Topics.create(east.admin(), "expiring", 1, Map.of());
        Producer<String, String> open = Producers.leaveOpen(east, "expiring", "expiring-open");
        try (Producer<String, String> producer = Clients.producer(east, Map.of())) {
            Topics.get(producer.send(Clients.record("expiring", 0, "before")));
            toWest.mirror(EAST, "expiring");
            assertLevel(east, "expiring", west, "expiring");

            // When this side forgets producers that are idle for a second
            expireProducersAfter(1000);
            Await.until(
                    "only the open transaction is remembered",
                    LEVEL,
                    () -> Producers.states(west, "expiring", 0)
                                    .values()
                                    .iterator()
                                    .next()
                                    .size()
                            == 1);

            // Then what they write next is taken, and the transaction can end
            Topics.get(producer.send(Clients.record("expiring", 0, "after")));
            open.commitTransaction();
            Await.until("its marker is written", LEVEL, () -> Producers.isStable(east, "expiring"));
            assertLevel(east, "expiring", west, "expiring");
            assertHolds(west, "expiring", List.of("expiring-open-open", "before", "after"));
            assertThat(LogComparison.sourceAndMirror(
                            east.broker(1).replicaDir("expiring", 0),
                            west.broker(1).replicaDir("expiring", 0),
                            0))
                    .isEmpty();
        } finally {
            expireProducersAfter(86_400_000);
            Clients.abandon(open);
        }
    }

    /** The protocol before Kafka 4.0: the client adds partitions to its transaction, and its epoch stays. */
    @Test
    @DisplayName("Pitfall: open transactions hanging the LSO, transactions of version 1")
    void transactionsOfVersionOneAreAbortedAtAFailover() {
        try (TestCluster source = TestCluster.builder("source-tv1")
                        .heapMb(256)
                        .feature("transaction.version", 1)
                        .start();
                TestCluster destination = TestCluster.builder("destination-tv1")
                        .heapMb(256)
                        .feature("transaction.version", 1)
                        .agent()
                        .start()) {
            Links links = new Links(destination);
            links.create("tv1", source);
            cutTransactions(source, destination, links, "tv1");
        }
    }

    @Test
    @DisplayName("Pitfall: open transactions hanging the LSO, transactions of version 2")
    void transactionsOfVersionTwoAreAbortedAtAFailover() {
        cutTransactions(east, west, toWest, EAST);
    }

    private static void cutTransactions(TestCluster source, TestCluster destination, Links links, String link) {
        // Given committed transactions, and open ones
        Topics.create(source.admin(), "cut", 1, Map.of());
        List<String> committed = new ArrayList<>(Producers.commit(source, "cut", "cut-a", 3));
        Producer<String, String> open = Producers.leaveOpen(source, "cut", "cut-b");
        Producer<String, String> another = Producers.leaveOpen(source, "cut", "cut-c");
        try {
            links.mirror(link, "cut");
            assertLevel(source, "cut", destination, "cut");
            assertThat(Producers.isStable(destination, "cut")).isFalse();

            // When it is failed over
            links.run("mirrors", "failover", "--link", link, "--topic", "cut", "--wait");

            // Then nothing is open here, and the same clients go on
            assertThat(Producers.isStable(destination, "cut")).isTrue();
            committed.addAll(Producers.commit(destination, "cut", "cut-b", 3));
            committed.addAll(Producers.write(destination, "cut", "fresh", 10, 1));
            assertHolds(destination, "cut", committed);
        } finally {
            Clients.abandon(open);
            Clients.abandon(another);
        }
    }

    /** A commit is answered before its markers are written, so the last of it may show a little later. */
    private static void assertHolds(TestCluster cluster, String topic, List<String> values) {
        Await.untilPasses(LEVEL, () -> assertThat(Clients.values(cluster, topic, IsolationLevel.READ_COMMITTED))
                .containsExactlyInAnyOrderElementsOf(values));
    }

    private static void expireProducersAfter(long ms) {
        ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, "1");
        AlterConfigOp set = new AlterConfigOp(
                new ConfigEntry("producer.id.expiration.ms", Long.toString(ms)), AlterConfigOp.OpType.SET);
        Topics.get(west.admin()
                .incrementalAlterConfigs(Map.of(broker, List.of(set)))
                .all());
    }

    private static void assertLevel(TestCluster from, String topic, TestCluster to, String mirror) {
        new TopicComparison(from, topic, to, mirror).awaitLevel(LEVEL).compare().orThrow();
    }
}
