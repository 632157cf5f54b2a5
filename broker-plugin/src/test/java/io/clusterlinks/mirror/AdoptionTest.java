// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.host.LocalPartition.OpenTransaction;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import io.clusterlinks.source.FetchBuffer;
import io.clusterlinks.source.SourceFetchClient.Fetched;
import java.nio.ByteBuffer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** A topic that was here before its mirror is gone on with only if it is the source's as far as it goes. */
class AdoptionTest {
    private static final TopicPartition TP = new TopicPartition("mirror", 0);
    private static final MirrorPartition ADOPTED = new MirrorPartition(
            "L", TP, "topic-id", new TopicPartition("source", 0), Uuid.ZERO_UUID, MirrorPartition.EARLIEST, true, 1);
    private static final long BACKOFF_MS = 1000;

    private final FakeLog log = new FakeLog(TP);
    private final FakeSink sink = new FakeSink();
    private long nowMs = 50_000;
    private Replicator replicator;

    @Test
    void anEqualLogIsAdoptedWithTheSourcesLineageAndNothingIsAppendedYet() {
        log.append0(0, 10, 1);
        log.append0(10, 5, 1);
        start(0, 40);

        fetch(TestBatches.join(source(0, 10, 3), source(10, 5, 3), source(15, 5, 4)));

        PartitionRecord record = replicator.record();
        assertThat(record.startOffset()).isZero();
        assertThat(record.lineage()).containsExactly(new SourceEpoch(3, 0));
        assertThat(record.phase()).isEqualTo(Phase.MIRRORING);
        assertThat(log.end).isEqualTo(15);
        assertThat(replicator.cursor().next(nowMs)).isEmpty();
    }

    @Test
    void batchesMayComeInManyAnswersAndUnderManyEpochs() {
        log.append0(0, 10, 1);
        log.append0(10, 5, 1);
        log.append0(15, 5, 1);
        start(0, 20);

        fetch(source(0, 10, 3));
        assertThat(Records.isStarted(replicator.record())).isFalse();
        fetch(source(10, 5, 5));
        fetch(source(15, 5, 5));

        assertThat(replicator.record().lineage()).containsExactly(new SourceEpoch(3, 0), new SourceEpoch(5, 10));
    }

    @Test
    void theFirstDifferenceIsNamedAndNothingIsChanged() {
        log.append0(0, 10, 1);
        log.append0(10, 5, 1);
        log.append0(15, 5, 1);
        start(0, 40);
        ByteBuffer other = source(10, 5, 3);
        other.put(other.limit() - 2, (byte) (other.get(other.limit() - 2) + 1));

        fetch(TestBatches.join(source(0, 10, 3), other, source(15, 5, 3)));

        assertThat(replicator.record().phase()).isEqualTo(Phase.FAILED);
        assertThat(replicator.record().reason())
                .isEqualTo("mirror-0 differs from the source at offset 10: the records of the batch.");
        assertThat(log.end).isEqualTo(20);
    }

    @Test
    void batchesThatAreCutOtherwiseDiffer() {
        log.append0(0, 10, 1);
        log.append0(10, 5, 1);
        start(0, 40);

        fetch(TestBatches.join(source(0, 10, 3), source(10, 6, 3)));

        assertThat(replicator.record().reason())
                .contains("at offset 10: the batch there is 10 to 14, at the source 10 to 15");
    }

    @Test
    void aLogThatIsPastTheSourcesEndIsRefused() {
        log.append0(0, 10, 1);
        start(0, 8);

        assertThat(replicator.record().reason()).contains("ends at offset 10, past the source's end at 8");
    }

    @Test
    void aLogOfWhichTheSourceHasNothingAnyMoreIsRefused() {
        log.append0(0, 10, 1);
        start(10, 30);

        assertThat(replicator.record().reason()).contains("the source has deleted everything before 10");
    }

    @Test
    void whatOneSideHasDeletedIsNotCompared() {
        log.append0(0, 10, 1);
        log.append0(10, 5, 1);
        start(10, 40);

        assertThat(next().offset()).isEqualTo(10);
        fetch(source(10, 5, 3));

        assertThat(replicator.record().startOffset()).isEqualTo(10);
        assertThat(replicator.record().lineage()).containsExactly(new SourceEpoch(3, 10));
    }

    @Test
    void theSourceMayDeleteItsHeadMeanwhile() {
        log.append0(0, 10, 1);
        log.append0(10, 5, 1);
        start(0, 40);

        replicator
                .cursor()
                .offer(
                        next(),
                        new Fetched(Errors.OFFSET_OUT_OF_RANGE, -1, -1, -1, -1, -1, bytes()),
                        -1,
                        FetchBuffer.UNCOUNTED);
        step();
        answerRange(10, 40);

        assertThat(next().offset()).isEqualTo(10);
        fetch(source(10, 5, 3));
        assertThat(Records.isStarted(replicator.record())).isTrue();
    }

    @Test
    void aTopicWithoutRecordsStartsAsAnyMirror() {
        replicator = replicator();
        step();
        assertThat(replicator.question().orElseThrow().kind()).isEqualTo(Question.Kind.START_OFFSET);

        replicator.onAnswer(replicator.question().orElseThrow(), new Question.Answer(500, -1, -1, null), nowMs);
        step();

        assertThat(replicator.record().startOffset()).isEqualTo(500);
        assertThat(log.end).isZero();
        assertThat(replicator.cursor().next(nowMs)).isEmpty();
    }

    @Test
    void aTailThatNotEveryReplicaHasIsWaitedFor() {
        log.append0(0, 10, 1);
        log.highWatermark = 5L;
        start(0, 40);
        fetch(source(0, 10, 3));
        assertThat(Records.isStarted(replicator.record())).isFalse();

        log.highWatermark = null;
        step();

        assertThat(Records.isStarted(replicator.record())).isTrue();
    }

    @Test
    void aWriteThatSlippedInIsNoticed() {
        log.append0(0, 10, 1);
        sink.answersAtOnce = false;
        start(0, 40);
        fetch(source(0, 10, 3));
        log.append0(10, 1, 1);

        sink.lastAnswer().complete(null);
        step();
        sink.lastAnswer().complete(null);
        step();

        assertThat(sink.last().record().reason()).contains("was written to while it was compared");
    }

    @Test
    void producerIdsMayHavePassedAnyNumberOfLinks() {
        for (long id : new long[] {7, (1L << 48) + 7, (3L << 48) + 7}) {
            assertThat(difference(producer(7), producer(id))).as("id %d", id).isNull();
        }
        assertThat(difference(producer(7), producer(8))).isEqualTo("its producer");
        assertThat(difference(producer(7), producer(-1))).isNotNull();
    }

    @Test
    void aTransactionThatTheSourceCouldNeverEndIsRefused() {
        append(TestBatches.batch(0, 10, 1, 7, Compression.NONE));
        log.open.add(new OpenTransaction(7, (short) 3, -1, 0));
        start(0, 40);

        fetch(TestBatches.batch(0, 10, 1, 7, Compression.NONE));

        assertThat(replicator.record().reason()).contains("transaction that is open since offset 0, of producer 7");
    }

    @Test
    void aTransactionThatALinkCopiedMayBeOpen() {
        long hopped = BatchRewriter.hop(7);
        append(TestBatches.batch(0, 10, 1, hopped, Compression.NONE));
        log.open.add(new OpenTransaction(hopped, (short) 3, -1, 0));
        start(0, 40);

        fetch(TestBatches.batch(0, 10, 1, 7, Compression.NONE));

        assertThat(Records.isStarted(replicator.record())).isTrue();
    }

    @Test
    void everyFieldCounts() {
        ByteBuffer source = TestBatches.batch(0, 10, 3, 7, Compression.gzip().build());
        for (int at = 0; at < source.limit(); at++) {
            boolean framing = at >= BatchFormat.LENGTH && at < BatchFormat.LEADER_EPOCH || at == BatchFormat.MAGIC;
            boolean mayDiffer = at >= BatchFormat.LEADER_EPOCH && at < BatchFormat.MAGIC;
            if (!framing) {
                ByteBuffer here = ByteBuffer.allocate(source.limit())
                        .put(source.duplicate())
                        .flip();
                here.put(at, (byte) (here.get(at) ^ 1));
                assertThat(difference(source, here) == null).as("byte %d", at).isEqualTo(mayDiffer);
            }
        }
    }

    private static String difference(ByteBuffer source, ByteBuffer here) {
        return BatchComparison.difference(source, 0, here, 0);
    }

    private static ByteBuffer producer(long id) {
        return TestBatches.batch(0, 10, 3, id, Compression.NONE);
    }

    private void append(ByteBuffer batch) {
        try {
            log.append(batch);
        } catch (io.clusterlinks.host.AppendException e) {
            throw new AssertionError(e);
        }
    }

    /** As {@link FakeLog#append0} puts it here, under another leader epoch. */
    private static ByteBuffer source(long baseOffset, int count, int epoch) {
        ByteBuffer batch = TestBatches.batch(baseOffset, count, 1);
        return batch.putInt(BatchFormat.LEADER_EPOCH, epoch);
    }

    private void start(long sourceStart, long sourceEnd) {
        replicator = replicator();
        step();
        answerRange(sourceStart, sourceEnd);
    }

    private Replicator replicator() {
        Transitions transitions = new Transitions(sink, FakeSink.claimed(TP, 1), BACKOFF_MS, () -> {});
        return new Replicator(
                ADOPTED,
                log,
                transitions,
                new FakeLeadership(),
                new Replicator.Settings(1_000, BACKOFF_MS, Long.MAX_VALUE));
    }

    private void answerRange(long sourceStart, long sourceEnd) {
        Question question = replicator.question().orElseThrow();
        assertThat(question.kind()).isEqualTo(Question.Kind.RANGE);
        replicator.onAnswer(question, new Question.Answer(-1, sourceStart, sourceEnd, null), nowMs);
        step();
    }

    private void fetch(ByteBuffer batches) {
        replicator
                .cursor()
                .offer(next(), new Fetched(Errors.NONE, 40, 0, -1, -1, -1, batches), -1, FetchBuffer.UNCOUNTED);
        step();
    }

    private FetchCursor.Next next() {
        return replicator.cursor().next(nowMs).orElseThrow();
    }

    private static ByteBuffer bytes() {
        return ByteBuffer.allocate(0);
    }

    private void step() {
        for (int i = 0; i < 50; i++) {
            replicator.step(nowMs);
        }
    }
}
