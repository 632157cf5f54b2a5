// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.coordinator.StateInMemory;
import io.clusterlinks.mirror.SimulatedCluster.Node;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.source.FetchBuffer;
import io.clusterlinks.source.SourceFetchClient.Fetched;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import org.apache.kafka.common.TopicPartition;

/** What the manager of one broker does for one partition, one step at a time, on an image that is behind. */
final class SimulatedManager {
    private static final Replicator.Settings SETTINGS = new Replicator.Settings(2_000, 100, Long.MAX_VALUE);

    private final TopicPartition id;
    private final Node node;
    private final SimulatedPartition partition;
    private final SimulatedCluster cluster;
    private final StateInMemory state;
    private final LateSink sink;
    private final Random random;
    private final Deque<Runnable> network = new ArrayDeque<>();
    private int image;
    private int sourceEpoch;
    private Claims claims;
    private Replicator replicator;
    private MirrorPartition following;
    private PartitionStop stop;

    SimulatedManager(
            TopicPartition id,
            SimulatedPartition partition,
            Node node,
            SimulatedCluster cluster,
            StateInMemory state,
            LateSink sink,
            Random random) {
        this.id = id;
        this.partition = partition;
        this.node = node;
        this.cluster = cluster;
        this.state = state;
        this.sink = sink;
        this.random = random;
        restart();
    }

    Node node() {
        return node;
    }

    SimulatedPartition partition() {
        return partition;
    }

    Replicator replicator() {
        return replicator;
    }

    /** Everything in memory is gone. */
    void restart() {
        claims = new Claims(sink);
        replicator = null;
        stop = null;
        network.clear();
    }

    void seeImage(boolean newest) {
        image = newest ? state.last() : image + random.nextInt(state.last() - image + 1);
    }

    void seeSource(SimulatedSource source) {
        sourceEpoch = source.epoch;
    }

    /** As {@code MirrorManager.reconcile}. */
    void reconcile(long nowMs) {
        SimulatedBroker broker = new SimulatedBroker(node, partition);
        Duty duty = Duty.of(state.image(image), broker, broker, link -> false).get(id);
        Duty.Kind kind = duty == null ? Duty.Kind.NONE : duty.kind();
        MirrorPartition now = duty == null ? null : duty.partition();
        if (replicator != null
                && (kind != Duty.Kind.FOLLOW
                        || replicator.isFenced()
                        || replicator.isSuperseded(duty.record())
                        || !following.equals(now))) {
            replicator = null;
        }
        if (stop != null
                && (kind != Duty.Kind.STOP
                        || stop.isFenced()
                        || !stop.partition().equals(now))) {
            stop = null;
        }
        claims.send(kind == Duty.Kind.CLAIM ? java.util.List.of(duty.claim()) : java.util.List.of(), nowMs);
        if (kind == Duty.Kind.FOLLOW && replicator == null) {
            following = now;
            replicator = new Replicator(now, partition, transitions(duty.record()), cluster, SETTINGS);
        } else if (kind == Duty.Kind.STOP && stop == null) {
            stop = new PartitionStop(now, partition, transitions(duty.record()), cluster, 100);
        }
    }

    private Transitions transitions(PartitionRecord claimed) {
        return new Transitions(sink, claimed, 100, () -> {});
    }

    void step(long nowMs) {
        if (replicator != null) {
            replicator.step(nowMs);
        }
        if (stop != null) {
            stop.step(nowMs);
        }
    }

    void fetch(SimulatedSource source, long nowMs) {
        Replicator asking = replicator;
        if (asking == null) {
            return;
        }
        asking.cursor().next(nowMs).ifPresent(next -> {
            Fetched answer = source.fetch(next.offset(), next.lastEpoch(), sourceEpoch);
            network.add(() -> {
                asking.stats().onFetch(answer.logStartOffset(), answer.highWatermark(), node.log.end, nowMs);
                asking.cursor().offer(next, answer, -1, FetchBuffer.UNCOUNTED);
            });
        });
    }

    void deliver() {
        if (!network.isEmpty()) {
            (random.nextBoolean() ? network.pollFirst() : network.pollLast()).run();
        }
    }

    void answer(SimulatedSource source, long nowMs) {
        if (replicator != null) {
            replicator
                    .question()
                    .ifPresent(question -> replicator.onAnswer(
                            question,
                            new Question.Answer(
                                    source.start,
                                    source.start,
                                    source.end,
                                    question.epoch() < 0 ? null : source.epochEnd(question.epoch())),
                            nowMs));
        }
    }
}
