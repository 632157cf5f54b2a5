// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.chaos;

import io.clusterlinks.it.Await;
import io.clusterlinks.it.BrokerProcess;
import io.clusterlinks.it.TestCluster;
import io.clusterlinks.it.Topics;
import io.clusterlinks.it.chaos.ChaosSchedule.Action;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ElectLeadersOptions;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;

/**
 * What happens to the brokers of one cluster. Each fault ends with all processes running, but does not wait until
 * replicas are in sync again. For one thread.
 */
final class ChaosFaults implements AutoCloseable {
    /** Kafka elects nobody, and moves no replica, where the one that is left was just killed. */
    private static final int FEWEST = 2;

    private static final Duration BREATH = Duration.ofSeconds(10);
    /** Longer than a session, and than a replica may lag. */
    private static final Duration ALONE = Duration.ofSeconds(15);

    private final TestCluster cluster;
    private final Consumer<String> log;
    private final ChaosRestarts restarts;
    private final Admin admin;
    /** What replicas were taken from, with all that they had, the preferred one first. */
    private final Map<TopicPartition, List<Integer>> narrowed = new HashMap<>();

    ChaosFaults(TestCluster cluster, Consumer<String> log) {
        this.cluster = cluster;
        this.log = log;
        this.restarts = new ChaosRestarts(cluster, log);
        this.admin = cluster.newAdmin(Map.of(
                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
                2_000,
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                10_000));
    }

    void kill(Action action, BrokerProcess... victims) {
        breathe(action);
        for (BrokerProcess victim : victims) {
            log.accept("kill -9 " + cluster.name() + " " + victim.id());
            victim.kill();
        }
        hold(action);
        for (BrokerProcess victim : victims) {
            victim.start();
        }
        awaitReady();
    }

    void freeze(Action action, BrokerProcess victim) {
        breathe(action);
        log.accept("freeze " + cluster.name() + " " + victim.id());
        victim.freeze();
        hold(action);
        victim.thaw();
    }

    /** Stops and starts every broker as an operator would. */
    void roll(Action action) {
        int first = action.pick() % cluster.brokers().size();
        List<BrokerProcess> order = new ArrayList<>(cluster.brokers());
        Collections.rotate(order, first);
        for (BrokerProcess broker : order) {
            log.accept("restart " + cluster.name() + " " + broker.id());
            broker.stop();
            broker.start();
            awaitReady();
        }
    }

    /**
     * One broker sleeps until the others go on without it, then those die and an operator has it lead these topics with
     * what it has; the others come back to it. Only where controllers have processes of their own, which go on.
     */
    void electUncleanly(Action action, Collection<String> topics) {
        if (cluster.controllers().isEmpty()) {
            kill(action, any(action.pick()), any(action.pick() + 1));
            return;
        }
        BrokerProcess sleeper = any(action.pick());
        BrokerProcess[] others =
                cluster.brokers().stream().filter(broker -> broker != sleeper).toArray(BrokerProcess[]::new);
        log.accept("freeze " + cluster.name() + " " + sleeper.id() + ", then kill the others");
        sleeper.freeze();
        attempt(
                "going on without it",
                () -> Await.until(
                        "the others go on",
                        ALONE,
                        () -> without(sleeper, topics).size() == topics.size()));
        hold(action);
        for (BrokerProcess other : others) {
            other.kill();
        }
        sleeper.thaw();
        attempt("electing " + sleeper.id(), () -> Await.untilPasses(ALONE, () -> elect(sleeper, topics)));
        for (BrokerProcess other : others) {
            other.start();
        }
        awaitReady();
    }

    /** As {@link ChaosRestarts#awaitReady}. */
    void awaitReady() {
        restarts.awaitReady();
    }

    /** As {@link ChaosRestarts#recover}. */
    void recover() {
        restarts.recover();
    }

    /** Partitions of which a broker, and maybe no other, has all that was acknowledged. */
    List<String> neededOn(BrokerProcess broker) {
        List<String> needed = new ArrayList<>();
        topics().forEach((name, topic) -> topic.partitions().stream()
                .filter(info -> info.isr().isEmpty()
                        || ids(info.isr()).contains(broker.id())
                        || ids(info.elr()).contains(broker.id()))
                .forEach(info -> needed.add(name + "-" + info.partition())));
        return needed;
    }

    /** Those of the topics that have no replica in sync on a broker. */
    private List<String> without(BrokerProcess broker, Collection<String> topics) {
        Map<String, TopicDescription> all = topics();
        return topics.stream()
                .filter(topic -> all.get(topic).partitions().stream()
                        .noneMatch(info -> ids(info.isr()).contains(broker.id())))
                .toList();
    }

    /** Makes it lead, if it has a replica, what nobody leads. */
    private void elect(BrokerProcess broker, Collection<String> topics) {
        Map<String, TopicDescription> all = topics();
        Set<TopicPartition> orphans = new HashSet<>();
        for (String topic : topics) {
            all.get(topic).partitions().stream()
                    .filter(info -> ids(info.replicas()).contains(broker.id()))
                    .filter(info -> info.leader() == null || info.leader().id() != broker.id())
                    .forEach(info -> orphans.add(new TopicPartition(topic, info.partition())));
        }
        if (!orphans.isEmpty()) {
            Topics.get(admin.electLeaders(ElectionType.UNCLEAN, orphans, new ElectLeadersOptions().timeoutMs(5000))
                    .all());
        }
        log.accept("unclean election of " + broker.id() + " for " + orphans);
    }

    /** Does not wait long for a broker that sleeps. */
    Admin admin() {
        return admin;
    }

    /** Makes another replica the preferred leader of about half of all partitions, and has those elected. */
    void shuffle(Action action) {
        Random random = new Random(action.pick());
        Map<TopicPartition, Optional<NewPartitionReassignment>> orders = new HashMap<>();
        for (TopicDescription topic : topics().values()) {
            for (TopicPartitionInfo info : topic.partitions()) {
                if (random.nextBoolean()) {
                    List<Integer> order = ids(info.replicas());
                    Collections.shuffle(order, random);
                    orders.put(
                            new TopicPartition(topic.name(), info.partition()),
                            Optional.of(new NewPartitionReassignment(order)));
                }
            }
        }
        move(orders);
    }

    /** Takes one replica from about half of all partitions, the leader's too, and puts it back after a while. */
    void narrow(Action action) {
        Random random = new Random(action.pick());
        Map<TopicPartition, List<Integer>> fewer = new HashMap<>();
        for (TopicDescription topic : topics().values()) {
            for (TopicPartitionInfo info : topic.partitions()) {
                List<Integer> all = ids(info.replicas());
                if (random.nextBoolean() && all.size() > FEWEST) {
                    List<Integer> some = new ArrayList<>(all);
                    some.remove(random.nextInt(all.size()));
                    TopicPartition partition = new TopicPartition(topic.name(), info.partition());
                    fewer.put(partition, some);
                    narrowed.putIfAbsent(partition, all);
                }
            }
        }
        log.accept("take a replica from " + fewer.size() + " partitions of " + cluster.name());
        attempt("taking replicas away", () -> reassign(fewer));
        hold(action);
        widen();
    }

    /** Tries once to put back what {@link #narrow} has taken. */
    private void widen() {
        attempt("putting replicas back", () -> {
            Set<String> there = topics().keySet();
            narrowed.keySet().removeIf(partition -> !there.contains(partition.topic()));
            reassign(narrowed);
            narrowed.clear();
        });
    }

    private void reassign(Map<TopicPartition, List<Integer>> replicas) {
        Map<TopicPartition, Optional<NewPartitionReassignment>> wanted = new HashMap<>();
        replicas.forEach((partition, ids) -> wanted.put(partition, Optional.of(new NewPartitionReassignment(ids))));
        Topics.get(admin.alterPartitionReassignments(wanted).all());
    }

    /** Moves the leader of one partition. */
    void move(TopicPartition partition) {
        TopicDescription topic = topics().get(partition.topic());
        if (topic == null) {
            log.accept(partition + " is not there yet");
            return;
        }
        List<Integer> order = ids(topic.partitions().get(partition.partition()).replicas());
        Collections.rotate(order, 1);
        move(Map.of(partition, Optional.of(new NewPartitionReassignment(order))));
    }

    /** Tries once: a broker that is down may keep a leader from moving. */
    private void move(Map<TopicPartition, Optional<NewPartitionReassignment>> orders) {
        attempt(
                "reorder",
                () -> Topics.get(admin.alterPartitionReassignments(orders).all()));
        attempt(
                "elect",
                () -> Topics.get(admin.electLeaders(
                                ElectionType.PREFERRED,
                                new HashSet<>(orders.keySet()),
                                new ElectLeadersOptions().timeoutMs(5000))
                        .all()));
    }

    /** Something that other faults may be in the way of. */
    void attempt(String what, Runnable action) {
        try {
            action.run();
        } catch (RuntimeException | AssertionError e) {
            log.accept(what + " of " + cluster.name() + " did not work: " + e);
        }
    }

    /** The broker that leads a partition, any if that is unknown. */
    BrokerProcess leader(TopicPartition partition, int pick) {
        try {
            TopicDescription topic = topics().get(partition.topic());
            if (topic != null && topic.partitions().get(partition.partition()).leader() != null) {
                return cluster.broker(
                        topic.partitions().get(partition.partition()).leader().id());
            }
        } catch (RuntimeException e) {
            log.accept("leader of " + partition + " is unknown: " + e);
        }
        return any(pick);
    }

    BrokerProcess[] all() {
        return cluster.brokers().toArray(BrokerProcess[]::new);
    }

    /** The process that controls the cluster: of its own, or a broker's. */
    BrokerProcess controller() {
        if (!cluster.controllers().isEmpty()) {
            return cluster.controllers().get(0);
        }
        try {
            return cluster.broker(
                    Topics.get(admin.describeMetadataQuorum().quorumInfo()).leaderId());
        } catch (RuntimeException e) {
            log.accept("controller of " + cluster.name() + " is unknown: " + e);
            return any(0);
        }
    }

    BrokerProcess any(int pick) {
        return cluster.brokers().get(pick % cluster.brokers().size());
    }

    /** All processes run, and every replica of every topic is in sync. */
    void heal(Duration timeout) {
        cluster.brokers().forEach(BrokerProcess::thaw);
        awaitReady();
        Await.untilPasses(timeout, () -> {
            widen();
            List<String> out = outOfSync();
            narrowed.keySet().forEach(partition -> out.add(partition + " lacks a replica"));
            if (!out.isEmpty()) {
                throw new AssertionError("Not in sync in " + cluster.name() + ": " + out);
            }
        });
    }

    List<String> outOfSync() {
        return outOfSync(topics().values());
    }

    List<String> outOfSync(String topic) {
        return outOfSync(List.of(topics().get(topic)));
    }

    private static List<String> outOfSync(Collection<TopicDescription> topics) {
        List<String> out = new ArrayList<>();
        topics.forEach(topic -> topic.partitions().stream()
                .filter(info -> info.isr().size() < info.replicas().size())
                .forEach(info ->
                        out.add(topic.name() + "-" + info.partition() + " has " + ids(info.isr()) + " in sync")));
        return out;
    }

    Map<String, TopicDescription> topics() {
        Set<String> names = Topics.get(
                admin.listTopics(new ListTopicsOptions().listInternal(true)).names());
        return Topics.get(admin.describeTopics(names).allTopicNames());
    }

    static List<Integer> ids(List<Node> nodes) {
        return new ArrayList<>(nodes.stream().map(Node::id).toList());
    }

    /** Before every other fault replicas get the time to come back in sync; before the rest they do not. */
    void breathe(Action action) {
        if (action.pick() % 2 == 0) {
            long deadline = System.nanoTime() + BREATH.toNanos();
            attempt("waiting for replicas", () -> {
                while (System.nanoTime() < deadline && !outOfSync().isEmpty()) {
                    LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
                }
            });
        }
    }

    static void hold(Action action) {
        LockSupport.parkNanos(Duration.ofMillis(action.holdMs()).toNanos());
    }

    @Override
    public void close() {
        admin.close(Duration.ZERO);
    }
}
