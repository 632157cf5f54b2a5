// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.mirror.SimulatedLog.EpochEnd;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;

/**
 * One partition of a Kafka cluster with its replication protocol: a controller, brokers that hear of it late, fetches
 * with divergence checks whose answers are under way for a while, and the high watermark. Elections are clean unless
 * {@link #electUncleanly} is called.
 */
final class SimulatedCluster implements Leadership {
    /** What the controller has decided, and what a broker has heard of it. */
    record Registration(int leader, int epoch, List<Integer> replicas, Set<Integer> inSync) {}

    /** What a leader remembers of a follower. */
    record Follower(long end, long fetchedMs) {}

    /** One broker. */
    static final class Node {
        final int id;
        final SimulatedLog log = new SimulatedLog();
        boolean alive = true;
        /** Whether it runs with the plugin; without it nothing keeps clients from writing where it leads. */
        boolean plugin = true;

        Registration heard;
        /** As leader: the ISR as the controller has confirmed it to this leader. */
        Set<Integer> inSync = Set.of();

        final Map<Integer, Follower> followers = new HashMap<>();
        /** As follower: the answer it waits for; it has no more than one fetch under way. */
        private Runnable awaited;

        Node(int id) {
            this.id = id;
        }

        boolean leads() {
            return alive && heard != null && heard.leader() == id;
        }
    }

    final List<Node> nodes = new ArrayList<>();
    private final Random random;
    private final Deque<Runnable> answers = new ArrayDeque<>();
    /** Whether brokers die of themselves, between any two things that they do. */
    boolean deadly = true;

    Registration registration;
    long nowMs;
    /** Whether there is a broker without a replica; what it does for a single one leaves no trace. */
    private final boolean hasHelper;

    SimulatedCluster(int size, Random random) {
        this.random = random;
        this.hasHelper = random.nextBoolean();
        List<Integer> ids = new ArrayList<>();
        for (int id = 0; id < size; id++) {
            nodes.add(new Node(id));
            ids.add(id);
        }
        registration = new Registration(0, 0, ids, new TreeSet<>(ids));
        nodes.forEach(this::hear);
    }

    Node node(int id) {
        return nodes.get(id);
    }

    /** A moment at which a broker may die. */
    void mayDie() {
        if (deadly && random.nextInt(300) == 0) {
            throw new BrokerDied();
        }
    }

    Optional<Node> trueLeader() {
        return registration.leader() < 0 ? Optional.empty() : Optional.of(node(registration.leader()));
    }

    /** The broker applies the controller's newest decision. */
    void hear(Node node) {
        Registration before = node.heard;
        node.heard = registration;
        if (before == null || before.epoch() != registration.epoch()) {
            node.awaited = null;
        }
        if (registration.leader() != node.id) {
            return;
        }
        node.inSync = registration.inSync();
        if (before == null || before.epoch() != registration.epoch()) {
            node.log.assign(registration.epoch(), node.log.end);
            boolean ledBefore = before != null && before.leader() == node.id;
            if (ledBefore) {
                // As Replica.resetReplicaState: no fetch is needed to look alive.
                node.followers.replaceAll(
                        (id, follower) -> new Follower(follower.end(), node.inSync.contains(id) ? nowMs : 0));
            } else {
                node.followers.clear();
            }
        }
        advanceHighWatermark(node);
    }

    /** A follower fetches from whom it takes for the leader; the answer may take its time. */
    void fetch(Node follower) {
        Registration heard = follower.heard;
        boolean waits = follower.awaited != null && random.nextInt(50) > 0;
        if (!follower.alive || heard.leader() == follower.id || heard.leader() < 0 || waits) {
            return;
        }
        Node leader = node(heard.leader());
        if (!leader.leads() || leader.heard.epoch() != heard.epoch()) {
            return;
        }
        long offset = follower.log.end;
        EpochEnd known = leader.log.epochEnd(follower.log.lastEpoch());
        Runnable answer;
        if (follower.log.lastEpoch() >= 0 && known.epoch() < 0) {
            answer = () -> outOfRange(follower, leader, heard);
        } else if (follower.log.lastEpoch() >= 0
                && (known.epoch() < follower.log.lastEpoch() || known.end() < offset)) {
            answer = () -> truncate(follower, known);
        } else if (offset < leader.log.start || offset > leader.log.end) {
            answer = () -> outOfRange(follower, leader, heard);
        } else {
            answer = data(follower, leader, offset);
        }
        follower.awaited = answer;
        answers.add(() -> deliver(follower, answer));
    }

    private static void deliver(Node follower, Runnable answer) {
        if (follower.awaited == answer) {
            follower.awaited = null;
            answer.run();
        }
    }

    private Runnable data(Node follower, Node leader, long offset) {
        leader.followers.put(follower.id, new Follower(offset, nowMs));
        maybeExpand(leader, follower, offset);
        advanceHighWatermark(leader);
        List<SimulatedLog.Entry> entries = leader.log.from(offset, 3);
        long highWatermark = leader.log.highWatermark;
        long start = leader.log.start;
        return () -> {
            entries.forEach(entry -> append(follower.log, entry));
            follower.log.highWatermark = Math.min(highWatermark, follower.log.end);
            follower.log.advanceStart(start);
        };
    }

    /** A follower whose log begins inside a batch, as {@code Partition.appendRecordsToFollowerOrFutureReplica}. */
    private static void append(SimulatedLog log, SimulatedLog.Entry entry) {
        long start = log.start;
        if (entry.base() < log.end) {
            log.startAt(entry.base());
        }
        log.append(entry);
        log.start = Math.max(log.start, start);
    }

    private static void truncate(Node follower, EpochEnd diverging) {
        EpochEnd own = follower.log.epochEnd(diverging.epoch());
        long to = own.epoch() == diverging.epoch() ? Math.min(own.end(), diverging.end()) : own.end();
        follower.log.truncateTo(Math.max(0, Math.min(to < 0 ? diverging.end() : to, follower.log.end)));
    }

    /** As {@code AbstractFetcherThread.fetchOffsetAndTruncate}. */
    private static void outOfRange(Node follower, Node leader, Registration heard) {
        if (!leader.leads() || leader.heard.epoch() != heard.epoch()) {
            return;
        }
        if (leader.log.end < follower.log.end) {
            if (leader.log.end < follower.log.start) {
                follower.log.startAt(leader.log.end);
            } else {
                follower.log.truncateTo(leader.log.end);
            }
        } else if (leader.log.start > follower.log.end) {
            follower.log.startAt(leader.log.start);
        }
    }

    /** One answer to a follower arrives; not always the oldest. */
    void deliver() {
        if (!answers.isEmpty()) {
            (random.nextInt(4) > 0 ? answers.pollFirst() : answers.pollLast()).run();
        }
    }

    private void maybeExpand(Node leader, Node follower, long end) {
        boolean caughtUp = end >= leader.log.highWatermark && end >= leader.log.epochs.get(leader.heard.epoch());
        if (caughtUp && !leader.inSync.contains(follower.id) && isTrue(leader)) {
            Set<Integer> larger = new TreeSet<>(registration.inSync());
            larger.add(follower.id);
            register(registration.leader(), registration.epoch(), registration.replicas(), larger);
            leader.inSync = larger;
            leader.heard = registration;
        }
    }

    private boolean isTrue(Node leader) {
        return registration.leader() == leader.id && registration.epoch() == leader.heard.epoch();
    }

    void advanceHighWatermark(Node leader) {
        long committed = leader.log.end;
        for (int id : leader.inSync) {
            if (id != leader.id) {
                Follower follower = leader.followers.get(id);
                committed = Math.min(committed, follower == null ? 0 : follower.end());
            }
        }
        leader.log.highWatermark = Math.max(leader.log.highWatermark, Math.max(committed, leader.log.start));
    }

    /** The leader drops a follower that it has not heard of for long. */
    void shrink() {
        trueLeader().filter(this::isTrueAndKnows).ifPresent(leader -> {
            Set<Integer> smaller = new TreeSet<>(registration.inSync());
            smaller.removeIf(id -> id != leader.id && (!node(id).alive || random.nextInt(4) == 0));
            register(leader.id, registration.epoch(), registration.replicas(), smaller);
            leader.inSync = smaller;
            leader.heard = registration;
            advanceHighWatermark(leader);
        });
    }

    private boolean isTrueAndKnows(Node leader) {
        return leader.leads() && isTrue(leader);
    }

    /** kill -9: what is in the log stays. */
    void kill(Node node) {
        node.alive = false;
        node.awaited = null;
        Set<Integer> left = new TreeSet<>(registration.inSync());
        if (left.size() > 1) {
            left.remove(node.id);
        }
        if (registration.leader() == node.id) {
            elect(left);
        } else {
            register(registration.leader(), registration.epoch(), registration.replicas(), left);
        }
    }

    void restart(Node node) {
        node.alive = true;
        node.heard = new Registration(-1, registration.epoch(), registration.replicas(), Set.of());
        node.followers.clear();
        if (registration.leader() < 0 && registration.inSync().contains(node.id)) {
            elect(registration.inSync());
        }
    }

    /** A clean election among {@code inSync}. */
    void elect(Set<Integer> inSync) {
        int leader = registration.replicas().stream()
                .filter(id -> inSync.contains(id) && node(id).alive && id != registration.leader())
                .findFirst()
                .orElse(-1);
        register(leader, registration.epoch() + 1, registration.replicas(), inSync);
    }

    /** {@code node} leads with what it has, in sync or not: what only others held is lost. */
    void electUncleanly(Node node) {
        register(node.id, registration.epoch() + 1, registration.replicas(), new TreeSet<>(Set.of(node.id)));
    }

    /** Leadership moves though nobody died. */
    void moveLeader() {
        boolean other = registration.inSync().stream().anyMatch(id -> id != registration.leader() && node(id).alive);
        if (other) {
            elect(registration.inSync());
        }
    }

    private void register(int leader, int epoch, List<Integer> replicas, Set<Integer> inSync) {
        registration = new Registration(leader, epoch, replicas, inSync);
    }

    @Override
    public List<Integer> replicas(TopicPartition partition) {
        return registration.replicas();
    }

    @Override
    public boolean isMovable(TopicPartition partition) {
        return nodes.size() > 1 || hasHelper;
    }

    @Override
    public CompletableFuture<Void> moveAway(TopicPartition partition) {
        if (random.nextInt(4) == 0) {
            return CompletableFuture.failedFuture(new RuntimeException("no controller"));
        }
        if (hasHelper && nodes.size() == 1) {
            register(registration.leader(), registration.epoch() + 1, registration.replicas(), registration.inSync());
        }
        moveLeader();
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Void> order(TopicPartition partition, List<Integer> replicas) {
        register(registration.leader(), registration.epoch(), replicas, registration.inSync());
        return CompletableFuture.completedFuture(null);
    }
}
