// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.coordinator.StateInMemory;
import io.clusterlinks.host.AppendException;
import io.clusterlinks.mirror.SimulatedCluster.Node;
import io.clusterlinks.mirror.SimulatedLog.Entry;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;

/**
 * A mirror partition with its replicas through random histories. At the source: clean and unclean elections, deletions.
 * Here: brokers die, return and lead in turn, hear late of new leaders and of the state, lose tails that were not
 * replicated; requests to the coordinator are late, lost, or carried out twice; appends fail; operators fail over.
 * The coordinator's part is the product's.
 */
class ReplicationSimulationTest {
    private static final TopicPartition TP = new TopicPartition("orders", 0);
    private static final Uuid TOPIC_ID = Uuid.ONE_UUID;
    private static final int STEPS = 3_000;
    /** Rounds without any change after which nothing will change any more: longer than every pause. */
    private static final int QUIET = 500;

    private Random random;
    private SimulatedSource source;
    private SimulatedCluster cluster;
    private StateInMemory state;
    private LateSink sink;
    private final List<SimulatedManager> managers = new ArrayList<>();
    /** Source epoch of everything that the source ever wrote, by what {@link #describe} says of it. */
    private final Map<String, Integer> written = new HashMap<>();

    private final List<String> history = new ArrayList<>();
    private long nowMs;
    private List<Object> checked = List.of();

    @Property(tries = 400, shrinking = ShrinkingMode.OFF)
    void allReplicasEndUpEqualToTheSource(@ForAll long seed) {
        begin(seed, 3);
        run(seed, false);

        for (Node node : cluster.nodes) {
            assertThat(node.log.start)
                    .as("start of %s, seed %s %s", node.id, seed, history)
                    .isEqualTo(Math.max(source.start, durable().startOffset()));
            assertThat(described(node.log))
                    .as("log of %s, seed %s %s", node.id, seed, history)
                    .isEqualTo(expected());
        }
    }

    @Property(tries = 100, shrinking = ShrinkingMode.OFF)
    void oneReplicaIsEnough(@ForAll long seed) {
        begin(seed, 1);
        run(seed, false);

        assertThat(described(cluster.node(0).log))
                .as("seed %s %s", seed, history)
                .isEqualTo(expected());
    }

    @Property(tries = 300, shrinking = ShrinkingMode.OFF)
    void aFailoverEndsWhateverHappensAndAllReplicasAreEqual(@ForAll long seed) {
        begin(seed, 3);
        run(seed, true);

        assertThat(durable().phase()).as("seed %s %s", seed, history).isEqualTo(Phase.STOPPED);
        // A leader that dies takes the newest log start with it; what lies before it the source has deleted.
        long start =
                cluster.nodes.stream().mapToLong(node -> node.log.start).max().orElseThrow();
        cluster.nodes.forEach(node -> node.log.start = start);
        List<String> first = described(cluster.node(0).log);
        for (Node node : cluster.nodes) {
            assertThat(node.log.end)
                    .as("seed %s %s", seed, history)
                    .isEqualTo(durable().stopOffset());
            assertThat(described(node.log))
                    .as("log of %s, seed %s %s", node.id, seed, history)
                    .isEqualTo(first);
        }
    }

    private void begin(long seed, int replicas) {
        random = new Random(seed);
        source = new SimulatedSource(random);
        cluster = new SimulatedCluster(replicas, random);
        state = new StateInMemory();
        sink = new LateSink(state, random);
        managers.clear();
        written.clear();
        history.clear();
        nowMs = 1_000_000;
        state.put(io.clusterlinks.Records.link());
        state.put(mirror());
        for (Node node : cluster.nodes) {
            SimulatedPartition partition = new SimulatedPartition(TP, TOPIC_ID, cluster, node, () -> onAppend(node));
            managers.add(new SimulatedManager(TP, partition, node, cluster, state, sink, random));
        }
    }

    private static MirrorRecord mirror() {
        return new MirrorRecord(
                1,
                "east",
                TP.topic(),
                "source",
                TOPIC_ID.toString(),
                null,
                1,
                1,
                (short) 3,
                Map.of(),
                "earliest",
                List.of(),
                false,
                MirrorState.ACTIVE,
                StopMode.NONE,
                null,
                null,
                1,
                List.of());
    }

    private void run(long seed, boolean failover) {
        int failoverAt = failover ? random.nextInt(STEPS) : -1;
        for (int i = 0; i < STEPS; i++) {
            if (i == failoverAt) {
                note("failover");
                state.put(failingOver());
            }
            act(random.nextInt(200));
            check(seed);
        }
        calmDown(seed);
    }

    private MirrorRecord failingOver() {
        return state.image().mirror(TP.topic()).orElseThrow().withStop(StopMode.FAILOVER, null, 1);
    }

    private void act(int dice) {
        nowMs += random.nextInt(60);
        cluster.nowMs = nowMs;
        if (dice < 10) {
            actAtSource(random.nextInt(20));
        } else if (dice < 14) {
            actAtDestination(random.nextInt(24));
        } else if (dice < 17) {
            sink.catchUp();
        } else {
            actOnBroker(random.nextBoolean() ? leading() : anyManager(), dice);
        }
    }

    private SimulatedManager leading() {
        int leader = cluster.registration.leader();
        return leader < 0 ? anyManager() : managers.get(leader);
    }

    private SimulatedManager anyManager() {
        return managers.get(random.nextInt(managers.size()));
    }

    private void actAtSource(int dice) {
        if (dice < 13) {
            source.produce();
        } else if (dice < 17) {
            note("source loses its tail at " + source.end);
            source.elect(true);
        } else if (dice < 19) {
            source.elect(false);
        } else {
            source.deleteHead();
            note("source starts at " + source.start);
        }
        source.batches.forEach(batch -> written.put(batch.described(), batch.epoch()));
    }

    private void actAtDestination(int dice) {
        Node node = cluster.node(random.nextInt(cluster.nodes.size()));
        if (dice < 6 && node.alive) {
            note("kill " + node.id + " at " + node.log.end);
            cluster.kill(node);
            managers.get(node.id).restart();
        } else if (dice < 12 && !node.alive) {
            note("restart " + node.id);
            cluster.restart(node);
        } else if (dice < 14) {
            cluster.moveLeader();
            note("leader " + cluster.registration.leader() + " epoch " + cluster.registration.epoch());
        } else if (dice < 18) {
            cluster.shrink();
        } else if (dice < 20) {
            managers.get(node.id).partition().nextFailure =
                    new AppendException(AppendException.Kind.NOT_REPLICATED, "injected", null);
        } else {
            cluster.deliver();
        }
    }

    private void actOnBroker(SimulatedManager manager, int dice) {
        Node node = manager.node();
        if (!node.alive) {
            return;
        }
        if (dice < 27) {
            cluster.hear(node);
        } else if (dice < 37) {
            manager.seeImage(false);
        } else if (dice < 50) {
            manager.reconcile(nowMs);
        } else if (dice < 55) {
            manager.seeSource(source);
        } else if (dice < 85) {
            manager.fetch(source, nowMs);
        } else if (dice < 110) {
            manager.deliver();
        } else if (dice < 115) {
            manager.answer(source, nowMs);
        } else if (dice < 150) {
            manager.step(nowMs);
        } else if (dice < 175) {
            cluster.fetch(node);
        } else {
            cluster.deliver();
        }
    }

    private void calmDown(long seed) {
        for (Node node : cluster.nodes) {
            if (!node.alive) {
                cluster.restart(node);
            }
        }
        int quiet = 0;
        for (int i = 0; i < 10_000 && quiet < QUIET; i++) {
            List<Object> before = moment();
            nowMs += 20;
            cluster.nowMs = nowMs;
            sink.catchUp();
            for (SimulatedManager manager : managers) {
                cluster.hear(manager.node());
                manager.seeImage(true);
                manager.reconcile(nowMs);
                manager.seeSource(source);
                manager.answer(source, nowMs);
                manager.fetch(source, nowMs);
                manager.deliver();
                manager.step(nowMs);
                cluster.fetch(manager.node());
                cluster.deliver();
            }
            check(seed);
            quiet = moment().equals(before) ? quiet + 1 : 0;
        }
        assertThat(quiet).as("never calms down, seed %s %s", seed, history).isEqualTo(QUIET);
    }

    /** What there is to check; compared to tell whether anything has changed. */
    private List<Object> moment() {
        List<Object> moment = new ArrayList<>(List.of(state.last(), cluster.registration));
        cluster.nodes.forEach(node -> moment.addAll(List.of(node.log.start, node.log.end, node.log.lastEpoch())));
        return moment;
    }

    /** Nothing is appended by who really leads once the partition has begun to stop. */
    private void onAppend(Node node) {
        boolean leads = cluster.registration.leader() == node.id && cluster.registration.epoch() == node.heard.epoch();
        boolean stopped = state.image()
                .partition(TP.topic(), 0)
                .filter(record -> record.phase() == Phase.STOPPING || record.phase() == Phase.STOPPED)
                .isPresent();
        assertThat(leads && stopped).as("append after the stop, %s", history).isFalse();
    }

    /**
     * The record tells of every batch of every replica that may lead which epoch of the source wrote it, except of what
     * the source has deleted.
     */
    private void check(long seed) {
        List<Object> moment = moment();
        if (moment.equals(checked)) {
            return;
        }
        checked = moment;
        PartitionRecord record = state.image().partition(TP.topic(), 0).orElse(null);
        if (record == null || record.startOffset() < 0) {
            return;
        }
        long goes = record.truncation() == null
                ? Long.MAX_VALUE
                : record.truncation().target();
        for (int id : cluster.registration.inSync()) {
            SimulatedLog log = cluster.node(id).log;
            if (log.end < record.startOffset()) {
                continue;
            }
            for (Entry entry : log.entries) {
                if (entry.base() < goes && entry.next() > Math.max(log.start, source.start)) {
                    Integer epoch = written.get(entry.described());
                    assertThat(Lineage.lastEpoch(record.lineage(), entry.base() + 1))
                            .as("lineage at %s of %s, %s, seed %s %s", entry.base(), id, record, seed, history)
                            .isEqualTo(epoch);
                }
            }
        }
    }

    private void note(String what) {
        history.add(what);
    }

    private PartitionRecord durable() {
        return state.image().partition(TP.topic(), 0).orElseThrow();
    }

    private List<String> expected() {
        return source.batches.stream().map(SimulatedSource.Batch::described).toList();
    }

    private static List<String> described(SimulatedLog log) {
        return log.entries.stream()
                .filter(entry -> entry.next() > log.start)
                .map(Entry::described)
                .toList();
    }
}
