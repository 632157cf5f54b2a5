// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.coordinator.SimulatedStateTopic;
import io.clusterlinks.host.AppendException;
import io.clusterlinks.mirror.SimulatedCluster.Node;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.state.BrokerReport.ObservedPartition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;

/**
 * A mirror partition with its replicas through one random history. At the source: clean and unclean elections,
 * deletions, gaps. Here: brokers die, also between any two things they do, return and lead in turn, hear late of new
 * leaders and of the state, lose tails that were not replicated; coordinators are deposed and do not know it, requests
 * to them are late, lost, or carried out twice; appends fail; operators pause, repair, fail over and promote. Everything
 * that decides is the product's. The same seed is the same history.
 */
final class Simulation {
    static final TopicPartition TP = new TopicPartition("orders", 0);
    private static final Uuid TOPIC_ID = Uuid.ONE_UUID;
    private static final int STEPS = 1_500;
    /** Rounds without any change after which nothing will change any more: longer than every pause. */
    private static final int QUIET = 100;

    private static final int MAX_ROUNDS = 10_000;

    /**
     * What may happen besides.
     *
     * @param maxTruncation records that may go without an operator's word
     * @param unclean whether any live broker may be elected, in sync or not, also one with an empty disk
     * @param forgetful whether brokers may be started without the plugin, and clients then write to the mirror
     */
    record Options(int replicas, Stop stop, long maxTruncation, boolean unclean, boolean forgetful) {
        Options(int replicas, Stop stop, long maxTruncation, boolean unclean) {
            this(replicas, stop, maxTruncation, unclean, false);
        }
    }

    /** How the mirror is stopped at some point. */
    enum Stop {
        NEVER,
        FAILOVER,
        /** Nobody writes to the source any more, and nothing happens there. */
        PROMOTION
    }

    final SimulatedSource source;
    final SimulatedCluster cluster;
    final SimulatedStateTopic state;
    private final Options options;
    private final Random random;
    private final LateSink coordinator;
    private final SimulatedOperator operator;
    private final List<SimulatedManager> managers = new ArrayList<>();
    final SimulationChecks checks;
    private final SimulationTrace trace;
    /** What the coordinator was last told by each broker. */
    private final Map<Integer, ObservedPartition> reports = new HashMap<>();

    private boolean stopping;
    private long nowMs = 1_000_000;

    Simulation(long seed, Options options, SimulationTrace trace) {
        this.options = options;
        this.trace = trace;
        random = new Random(seed);
        source = new SimulatedSource(random);
        cluster = new SimulatedCluster(options.replicas(), random);
        state = new SimulatedStateTopic(options.replicas(), random);
        coordinator = new LateSink(state, random);
        operator = new SimulatedOperator(state, trace);
        checks = new SimulationChecks(this, options);
        state.command(io.clusterlinks.Records.link());
        state.command(mirror());
        SimulatedManager.World world = new SimulatedManager.World(
                TP, cluster, state, coordinator, SimulatedManager.World.settings(options.maxTruncation()), random);
        for (Node node : cluster.nodes) {
            SimulatedPartition partition =
                    new SimulatedPartition(TP, TOPIC_ID, cluster, node, () -> checks.onAppend(node));
            managers.add(new SimulatedManager(world, node, partition));
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

    /** The whole history, to the point where nothing changes any more. */
    void run() {
        int stopAt = options.stop() == Stop.NEVER ? -1 : random.nextInt(STEPS);
        for (int i = 0; i < STEPS; i++) {
            if (i == stopAt) {
                stop();
            }
            act(random.nextInt(226));
            trace.snapshot(this);
            checks.check();
        }
        calmDown();
    }

    private void stop() {
        stopping = true;
        if (options.stop() == Stop.FAILOVER) {
            operator.failOver();
        } else {
            operator.promote(++nowMs);
        }
    }

    private boolean isSourceQuiet() {
        return stopping && options.stop() == Stop.PROMOTION;
    }

    MirrorRecord current() {
        return operator.mirror();
    }

    PartitionRecord durable() {
        return state.image().partition(TP.topic(), 0).orElseThrow();
    }

    long nowMs() {
        return nowMs;
    }

    private void act(int dice) {
        nowMs += random.nextInt(60);
        cluster.nowMs = nowMs;
        if (dice < 10) {
            actAtSource(random.nextInt(20));
        } else if (dice < 14) {
            actAtDestination(random.nextInt(24));
        } else if (dice < 17) {
            coordinator.catchUp();
        } else if (dice < 200) {
            actOnBroker(random.nextBoolean() ? leading() : anyManager(), dice);
        } else if (dice < 212) {
            actOnState(random.nextInt(30));
        } else if (dice < 219) {
            goOnForAWhile(1 + random.nextInt(6));
        } else if (dice < 221) {
            leadWithoutTheOthers();
        } else {
            actAsOperator(random.nextInt(12));
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
        if (isSourceQuiet()) {
            return;
        }
        if (dice == 15 && random.nextInt(4) == 0) {
            source.leaveOneBehind();
        } else if (dice == 15 && random.nextInt(4) == 0 && source.electTheOneLeftBehind()) {
            trace.note("source is as it was: " + source.start + " to " + source.end);
        } else if (dice < 15) {
            source.produce();
        } else if (dice < 18) {
            trace.note("source loses its tail at " + source.end);
            source.elect(true);
        } else if (dice < 19) {
            source.elect(false);
        } else {
            source.deleteHead();
            trace.note("source starts at " + source.start);
        }
        checks.onWritten(source.batches);
    }

    private void actAtDestination(int dice) {
        Node node = anyManager().node();
        if (options.unclean() && random.nextInt(6) == 0) {
            electUncleanly(node);
        } else if (dice < 3 && node.alive) {
            kill(node);
        } else if (dice < 13 && !node.alive) {
            restart(node);
        } else if (dice < 15) {
            moveLeader();
        } else if (dice < 18) {
            cluster.shrink();
        } else if (dice < 20) {
            managers.get(node.id).partition().nextFailure =
                    new AppendException(AppendException.Kind.NOT_REPLICATED, "injected", null);
        } else {
            cluster.deliver();
        }
    }

    private void moveLeader() {
        cluster.moveLeader();
        trace.note("leader " + cluster.registration.leader() + " epoch " + cluster.registration.epoch());
    }

    private void electUncleanly(Node node) {
        boolean wiped = random.nextInt(4) == 0;
        if (isStopped() || (cluster.registration.leader() == node.id && !wiped)) {
            return;
        }
        if (wiped && node.alive) {
            kill(node);
            node.log.wipe();
        }
        if (!node.alive) {
            restart(node);
        }
        cluster.electUncleanly(node);
        checks.onUncleanElection(node);
        trace.note("unclean: " + node.id + " at " + node.log.end + " epoch " + cluster.registration.epoch());
    }

    private boolean isStarted() {
        return state.image().partition(TP.topic(), 0).filter(Records::isStarted).isPresent();
    }

    /** Else what clients write lies past the end that is on record, as it may. */
    private boolean isMirroring() {
        return state.image()
                .partition(TP.topic(), 0)
                .filter(record -> record.phase() == Phase.MIRRORING)
                .isPresent();
    }

    private boolean isStopped() {
        return state.image()
                .partition(TP.topic(), 0)
                .filter(record -> record.phase() == Phase.STOPPED)
                .isPresent();
    }

    private void kill(Node node) {
        trace.note("kill " + node.id + " at " + node.log.end);
        cluster.kill(node);
        state.kill(node.id);
        managers.get(node.id).restart();
    }

    private void restart(Node node) {
        // What a mirror holds before it starts it is refused for.
        boolean mayForget = options.forgetful() && cluster.deadly && isStarted();
        node.plugin = !mayForget || random.nextInt(3) > 0;
        trace.note("restart " + node.id + (node.plugin ? "" : " without the plugin"));
        cluster.restart(node);
        state.restart(node.id);
    }

    private void actOnState(int dice) {
        if (dice < 1) {
            state.moveLeader();
            trace.note("coordinator moves");
        } else if (dice < 8) {
            state.replicate(random.nextInt(managers.size()));
        } else if (dice < 12) {
            followPromotion(anyManager().node().heard);
        } else {
            state.hear(random.nextInt(managers.size()));
        }
    }

    private void actAsOperator(int dice) {
        if (dice < 2 && operator.sees(MirrorState.ACTIVE)) {
            operator.set(MirrorState.PAUSED);
        } else if (dice < 5 && operator.sees(MirrorState.PAUSED)) {
            operator.set(MirrorState.ACTIVE);
        } else if (dice == 5) {
            operator.repair();
        } else if (isSourceQuiet() && current().stop() == StopMode.DRAIN) {
            operator.giveUpPromotion(nowMs);
        } else if (isSourceQuiet() && operator.sees(MirrorState.ACTIVE)) {
            operator.promote(++nowMs);
        } else if (dice > 5 && operator.sees(MirrorState.ACTIVE)) {
            pauseAndResume(leading());
        }
    }

    /** Whoever mirrors lets go and takes up again, whatever it has under way. */
    private void pauseAndResume(SimulatedManager leader) {
        for (MirrorState next : List.of(MirrorState.PAUSED, MirrorState.ACTIVE)) {
            operator.set(next);
            if (leader.node().alive) {
                state.read(leader.node().id, true);
                reconcileAndMaybeDie(leader);
            }
        }
    }

    /** The coordinator looks whether the mirror is drained, given what its broker has heard of leaders. */
    private void followPromotion(SimulatedCluster.Registration known) {
        MirrorRecord mirror = current();
        ObservedPartition leader = reports.get(known.leader());
        if (mirror.stop() == StopMode.DRAIN && leader != null && leader.isDrained(mirror.sinceMs(), known.epoch())) {
            operator.onDrained(++nowMs);
        }
    }

    private void report(SimulatedManager manager) {
        manager.observed(nowMs).ifPresent(report -> reports.put(manager.node().id, report));
    }

    private void reconcileAndMaybeDie(SimulatedManager manager) {
        try {
            if (manager.node().plugin) {
                manager.reconcile(nowMs);
            }
        } catch (BrokerDied e) {
            kill(manager.node());
        }
    }

    private void actOnBroker(SimulatedManager manager, int dice) {
        Node node = manager.node();
        if (node.alive && !node.plugin) {
            workOnWithoutPlugin(node);
        } else if (node.alive) {
            try {
                doOnBroker(manager, dice);
            } catch (BrokerDied e) {
                kill(manager.node());
            }
        }
    }

    private void workOnWithoutPlugin(Node node) {
        cluster.hear(node);
        if (node.leads() && random.nextInt(4) == 0 && isMirroring()) {
            node.log.writeAsClient(node.heard.epoch());
            cluster.advanceHighWatermark(node);
            trace.note("a client writes to " + node.id + " at " + (node.log.end - 1));
        }
        cluster.fetch(node);
        cluster.deliver();
    }

    private void doOnBroker(SimulatedManager manager, int dice) {
        Node node = manager.node();
        if (dice < 30) {
            cluster.hear(node);
        } else if (dice < 45) {
            state.read(node.id, random.nextBoolean());
        } else if (dice < 62) {
            manager.reconcile(nowMs);
        } else if (dice < 70) {
            manager.seeSource(source, nowMs);
        } else if (dice < 72) {
            manager.askEnd(source, nowMs);
            report(manager);
        } else if (dice < 90) {
            manager.fetch(source, nowMs);
        } else if (dice < 110) {
            manager.deliver();
        } else if (dice < 120) {
            manager.answer(source, nowMs);
        } else if (dice < 155) {
            manager.step(nowMs);
        } else if (dice < 180) {
            cluster.fetch(node);
        } else {
            cluster.deliver();
        }
    }

    private void calmDown() {
        trace.note("calm");
        cluster.deadly = false;
        cluster.nodes.stream().filter(node -> !node.plugin && node.alive).forEach(this::kill);
        cluster.nodes.stream().filter(node -> !node.alive).forEach(this::restart);
        if (options.stop() != Stop.NEVER && current().stop() == StopMode.NONE) {
            // Nobody was there to take the command, or it was given up.
            stop();
        } else if (current().state() == MirrorState.PAUSED) {
            operator.set(MirrorState.ACTIVE);
        }
        int quiet = 0;
        for (int i = 0; i < MAX_ROUNDS && quiet < QUIET; i++) {
            List<Object> before = checks.moment();
            calmRound();
            trace.snapshot(this);
            checks.check();
            quiet = checks.moment().equals(before) ? quiet + 1 : 0;
            if (quiet == QUIET && options.stop() != Stop.FAILOVER && operator.repair()) {
                quiet = 0;
            }
        }
        assertThat(quiet).as("rounds without a change").isEqualTo(QUIET);
    }

    /** A new leader gets somewhere before any other broker has heard of it, and loses its leadership soon. */
    private void leadWithoutTheOthers() {
        moveLeader();
        SimulatedManager leader = leading();
        for (int i = 1 + random.nextInt(8); i > 0 && leader.node().alive; i--) {
            nowMs += 100;
            cluster.nowMs = nowMs;
            state.settle();
            workOnAndMaybeDie(leader);
            trace.snapshot(this);
            checks.check();
        }
        if (random.nextInt(3) > 0) {
            moveLeader();
        }
    }

    /** Nothing comes in between, so that the mirror gets somewhere. */
    private void goOnForAWhile(int rounds) {
        for (int i = 0; i < rounds; i++) {
            calmRound();
            checks.check();
        }
    }

    private void calmRound() {
        nowMs += 100;
        cluster.nowMs = nowMs;
        coordinator.catchUp();
        state.settle();
        for (SimulatedManager manager : managers) {
            if (manager.node().alive) {
                workOnAndMaybeDie(manager);
            }
        }
    }

    private void workOnAndMaybeDie(SimulatedManager manager) {
        try {
            if (manager.node().plugin) {
                workOn(manager);
            } else {
                workOnWithoutPlugin(manager.node());
            }
        } catch (BrokerDied e) {
            kill(manager.node());
        }
    }

    private void workOn(SimulatedManager manager) {
        Node node = manager.node();
        cluster.hear(node);
        state.read(node.id, true);
        manager.reconcile(nowMs);
        manager.seeSource(source, nowMs);
        manager.answer(source, nowMs);
        manager.askEnd(source, nowMs);
        manager.deliver();
        manager.fetch(source, nowMs);
        manager.deliver();
        manager.step(nowMs);
        report(manager);
        followPromotion(cluster.registration);
        cluster.fetch(node);
        cluster.deliver();
    }
}
