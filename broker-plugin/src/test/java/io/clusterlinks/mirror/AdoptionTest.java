// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.host.LocalPartition.OpenTransaction;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Cut;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import java.nio.ByteBuffer;
import org.apache.kafka.common.compress.Compression;
import org.junit.jupiter.api.Test;

/** A topic that was here before its mirror is gone on with only if it is the source's as far as it goes. */
class AdoptionTest extends ReplicatorScene {
    @Test
    void anEqualLogIsAdoptedWithTheSourcesLineageAndNothingIsAppendedYet() {
        log.append0(0, 10, 1);
        log.append0(10, 5, 1);
        start(0, 40);

        compare(TestBatches.join(source(0, 10, 3), source(10, 5, 3), source(15, 5, 4)));

        PartitionRecord record = replicator.record();
        assertThat(record.startOffset()).isZero();
        assertThat(record.lineage()).containsExactly(new SourceEpoch(3, 0));
        assertThat(record.phase()).isEqualTo(Phase.MIRRORING);
        assertThat(log.end).isEqualTo(15);
        assertThat(replicator.cursor().next(nowMs)).isEmpty();
    }

    @Test
    void batchesMayComeInManyAnswersAndUnderManyEpochs() {
        threeBatchesHere();
        start(0, 20);

        compare(source(0, 10, 3));
        assertThat(Records.isStarted(replicator.record())).isFalse();
        compare(source(10, 5, 5));
        compare(source(15, 5, 5));

        assertThat(replicator.record().lineage()).containsExactly(new SourceEpoch(3, 0), new SourceEpoch(5, 10));
    }

    @Test
    void theFirstDifferenceIsNamedAndNothingIsChanged() {
        threeBatchesHere();
        start(0, 40);
        ByteBuffer other = source(10, 5, 3);
        other.put(other.limit() - 2, (byte) (other.get(other.limit() - 2) + 1));

        compare(TestBatches.join(source(0, 10, 3), other, source(15, 5, 3)));

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

        compare(TestBatches.join(source(0, 10, 3), source(10, 6, 3)));

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
        compare(source(10, 5, 3));

        assertThat(replicator.record().startOffset()).isEqualTo(10);
        assertThat(replicator.record().lineage()).containsExactly(new SourceEpoch(3, 10));
    }

    @Test
    void theSourceMayDeleteItsHeadMeanwhile() {
        log.append0(0, 10, 1);
        log.append0(10, 5, 1);
        start(0, 40);

        outOfRange(10, 40, null);

        assertThat(next().offset()).isEqualTo(10);
        compare(source(10, 5, 3));
        assertThat(Records.isStarted(replicator.record())).isTrue();
    }

    /** What was read here by then lies before what is compared next. */
    @Test
    void theSourceMayDeleteWhatIsBeingCompared() {
        threeBatchesHere();
        start(0, 40);
        compare(source(0, 10, 3));

        outOfRange(15, 40, null);
        compare(source(15, 5, 3));

        assertThat(replicator.record().reason()).isNull();
        assertThat(Records.isStarted(replicator.record())).isTrue();
    }

    @Test
    void aTopicWithoutRecordsStartsAsAnyMirror() {
        adopt();
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
        compare(source(0, 10, 3));
        assertThat(Records.isStarted(replicator.record())).isFalse();
        assertThat(replicator.stats().error()).isEqualTo("the in-sync replicas do not all have offset 10 yet");

        log.highWatermark = null;
        step();

        assertThat(replicator.stats().error()).isNull();
        assertThat(Records.isStarted(replicator.record())).isTrue();
    }

    /** It may have left with a tail of its own, which the source would be taken to have written. */
    @Test
    void aReplicaThatIsAwayIsKeptInMind() {
        log.append0(0, 10, 1);
        log.allFollow = false;
        start(0, 10);
        compare(source(0, 10, 3));

        assertThat(replicator.record().cuts()).containsExactly(new Cut(10, 1));
    }

    @Test
    void aWriteThatSlippedInIsNoticed() {
        log.append0(0, 10, 1);
        sink.answersAtOnce = false;
        start(0, 40);
        compare(source(0, 10, 3));
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
        long hopped = BatchRewriter.hop(BatchRewriter.hop(7));
        append(TestBatches.batch(0, 10, 1, hopped, Compression.NONE));
        log.open.add(new OpenTransaction(hopped, (short) 3, -1, 0));
        start(0, 40);

        compare(TestBatches.batch(0, 10, 1, 7, Compression.NONE));

        assertThat(replicator.record().reason())
                .contains("transaction that is open since offset 0, of producer " + hopped);
    }

    /** Its coordinator would ask for its marker all the time for as long as a terabyte takes. */
    @Test
    void aTransactionOfThisClusterIsRefusedBeforeAnythingIsCompared() {
        append(TestBatches.batch(0, 10, 1, 7, Compression.NONE));
        log.open.add(new OpenTransaction(7, (short) 3, -1, 0));

        start(0, 40);

        assertThat(replicator.record().reason()).contains("transaction that is open since offset 0, of producer 7");
    }

    @Test
    void aTransactionThatALinkCopiedMayBeOpen() {
        long hopped = BatchRewriter.hop(7);
        append(TestBatches.batch(0, 10, 1, hopped, Compression.NONE));
        log.open.add(new OpenTransaction(hopped, (short) 3, -1, 0));
        start(0, 40);

        compare(TestBatches.batch(0, 10, 1, 7, Compression.NONE));

        assertThat(Records.isStarted(replicator.record())).isTrue();
    }

    /** What it wrote was never compared, so nobody knows under which id a link knows it. */
    @Test
    void aTransactionThatIsOpenSinceBeforeTheSourceBeginsIsRefused() {
        long hopped = BatchRewriter.hop(9);
        append(TestBatches.batch(0, 10, 1, hopped, Compression.NONE));
        append(TestBatches.batch(10, 10, 1));
        log.open.add(new OpenTransaction(hopped, (short) 3, -1, 0));
        start(10, 40);

        compare(TestBatches.batch(10, 10, 1));

        assertThat(replicator.record().reason())
                .contains("transaction that is open since offset 0, of producer " + hopped);
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
        adopt();
        answerRange(sourceStart, sourceEnd, null);
    }

    private void adopt() {
        start(partition(MirrorPartition.EARLIEST, true), CLAIMED);
    }

    private void compare(ByteBuffer batches) {
        offer(next(), fetched(batches, 40, 0));
        step();
    }

    private void threeBatchesHere() {
        log.append0(0, 10, 1);
        log.append0(10, 5, 1);
        log.append0(15, 5, 1);
    }
}
