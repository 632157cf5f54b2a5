// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import io.clusterlinks.source.FetchBuffer;
import io.clusterlinks.source.SourceFetchClient.Fetched;
import io.clusterlinks.source.SourceQueryClient.EpochEnd;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;

/** A replicator that is stepped by hand; its log, its coordinator and its source do as the test says. */
abstract class ReplicatorScene {
    static final TopicPartition TP = new TopicPartition("mirror", 0);
    static final PartitionRecord CLAIMED = FakeSink.claimed(TP, 1);
    static final long BACKOFF_MS = 1000;

    final FakeLog log = new FakeLog(TP);
    final FakeSink sink = new FakeSink();
    long maxTruncation = Long.MAX_VALUE;
    long nowMs = 50_000;
    /** Whether each look at the source's metadata finds the same topic. */
    boolean sameTopic = true;
    /** Whether it is the first one since this broker leads. */
    boolean takesOver;

    Replicator replicator;
    /** Whether an answer of the coordinator arrived since the last step. */
    private boolean awake;

    static MirrorPartition partition(long startOffset, boolean adopts) {
        TopicPartition source = new TopicPartition("source", 0);
        return new MirrorPartition("L", TP, "topic-id", source, Uuid.ZERO_UUID, startOffset, adopts, 1);
    }

    /** A replicator that nobody steps yet. */
    static Replicator replicator(FakeLog log, FakeSink sink, PartitionRecord record) {
        return new Replicator(
                partition(MirrorPartition.EARLIEST, false),
                log,
                new Transitions(sink, record, 100, () -> {}),
                new FakeLeadership(),
                new Replicator.Settings(100_000, 100, Long.MAX_VALUE));
    }

    /** A partition that has begun to mirror at 0. */
    static PartitionRecord record(SourceEpoch... lineage) {
        return Records.withLineage(Records.started(CLAIMED, 0), List.of(lineage));
    }

    void start(PartitionRecord record) {
        start(partition(MirrorPartition.EARLIEST, false), record);
    }

    void start(MirrorPartition partition, PartitionRecord record) {
        Transitions transitions = new Transitions(sink, record, BACKOFF_MS, () -> awake = true);
        Replicator.Settings settings = new Replicator.Settings(1_000, BACKOFF_MS, maxTruncation);
        replicator = new Replicator(partition, log, transitions, new FakeLeadership(), settings);
        if (takesOver) {
            replicator.expectNothingAppended();
        }
        step();
    }

    /** Something happened: it is stepped while there is more to do, and further only if it waits for time. */
    void step() {
        int rounds = 0;
        do {
            awake = false;
            while (replicator.step(nowMs)) {
                assertThat(log.appends).isLessThan(10_000);
            }
            awake |= sameTopic && replicator.difference().onSameTopic(nowMs + 1);
        } while ((awake || replicator.waitsForTime()) && ++rounds < 5);
    }

    FetchCursor.Next next() {
        return replicator.cursor().next(nowMs).orElseThrow();
    }

    /** The source answers; returns whether there is something to act on. */
    boolean offer(FetchCursor.Next asked, Fetched fetched) {
        return replicator.cursor().offer(asked, fetched, -1, FetchBuffer.UNCOUNTED);
    }

    void fetch(ByteBuffer batches) {
        fetch(batches, -1, -1);
    }

    void fetch(ByteBuffer batches, long sourceEnd, long sourceStart) {
        Fetched fetched = fetched(batches, sourceEnd, sourceStart);
        replicator.stats().onFetch(0, sourceStart, sourceEnd, log.end, nowMs);
        assertThat(offer(next(), fetched)).isTrue();
    }

    /** The source says that the position is out of range, and when asked, what its range is. */
    void outOfRange(long start, long end, EpochEnd epochEnd) {
        offer(next(), failed(Errors.OFFSET_OUT_OF_RANGE));
        step();
        answerRange(start, end, epochEnd);
    }

    void answerRange(long start, long end, EpochEnd epochEnd) {
        Question question = replicator.question().orElseThrow();
        assertThat(question.kind()).isEqualTo(Question.Kind.RANGE);
        replicator.onAnswer(question, new Question.Answer(-1, start, end, epochEnd), nowMs);
        step();
    }

    static Fetched fetched(ByteBuffer batches, long sourceEnd, long sourceStart) {
        return new Fetched(Errors.NONE, sourceEnd, sourceStart, -1, -1, -1, batches);
    }

    static Fetched failed(Errors error) {
        return new Fetched(error, -1, -1, -1, -1, -1, ByteBuffer.allocate(0));
    }

    /** The source's largest epoch not above ours is {@code epoch}, and ends at {@code end}. */
    static Fetched diverging(int epoch, long end) {
        return new Fetched(Errors.NONE, 100, 0, epoch, end, -1, ByteBuffer.allocate(0));
    }
}
