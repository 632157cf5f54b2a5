// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.coordinator.SimulatedStateTopic;
import io.clusterlinks.mirror.SimulatedCluster.Node;
import io.clusterlinks.protocol.record.PartitionClaim;
import io.clusterlinks.protocol.record.PartitionTransition;
import io.clusterlinks.source.FetchBuffer;
import io.clusterlinks.source.SourceFetchClient.Fetched;
import io.clusterlinks.state.BrokerReport.ObservedPartition;
import io.clusterlinks.state.TransitionSink;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Time;

/**
 * What the manager of one broker does for one partition, one step at a time, on an image that is behind. Before and
 * after whatever it asks of others it may die.
 */
final class SimulatedManager implements TransitionSink, Leadership {
    private static final long BACKOFF_MS = 100;

    /** The world that it lives in. */
    record World(
            TopicPartition id,
            SimulatedCluster cluster,
            SimulatedStateTopic state,
            TransitionSink coordinator,
            Replicator.Settings settings,
            Random random) {
        static Replicator.Settings settings(long maxTruncation) {
            return new Replicator.Settings(2_000, BACKOFF_MS, maxTruncation);
        }
    }

    private final World world;
    private final Node node;
    private final SimulatedPartition partition;
    private final Deque<Runnable> network = new ArrayDeque<>();
    private int sourceEpoch;
    private Claims claims;
    private Handovers handovers;
    private Replicator replicator;
    /** Knows how far a promotion is; nothing runs on it. */
    private PartitionTask task;

    private MirrorPartition following;
    private PartitionStop stop;
    /** Whether something happened for which the partition is stepped; else it is only while it waits for time. */
    private boolean awake;

    SimulatedManager(World world, Node node, SimulatedPartition partition) {
        this.world = world;
        this.node = node;
        this.partition = partition;
        restart();
    }

    Node node() {
        return node;
    }

    SimulatedPartition partition() {
        return partition;
    }

    /** Everything in memory is gone. */
    void restart() {
        claims = new Claims(this);
        replicator = null;
        task = null;
        handovers = new Handovers();
        stop = null;
        network.clear();
    }

    void seeSource(SimulatedSource source, long nowMs) {
        sourceEpoch = source.epoch;
        if (task != null) {
            int epoch = task.leader().epoch();
            task.leader(new SourceLeader(0, sourceEpoch, Uuid.ZERO_UUID));
            if (task.leader().epoch() != epoch) {
                task.replicator().onLeaderMoved(nowMs);
                awake = true;
            }
            awake |= task.replicator().difference().onSameTopic(nowMs);
        }
    }

    /** As {@code SourceQuestions} asks for the source's end while the mirror is promoted. */
    void askEnd(SimulatedSource source, long nowMs) {
        PartitionTask asking = task;
        if (asking != null && asking.drain().isUnderWay() && sourceEpoch == source.epoch) {
            long drain = asking.drain().sinceMs();
            Drain.End answer = new Drain.End(drain, sourceEpoch, nowMs, source.end);
            Drain.Size size = new Drain.Size(drain, sourceEpoch, nowMs, 1);
            network.add(() -> {
                asking.drain().heard(size);
                asking.drain().heard(answer);
            });
        }
    }

    /** What this broker would report. */
    Optional<ObservedPartition> observed(long nowMs) {
        return Optional.ofNullable(task)
                .map(now -> new ObservedPartition(
                        world.id().topic(),
                        following.leaderEpoch(),
                        now.replicator().record().revision(),
                        0,
                        now.drainedSinceMs(nowMs),
                        now.drain().sourcePace(),
                        null));
    }

    /** As {@code MirrorManager.reconcile}. */
    void reconcile(long nowMs) {
        SimulatedBroker broker = new SimulatedBroker(node, partition);
        Duty duty = Duty.of(world.state().image(node.id), broker, broker, link -> false)
                .get(world.id());
        Duty.Kind kind = duty == null ? Duty.Kind.NONE : duty.kind();
        MirrorPartition now = duty == null ? null : duty.partition();
        if (replicator != null
                && (kind != Duty.Kind.FOLLOW
                        || replicator.isFenced()
                        || replicator.isSuperseded(duty.record())
                        || !following.equals(now))) {
            handovers.leave(replicator);
            replicator = null;
            task = null;
        }
        if (stop != null
                && (kind != Duty.Kind.STOP
                        || stop.isFenced()
                        || !stop.partition().equals(now))) {
            handovers.leave(stop);
            stop = null;
        }
        claims.send(kind == Duty.Kind.CLAIM ? List.of(duty.claim()) : List.of(), nowMs);
        if (duty == null || duty.record() == null) {
            return;
        }
        if (kind == Duty.Kind.FOLLOW && replicator == null) {
            following = now;
            replicator = new Replicator(now, partition, transitions(duty), this, world.settings());
            if (handovers.begin(duty)) {
                replicator.expectNothingAppended();
            }
            task = new PartitionTask(replicator, work -> {}, Time.SYSTEM);
            awake = true;
        } else if (kind == Duty.Kind.STOP && stop == null) {
            handovers.begin(duty);
            stop = new PartitionStop(now, partition, transitions(duty), this, handovers.followers(duty), BACKOFF_MS);
        }
        if (task != null) {
            task.draining(duty.isDraining() ? duty.mirror().sinceMs() : Drain.NONE, 1);
        }
    }

    private Transitions transitions(Duty duty) {
        Transitions transitions = new Transitions(this, duty.record(), BACKOFF_MS, () -> awake = true);
        if (handovers.mustConfirm(duty)) {
            transitions.confirm();
        }
        return transitions;
    }

    void step(long nowMs) {
        if (replicator != null && (awake || replicator.waitsForTime() || replicator.keepsCuts())) {
            awake = false;
            boolean more = replicator.step(nowMs);
            awake = awake || more;
        } else if (replicator != null) {
            stepInVain(nowMs);
        }
        if (stop != null) {
            stop.step(nowMs);
        }
    }

    /**
     * A partition that rests has nothing to do, whatever the time: as long as its broker leads, for else its log changes
     * under it.
     */
    private void stepInVain(long nowMs) {
        List<Object> before = doing(nowMs);
        replicator.step(nowMs);
        int claimed = replicator.partition().leaderEpoch();
        if (replicator.local().leaderEpoch().equals(OptionalInt.of(claimed))) {
            assertThat(doing(nowMs))
                    .as("what a partition on %s does that rests", node.id)
                    .isEqualTo(before);
        }
    }

    private List<Object> doing(long nowMs) {
        return List.of(
                replicator.stage(),
                replicator.record(),
                replicator.isSettled(),
                replicator.question(),
                replicator.cursor().next(nowMs),
                node.log.start,
                node.log.end);
    }

    void fetch(SimulatedSource source, long nowMs) {
        Replicator asking = replicator;
        PartitionTask of = task;
        int leaderEpoch = sourceEpoch;
        if (asking == null) {
            return;
        }
        asking.cursor().next(nowMs).ifPresent(next -> {
            Fetched answer = source.fetch(next.offset(), next.lastEpoch(), sourceEpoch);
            network.add(() -> {
                boolean startMoved = asking.stats()
                        .onFetch(leaderEpoch, answer.logStartOffset(), answer.highWatermark(), node.log.end, nowMs);
                if (answer.error() == Errors.NONE && answer.divergingEpoch() < 0) {
                    of.onValid(leaderEpoch);
                }
                startMoved |= answer.logStartOffset() > node.log.start;
                awake |= asking.cursor().offer(next, answer, -1, FetchBuffer.UNCOUNTED) || startMoved;
            });
        });
    }

    void deliver() {
        if (!network.isEmpty()) {
            (world.random().nextBoolean() ? network.pollFirst() : network.pollLast()).run();
        }
    }

    void answer(SimulatedSource source, long nowMs) {
        if (replicator != null) {
            replicator.question().ifPresent(question -> {
                replicator.onAnswer(question, answer(source, question), nowMs);
                awake = true;
            });
        }
    }

    private static Question.Answer answer(SimulatedSource source, Question question) {
        return new Question.Answer(
                source.start,
                source.start,
                source.end,
                question.epoch() < 0 ? null : source.epochEnd(question.epoch()));
    }

    @Override
    public CompletableFuture<Void> claim(List<PartitionClaim> wanted) {
        return mortal(() -> world.coordinator().claim(wanted));
    }

    @Override
    public CompletableFuture<Void> propose(List<PartitionTransition> transitions) {
        return mortal(() -> world.coordinator().propose(transitions));
    }

    @Override
    public List<Integer> replicas(TopicPartition wanted) {
        return world.cluster().replicas(wanted);
    }

    @Override
    public boolean isMovable(TopicPartition wanted) {
        return world.cluster().isMovable(wanted);
    }

    @Override
    public CompletableFuture<Void> moveAway(TopicPartition wanted) {
        return mortal(() -> world.cluster().moveAway(wanted));
    }

    @Override
    public CompletableFuture<Void> order(TopicPartition wanted, List<Integer> replicas) {
        return mortal(() -> world.cluster().order(wanted, replicas));
    }

    private <T> T mortal(Supplier<T> request) {
        world.cluster().mayDie();
        T answer = request.get();
        world.cluster().mayDie();
        return answer;
    }
}
