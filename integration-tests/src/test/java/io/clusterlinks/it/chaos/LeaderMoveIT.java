// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.it.Await;
import io.clusterlinks.it.BrokerProcess;
import io.clusterlinks.it.Clients;
import io.clusterlinks.it.Fixtures;
import io.clusterlinks.it.Links;
import io.clusterlinks.it.TestCluster;
import io.clusterlinks.it.TestClusterBuilder;
import io.clusterlinks.it.TopicComparison;
import io.clusterlinks.it.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Three brokers and three, controllers apart. Leaders move on either side, by order, by kill -9, by rolling restart, and
 * brokers come and go: within five seconds of every election the mirror goes on, and in the end every replica is the
 * source's.
 */
class LeaderMoveIT {
    private static final Duration GOES_ON = Duration.ofSeconds(5);
    private static final Duration ELECTED = Duration.ofSeconds(30);
    private static final Duration HEALED = Duration.ofSeconds(90);
    private static final String LINK = "east";

    private static TestCluster source;
    private static TestCluster destination;
    private static ChaosFaults there;
    private static ChaosFaults here;
    private static Links links;

    private String topic;
    private TopicPartition partition;

    @BeforeAll
    static void start() {
        source = cluster("source").start();
        destination = cluster("destination").agent().start();
        there = new ChaosFaults(source, System.out::println);
        here = new ChaosFaults(destination, System.out::println);
        links = new Links(destination);
        links.create(LINK, source);
    }

    private void mirror(String newTopic) {
        topic = newTopic;
        partition = new TopicPartition(topic, 0);
        Topics.get(source.admin()
                .createTopics(List.of(new NewTopic(topic, Map.of(0, List.of(1, 2, 3), 1, List.of(2, 3, 1)))))
                .all());
        links.mirror(LINK, topic);
    }

    private static TestClusterBuilder cluster(String name) {
        return TestCluster.builder(name)
                .brokers(3)
                .separateController()
                .heapMb(256)
                .jvm("-Xms64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
                .config("min.insync.replicas", "2");
    }

    /** All brokers of both sides are there for the next test. */
    @AfterEach
    void restart() {
        restartDead(source);
        restartDead(destination);
        there.heal(HEALED);
        here.heal(HEALED);
    }

    @AfterAll
    static void stop() {
        if (here != null) {
            here.close();
            there.close();
        }
        Fixtures.close(destination, source);
    }

    @Test
    void goesOnFromEveryNewLeaderHere() {
        mirror("moving-here");
        try (ChaosWorkload workload = load()) {
            assertGoesOn("controlled move here", destination, () -> moveLeader(destination));
            assertGoesOn("kill -9 here", destination, () -> leader(destination).kill());
            restartDead(destination);
            here.heal(HEALED);
            for (BrokerProcess broker : destination.brokers()) {
                boolean leads = leader(destination) == broker;
                if (leads) {
                    assertGoesOn("rolling restart here", destination, broker::stop);
                }
                destination.restart(broker.id());
                here.heal(HEALED);
            }
            workload.end();
        }
        assertNothingSkippedOrRepeated();
    }

    @Test
    void followsEveryNewLeaderThere() {
        mirror("moving-there");
        try (ChaosWorkload workload = load()) {
            assertGoesOn("controlled move there", source, () -> moveLeader(source));
            assertGoesOn("kill -9 there", source, () -> leader(source).kill());
            restartDead(source);
            there.heal(HEALED);
            for (BrokerProcess broker : source.brokers()) {
                if (leader(source) == broker) {
                    assertGoesOn("rolling restart there", source, broker::stop);
                }
                source.restart(broker.id());
                there.heal(HEALED);
            }
            workload.end();
        }
        assertNothingSkippedOrRepeated();
    }

    /** On both sides all replicas leave a broker for another, which has just joined, and the broker leaves. */
    @Test
    void followsBrokersThatJoinAndLeave() {
        mirror("joining-and-leaving");
        for (TestCluster cluster : List.of(source, destination)) {
            reassign(cluster, List.of(1, 2));
            cluster.broker(3).stop();
        }
        try (ChaosWorkload workload = load()) {
            for (TestCluster cluster : List.of(source, destination)) {
                cluster.broker(3).start();
                cluster.awaitReady();
                assertGoesOn("broker 3 of " + cluster.name() + " joins, broker 1 leaves", cluster, () -> {
                    reassign(cluster, List.of(3, 2));
                    elect(cluster);
                    cluster.broker(1).stop();
                });
            }
            workload.awaitProgress(HEALED, System.out::println);
            workload.end();
        }
        assertNothingSkippedOrRepeated();
    }

    private ChaosWorkload load() {
        ChaosWorkload workload = new ChaosWorkload();
        workload.start(new ChaosWriter(source, ChaosWriter.Style.SAFE, 1, topic));
        workload.awaitProgress(HEALED, System.out::println);
        return workload;
    }

    /** Measures from the moment that another leader is seen to the moment that the mirror grows. */
    private void assertGoesOn(String what, TestCluster cluster, Runnable move) {
        awaitGrowth(HEALED);
        int before = leader(cluster).id();
        long askedNs = System.nanoTime();
        move.run();
        Await.until("another leader", ELECTED, () -> leaderId(cluster) >= 0 && leaderId(cluster) != before);
        long electedNs = System.nanoTime();
        awaitGrowth(ELECTED);
        Duration pause = Duration.ofNanos(System.nanoTime() - electedNs);
        System.out.printf(
                "%s: elected after %d ms, mirror goes on after %d ms%n",
                what, Duration.ofNanos(electedNs - askedNs).toMillis(), pause.toMillis());
        assertThat(pause).as(what).isLessThan(GOES_ON);
    }

    private void awaitGrowth(Duration timeout) {
        long[] end = new long[] {-1};
        Await.until("an end of the mirror", timeout, () -> (end[0] = end()) >= 0);
        Await.until("the mirror grows", timeout, () -> end() > end[0]);
    }

    private long end() {
        return Topics.ends(destination.admin(), List.of(partition), IsolationLevel.READ_UNCOMMITTED)
                .get(partition);
    }

    private void moveLeader(TestCluster cluster) {
        List<Integer> order = ChaosFaults.ids(info(cluster).replicas());
        Collections.rotate(order, -1);
        reorder(cluster, order);
        elect(cluster);
    }

    /** Moves the replicas and waits until only they are left. */
    private void reassign(TestCluster cluster, List<Integer> replicas) {
        for (TopicPartition each : Topics.partitions(cluster.admin(), topic)) {
            Topics.get(cluster.admin()
                    .alterPartitionReassignments(Map.of(each, Optional.of(new NewPartitionReassignment(replicas))))
                    .all());
        }
        Await.until(
                "replicas have moved",
                HEALED,
                () -> ChaosFaults.ids(info(cluster).replicas()).equals(replicas)
                        && Set.copyOf(ChaosFaults.ids(info(cluster).isr())).equals(Set.copyOf(replicas))
                        && Topics.get(cluster.admin()
                                        .listPartitionReassignments()
                                        .reassignments())
                                .isEmpty());
    }

    private void reorder(TestCluster cluster, List<Integer> order) {
        Topics.get(cluster.admin()
                .alterPartitionReassignments(
                        Map.of(partition, Optional.of(new NewPartitionReassignment(new ArrayList<>(order)))))
                .all());
    }

    private void elect(TestCluster cluster) {
        Clients.failure(() -> cluster.admin()
                .electLeaders(ElectionType.PREFERRED, Set.of(partition))
                .all()
                .get());
    }

    private BrokerProcess leader(TestCluster cluster) {
        return cluster.broker(leaderId(cluster));
    }

    private int leaderId(TestCluster cluster) {
        TopicPartitionInfo info = info(cluster);
        return info.leader() == null ? -1 : info.leader().id();
    }

    private TopicPartitionInfo info(TestCluster cluster) {
        return Topics.get(cluster.admin().describeTopics(List.of(topic)).allTopicNames())
                .get(topic)
                .partitions()
                .get(0);
    }

    private static void restartDead(TestCluster cluster) {
        cluster.brokers().stream().filter(broker -> !broker.isAlive()).forEach(broker -> cluster.restart(broker.id()));
    }

    private void assertNothingSkippedOrRepeated() {
        Await.untilPasses(HEALED, () -> {
            assertThat(there.outOfSync(topic)).isEmpty();
            assertThat(here.outOfSync(topic)).isEmpty();
        });
        new TopicComparison(source, topic, destination, topic)
                .awaitLevel(HEALED)
                .compare()
                .orThrow();
        new ChaosLogs(source, destination).compareWithSource(topic, topic, Map.of());
    }
}
