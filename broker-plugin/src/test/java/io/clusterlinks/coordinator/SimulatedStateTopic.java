// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.host.RecordBatches.OffsetRecord;
import io.clusterlinks.protocol.record.PartitionClaim;
import io.clusterlinks.protocol.record.PartitionTransition;
import io.clusterlinks.protocol.record.StateKey;
import io.clusterlinks.protocol.record.StateRecord;
import io.clusterlinks.protocol.record.StateRecords;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.LinkImage.Change;
import io.clusterlinks.state.StateCommitter.Decision;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.utils.Time;

/**
 * The state topic with a replica and the product's {@link StateWriter} on every broker. Leadership moves, brokers hear
 * of it late, appends go unconfirmed and are lost with their leader or survive it. Without unclean elections, as in
 * Kafka.
 */
public final class SimulatedStateTopic {
    /** One broker's part. */
    private static final class Replica {
        final FakeStateBroker broker = new FakeStateBroker();
        boolean alive = true;
        StateWriter writer;
        /** How many of the images this broker has seen. */
        int seen;
    }

    private final List<Replica> replicas = new ArrayList<>();
    private final Random random;
    /** What is committed: the image after each committed append, the first being empty. */
    private final List<LinkImage> images = new ArrayList<>(List.of(LinkImage.EMPTY));

    /** The last record of each append: readers see all of it or nothing. */
    private final Set<OffsetRecord> ends = Collections.newSetFromMap(new IdentityHashMap<>());

    private final Set<Integer> inSync = new TreeSet<>();
    private int leader;
    private int epoch;

    public SimulatedStateTopic(int brokers, Random random) {
        this.random = random;
        for (int id = 0; id < brokers; id++) {
            Replica replica = new Replica();
            replicas.add(replica);
            inSync.add(id);
            start(replica);
        }
        replicas.get(0).broker.epoch = OptionalInt.of(0);
    }

    private void start(Replica replica) {
        replica.writer = new StateWriter(
                replica.broker, () -> Optional.of(images.get(replica.seen)), Runnable::run, Time.SYSTEM);
    }

    /** The newest committed image. */
    public LinkImage image() {
        return images.get(images.size() - 1);
    }

    /** Every committed image so far, the oldest first. */
    public List<LinkImage> images() {
        return images;
    }

    /** What {@code broker} has seen so far. */
    public LinkImage image(int broker) {
        return images.get(replicas.get(broker).seen);
    }

    /** {@code broker} reads on, to the end or not. */
    public void read(int broker, boolean toEnd) {
        Replica replica = replicas.get(broker);
        int last = images.size() - 1;
        replica.seen = toEnd ? last : replica.seen + random.nextInt(last - replica.seen + 1);
    }

    /** A request of a leader, carried out by {@code broker} if it takes itself for the coordinator. */
    public CompletableFuture<Void> claim(int broker, List<PartitionClaim> claims) {
        return commit(broker, image -> PartitionTransitions.claim(image, claims));
    }

    /** A request of a leader, carried out by {@code broker} if it takes itself for the coordinator. */
    public CompletableFuture<Void> propose(int broker, List<PartitionTransition> proposals) {
        return commit(broker, image -> PartitionTransitions.apply(image, proposals));
    }

    /** Writes a record as an operator's command would; repeated until it is done, if there is a leader. */
    public void command(StateRecord record) {
        untilDone(image -> List.of(Change.put(record)));
    }

    /** An operator has a mirror repaired. */
    public void repair(String topic) {
        untilDone(image -> PartitionTransitions.repair(image, topic));
    }

    private void untilDone(Decision decision) {
        boolean done = leader < 0;
        while (!done) {
            settle();
            done = !commit(leader, decision).isCompletedExceptionally();
        }
    }

    private CompletableFuture<Void> commit(int id, Decision decision) {
        Replica replica = replicas.get(id);
        if (!replica.alive) {
            return CompletableFuture.failedFuture(new RuntimeException("broker " + id + " is dead"));
        }
        boolean leads = id == leader && replica.broker.epoch.equals(OptionalInt.of(epoch));
        replica.broker.replicationFails = !leads || !inSync.stream().allMatch(this::follows) || random.nextInt(8) == 0;
        List<OffsetRecord> log = replica.broker.log;
        CompletableFuture<Void> done = replica.writer.commit(decision).thenApply(image -> null);
        if (!log.isEmpty()) {
            ends.add(log.get(log.size() - 1));
        }
        if (leads && !replica.broker.replicationFails) {
            inSync.forEach(this::replicate);
        }
        return done;
    }

    /** A follower copies what its leader has. */
    public void replicate(int follower) {
        Replica copy = replicas.get(follower);
        if (!follows(follower)) {
            return;
        }
        copyLog(copy, replicas.get(leader).broker.log);
        inSync.add(follower);
        commit();
    }

    /** Whether {@code follower} leads, or knows that it does not. */
    private boolean follows(int follower) {
        Replica replica = replicas.get(follower);
        return leader >= 0 && replica.alive && (follower == leader || replica.broker.epoch.isEmpty());
    }

    private static void copyLog(Replica to, List<OffsetRecord> log) {
        List<OffsetRecord> own = to.broker.log;
        if (own == log) {
            return;
        }
        int common = 0;
        while (common < own.size() && common < log.size() && own.get(common) == log.get(common)) {
            common++;
        }
        own.subList(common, own.size()).clear();
        own.addAll(log.subList(common, log.size()));
    }

    /** What every in-sync replica holds is committed. */
    private void commit() {
        List<OffsetRecord> log = replicas.get(leader).broker.log;
        int end = inSync.stream()
                .mapToInt(id -> commonEnd(replicas.get(id).broker.log, log))
                .min()
                .orElse(0);
        List<Change> changes = new ArrayList<>();
        for (int at = (int) image().nextOffset(); at < end; at++) {
            changes.add(parse(log.get(at)));
            if (ends.contains(log.get(at))) {
                images.add(image().apply(changes, at + 1));
                changes.clear();
            }
        }
    }

    private static int commonEnd(List<OffsetRecord> one, List<OffsetRecord> other) {
        int end = Math.min(one.size(), other.size());
        while (end > 0 && one.get(end - 1) != other.get(end - 1)) {
            end--;
        }
        return end;
    }

    private static Change parse(OffsetRecord record) {
        StateKey key = StateRecords.parseKey(record.key());
        return new Change(key, record.value() == null ? null : StateRecords.parseValue(key, record.value()));
    }

    /** {@code broker} hears who leads. */
    public void hear(int broker) {
        Replica replica = replicas.get(broker);
        replica.broker.epoch = broker == leader ? OptionalInt.of(epoch) : OptionalInt.empty();
        if (broker != leader) {
            replicate(broker);
        }
        replica.writer.refresh();
    }

    /** Another in-sync replica leads; the one before does not know. */
    public void moveLeader() {
        List<Integer> others = inSync.stream()
                .filter(id -> id != leader && replicas.get(id).alive)
                .toList();
        if (!others.isEmpty()) {
            leader = others.get(random.nextInt(others.size()));
            epoch++;
        }
    }

    /** kill -9. */
    public void kill(int broker) {
        Replica replica = replicas.get(broker);
        replica.alive = false;
        replica.broker.epoch = OptionalInt.empty();
        if (inSync.size() > 1) {
            inSync.remove(broker);
        }
        if (leader == broker) {
            leader = inSync.stream()
                    .filter(id -> replicas.get(id).alive)
                    .findFirst()
                    .orElse(-1);
            epoch++;
        }
        if (leader >= 0) {
            commit();
        }
    }

    /** It comes back with its log. */
    public void restart(int broker) {
        Replica replica = replicas.get(broker);
        replica.alive = true;
        start(replica);
        if (leader < 0 && inSync.contains(broker)) {
            leader = broker;
            epoch++;
            commit();
        }
    }

    /** Whoever lives knows who leads, has its log, and the leader can decide. */
    public void settle() {
        for (int id = 0; id < replicas.size(); id++) {
            if (replicas.get(id).alive) {
                hear(id);
            }
        }
        if (leader >= 0) {
            read(leader, true);
            replicas.get(leader).writer.refresh();
        }
    }

    /** Whom a broker takes for the coordinator: not always rightly. */
    public int coordinator() {
        return leader < 0 || random.nextInt(10) == 0 ? random.nextInt(replicas.size()) : leader;
    }
}
