// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.coordinator.StateInMemory;
import io.clusterlinks.host.AppendException;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.PartitionClaim;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionTransition;
import io.clusterlinks.source.SourceFetchClient.Fetched;
import io.clusterlinks.state.TransitionSink;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.MutableRecordBatch;

/**
 * A partition through random histories: clean and unclean elections and deletions at the source, leader changes with
 * lost tails here, appends and transitions that fail or are late, answers out of order. When all calms down, the log
 * must be the source's, batch by batch.
 */
class ReplicationSimulationTest {
    private static final TopicPartition TP = new TopicPartition("orders", 0);
    private static final int STEPS = 400;

    private Random random = new Random();
    private SimulatedSource source = new SimulatedSource(random);
    private FakeLog log = new FakeLog(TP);
    private LateSink sink = new LateSink();
    private StateInMemory state;
    private Replicator replicator;
    private int knownSourceEpoch;
    private long nowMs;
    private final Deque<Runnable> network = new ArrayDeque<>();
    private final List<String> history = new ArrayList<>();

    /** A coordinator that writes at once, or later, or fails; what failed may have been written. */
    private final class LateSink implements TransitionSink {
        private final Deque<Runnable> late = new ArrayDeque<>();

        @Override
        public CompletableFuture<Void> claim(List<PartitionClaim> claims) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletableFuture<Void> propose(List<PartitionTransition> transitions) {
            CompletableFuture<Void> answer = new CompletableFuture<>();
            Runnable write = () -> {
                state.propose(transitions);
            };
            switch (random.nextInt(4)) {
                case 0 -> answer.completeExceptionally(new RuntimeException("lost"));
                case 1 -> {
                    complete(write, new CompletableFuture<>());
                    answer.completeExceptionally(new RuntimeException("answer lost"));
                }
                case 2 -> late.add(() -> complete(write, answer));
                default -> complete(write, answer);
            }
            return answer;
        }

        private void complete(Runnable write, CompletableFuture<Void> answer) {
            try {
                write.run();
                answer.complete(null);
            } catch (LinkException e) {
                answer.completeExceptionally(e);
            }
        }
    }

    @Property(tries = 300, shrinking = ShrinkingMode.OFF)
    void theMirrorEndsUpEqualToItsSource(@ForAll long seed) {
        begin(seed);
        for (int i = 0; i < STEPS; i++) {
            act(random.nextInt(100));
        }
        calmDown();

        assertThat(replicator.stage()).as("%s %s", seed, history).isEqualTo(Replicator.Stage.RUNNING);
        assertThat(log.start)
                .as("%s %s", seed, history)
                .isEqualTo(Math.max(source.start, durable().startOffset()));
        assertThat(mirrored()).as("%s %s", seed, history).isEqualTo(expected());
    }

    private void begin(long seed) {
        random = new Random(seed);
        source = new SimulatedSource(random);
        log = new FakeLog(TP);
        sink = new LateSink();
        state = new StateInMemory();
        state.put(io.clusterlinks.Records.mirror(MirrorState.ACTIVE, StopMode.NONE));
        nowMs = 1_000_000;
        network.clear();
        history.clear();
        lead();
    }

    private void lead() {
        MirrorPartition partition = new MirrorPartition(
                "L", TP, "topic-id", new TopicPartition("source", 0), Uuid.ZERO_UUID, "earliest", log.leaderEpoch);
        state.claim(List.of(new PartitionClaim(TP.topic(), 0, "topic-id", log.leaderEpoch)));
        Transitions transitions = new Transitions(sink, durable(), 100, () -> {});
        Replicator.Settings settings = new Replicator.Settings(2_000, 100, Long.MAX_VALUE);
        replicator = new Replicator(partition, log, transitions, new FakeLeadership(), settings);
    }

    private PartitionRecord durable() {
        return state.image().partition(TP.topic(), 0).orElseThrow();
    }

    private void act(int dice) {
        nowMs += random.nextInt(50);
        if (dice < 20) {
            source.produce();
        } else if (dice < 23) {
            note("unclean election from " + source.end);
            source.elect(true);
        } else if (dice < 26) {
            source.elect(false);
        } else if (dice < 29) {
            source.deleteHead();
            note("start " + source.start);
        } else if (dice < 31) {
            changeLeader();
        } else if (dice < 33) {
            log.nextFailure = new AppendException(AppendException.Kind.NOT_REPLICATED, "injected", null);
        } else if (dice < 36) {
            knownSourceEpoch = source.epoch;
        } else if (dice < 60) {
            fetch();
        } else if (dice < 75) {
            deliver();
        } else if (dice < 80) {
            answer();
        } else if (dice < 85 && !sink.late.isEmpty()) {
            sink.late.poll().run();
        } else {
            replicator.step(nowMs);
        }
    }

    private void note(String what) {
        history.add(what);
    }

    /** Another replica becomes leader here; it may lack the tail, and knows what is durable. */
    private void changeLeader() {
        log.cut(Math.max(log.start, log.end - random.nextInt(3) * 5L));
        log.end = log.batches.isEmpty()
                ? log.start
                : log.batches.get(log.batches.size() - 1).nextOffset();
        log.leaderEpoch++;
        note("leader " + log.leaderEpoch + " at " + log.end);
        lead();
    }

    private void fetch() {
        Replicator asking = replicator;
        asking.cursor().next(nowMs).ifPresent(next -> {
            Fetched answer = source.fetch(next.offset(), next.lastEpoch(), knownSourceEpoch);
            network.add(() -> {
                asking.stats().onFetch(answer.logStartOffset(), answer.highWatermark(), log.end, nowMs);
                asking.cursor().offer(next, answer);
            });
        });
    }

    private void deliver() {
        if (!network.isEmpty()) {
            (random.nextBoolean() ? network.pollFirst() : network.pollLast()).run();
        }
    }

    private void answer() {
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

    private void calmDown() {
        for (int i = 0; i < 3_000; i++) {
            nowMs += 50;
            knownSourceEpoch = source.epoch;
            fetch();
            while (!network.isEmpty()) {
                network.poll().run();
            }
            answer();
            while (!sink.late.isEmpty()) {
                sink.late.poll().run();
            }
            replicator.step(nowMs);
        }
    }

    /** Base offset, size and content of each batch, without what the mirror stamps. */
    private static String describe(ByteBuffer bytes) {
        ByteBuffer copy = TestBatches.join(bytes);
        copy.putInt(BatchFormat.LEADER_EPOCH, 0);
        return copy.getLong(0) + ":" + copy.remaining() + ":" + java.util.Arrays.hashCode(copy.array());
    }

    private List<String> expected() {
        return source.batches.stream().map(batch -> describe(batch.bytes())).toList();
    }

    private List<String> mirrored() {
        List<String> mirrored = new ArrayList<>();
        for (MutableRecordBatch batch : log.batches) {
            if (batch.nextOffset() > log.start) {
                ByteBuffer bytes = ByteBuffer.allocate(batch.sizeInBytes());
                batch.writeTo(bytes);
                mirrored.add(describe(bytes.flip()));
            }
        }
        return mirrored;
    }
}
