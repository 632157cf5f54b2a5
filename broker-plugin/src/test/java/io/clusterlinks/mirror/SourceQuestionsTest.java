// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.ManualTime;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.source.FetchBuffer;
import io.clusterlinks.source.SourceQueryClient;
import io.clusterlinks.source.SourceQueryClient.Offset;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SourceQuestionsTest {
    private static final TopicPartition TP = new TopicPartition("mirror", 0);
    private static final TopicPartition SOURCE = new TopicPartition("source", 0);
    private static final Node LEADER = new Node(1, "localhost", 1);

    private final ManualTime time = new ManualTime();
    private final FakeLog log = new FakeLog(TP);
    private final FakeSink sink = new FakeSink();
    /** What happens between a question and its answer. */
    private Runnable meanwhile = () -> {};

    /** Where the source ends; null if it does not say. */
    private Long end;

    private int refreshes;
    private PartitionTask task;

    @BeforeEach
    void start() {
        Replicator replicator = ReplicatorScene.replicator(log, sink, FakeSink.claimed(TP, 1));
        task = new PartitionTask(replicator, Runnable::run, time);
        task.leader(new SourceLeader(LEADER.id(), 5, Uuid.ZERO_UUID));
        task.wake();
    }

    @Test
    void theAnswerGoesToTheQuestion() {
        ask();

        assertThat(task.replicator().record().startOffset()).isEqualTo(40);
    }

    /** Taken for the range, where the log starts would have it start over at -1. */
    @Test
    void anAnswerIsNoneToWhatIsAskedByThen() {
        meanwhile = this::outOfRange;

        ask();

        assertThat(task.replicator().question().orElseThrow().kind()).isEqualTo(Question.Kind.RANGE);
        assertThat(task.replicator().record().startOffset()).isEqualTo(40);
        assertThat(log.start).isEqualTo(40);
    }

    /** A partition that was added and written to while this one was still written to would be missing. */
    @Test
    void aPromotionCountsThePartitionsWhenTheEndStandsStill() {
        ask();
        task.draining(77, 1);
        end = 40L;
        ask();
        assertThat(refreshes).isZero();

        time.sleep(500);
        ask();
        assertThat(refreshes).isEqualTo(1);

        task.drain().heard(new Drain.Size(77, 5, time.milliseconds(), 1));
        time.sleep(500);
        ask();
        assertThat(refreshes).isEqualTo(1);
    }

    /** Two looks just after another passed for an end that stands still, since the first had waited for others. */
    @Test
    void anEndIsAsOldAsItsQuestion() {
        ask();
        task.draining(77, 1);
        end = 40L;
        long roundMs = time.milliseconds();
        time.sleep(2_000);
        askInRoundOf(roundMs);
        time.sleep(50);
        ask();
        assertThat(refreshes).isZero();

        time.sleep(500);
        ask();
        assertThat(refreshes).isEqualTo(1);
    }

    /** Somebody else has asked the same, it was answered, and the first fetch was out of the source's range. */
    private void outOfRange() {
        meanwhile = () -> {};
        ask();
        FetchCursor cursor = task.replicator().cursor();
        cursor.offer(
                cursor.next(time.milliseconds()).orElseThrow(),
                ReplicatorScene.failed(Errors.OFFSET_OUT_OF_RANGE),
                5,
                FetchBuffer.UNCOUNTED);
        task.wake();
    }

    private void ask() {
        askInRoundOf(time.milliseconds());
    }

    private void askInRoundOf(long roundMs) {
        new SourceQuestions(client(), Duration.ofSeconds(1), () -> refreshes++, time::milliseconds)
                .ask(List.of(task), Map.of(LEADER.id(), LEADER), roundMs);
        task.wake();
    }

    private SourceQueryClient client() {
        return (SourceQueryClient) Proxy.newProxyInstance(
                SourceQueryClient.class.getClassLoader(),
                new Class<?>[] {SourceQueryClient.class},
                (proxy, method, arguments) -> {
                    assertThat(method.getName()).isEqualTo("offsets");
                    if (arguments[2].equals(SourceQueryClient.LATEST)) {
                        if (end == null) {
                            throw LinkException.unavailable("only where logs start is told here");
                        }
                        return Map.of(SOURCE, new Offset(Errors.NONE, end));
                    }
                    Runnable first = meanwhile;
                    meanwhile = () -> {};
                    first.run();
                    return Map.of(SOURCE, new Offset(Errors.NONE, 40));
                });
    }
}
