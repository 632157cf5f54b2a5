// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterlinks.mirror.BatchScanner.Run;
import io.clusterlinks.protocol.LinkException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.junit.jupiter.api.Test;

class BatchRewriterTest {
    private static final List<Compression> COMPRESSIONS = List.of(
            Compression.NONE, Compression.gzip().build(), Compression.lz4().build());

    @Property(tries = 300)
    void stampsTheEpochHopsTheProducerAndKeepsTheBatchValid(
            @ForAll @LongRange(min = 0, max = (1L << 62) - 1) long producerId,
            @ForAll @IntRange(min = 1, max = 50) int records,
            @ForAll @IntRange(min = 0, max = 2) int compression,
            @ForAll @IntRange(min = 0) int epoch) {
        ByteBuffer batch = TestBatches.batch(100, records, 3, producerId, COMPRESSIONS.get(compression));
        List<Record> before = records(TestBatches.parse(batch).get(0));

        BatchRewriter.rewrite(batch, epoch);

        MutableRecordBatch rewritten = TestBatches.parse(batch).get(0);
        rewritten.ensureValid();
        assertThat(rewritten.partitionLeaderEpoch()).isEqualTo(epoch);
        assertThat(rewritten.producerId()).isEqualTo(producerId + (1L << 48));
        assertThat(rewritten.producerEpoch()).isEqualTo((short) 3);
        assertThat(rewritten.baseOffset()).isEqualTo(100);
        assertThat(records(rewritten)).isEqualTo(before);
    }

    private static List<Record> records(MutableRecordBatch batch) {
        List<Record> records = new ArrayList<>();
        batch.forEach(records::add);
        return records;
    }

    @Test
    void aBatchWithoutProducerKeepsItsBytesButForTheEpoch() {
        ByteBuffer batch = TestBatches.batch(5, 2, 3);
        ByteBuffer expected =
                ByteBuffer.allocate(batch.remaining()).put(batch.duplicate()).flip();
        expected.putInt(BatchFormat.LEADER_EPOCH, 9);

        BatchRewriter.rewrite(batch, 9);

        assertThat(batch).isEqualTo(expected);
    }

    @Test
    void rewritesEveryBatch() {
        ByteBuffer both = TestBatches.join(
                TestBatches.batch(0, 2, 1, 7, Compression.NONE), TestBatches.batch(2, 1, 1, 8, Compression.NONE));

        BatchRewriter.rewrite(both, 4);

        assertThat(TestBatches.parse(both))
                .extracting(MutableRecordBatch::producerId)
                .containsExactly(7 + (1L << 48), 8 + (1L << 48));
        TestBatches.parse(both).forEach(MutableRecordBatch::ensureValid);
    }

    @Test
    void damagedRecordsStayDamaged() {
        ByteBuffer batch = TestBatches.batch(0, 10, 1, 7, Compression.NONE);
        batch.put(batch.limit() - 3, (byte) (batch.get(batch.limit() - 3) ^ 1));

        BatchRewriter.rewrite(batch, 4);

        assertThatThrownBy(() -> TestBatches.parse(batch).get(0).ensureValid())
                .isInstanceOf(CorruptRecordException.class);
    }

    /** Any client of the source can write such an id; it must not end the mirror. */
    @Test
    void anIdThatHasNoRoomForAnotherLinkStaysAsItIs() {
        assertThat(BatchRewriter.hop(Long.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
        assertThat(BatchRewriter.hop(0x7FFF_0000_0000_0000L)).isEqualTo(0x7FFF_0000_0000_0000L);
        assertThat(BatchRewriter.hop(0x7FFE_0000_0000_0001L)).isEqualTo(0x7FFF_0000_0000_0001L);
    }

    @Test
    void runsAreCutAtSourceEpochsAndAtTheAppendLimit() {
        ByteBuffer a = TestBatches.batch(0, 5, 1);
        ByteBuffer b = TestBatches.batch(5, 5, 1);
        ByteBuffer c = TestBatches.batch(20, 5, 2);
        int size = a.remaining();

        List<Run> runs = BatchScanner.scan(TestBatches.join(a, b, c), 2 * size);
        List<Run> small = BatchScanner.scan(TestBatches.join(a, b, c), size);

        assertThat(runs).extracting(Run::sourceEpoch).containsExactly(1, 2);
        assertThat(runs).extracting(Run::baseOffset).containsExactly(0L, 20L);
        assertThat(runs).extracting(Run::nextOffset).containsExactly(10L, 25L);
        assertThat(small).extracting(Run::baseOffset).containsExactly(0L, 5L, 20L);
    }

    @Property(tries = 200)
    void aBatchThatIsCutOffIsLeftOut(@ForAll @IntRange(min = 0, max = 400) int cut) {
        ByteBuffer whole = TestBatches.batch(0, 5, 1);
        ByteBuffer next = TestBatches.batch(5, 20, 1);
        ByteBuffer fetched = TestBatches.join(whole, next);
        fetched.limit(whole.remaining() + Math.min(cut, next.remaining() - 1));

        List<Run> runs = BatchScanner.scan(fetched, 1_000_000);

        assertThat(runs).hasSize(1);
        assertThat(runs.get(0).nextOffset()).isEqualTo(5);
        assertThat(runs.get(0).size()).isEqualTo(whole.remaining());
    }

    @Test
    void oldFormatsAreNamed() {
        ByteBuffer batch = TestBatches.batch(0, 5, 1);
        batch.put(BatchFormat.MAGIC, (byte) 1);

        assertThatThrownBy(() -> BatchScanner.scan(batch, 1000))
                .isInstanceOf(LinkException.class)
                .hasMessageContaining("format v1");
    }

    @Test
    void nonsenseIsCorruptAndEndsTheScan() {
        ByteBuffer batch = TestBatches.batch(0, 5, 1);
        batch.putInt(BatchFormat.LENGTH, 3);

        assertThatThrownBy(() -> BatchScanner.scan(batch, 1000))
                .isInstanceOf(LinkException.class)
                .hasMessageContaining("no record batch");
    }

    /** Neither offsets nor epochs are covered by a CRC. */
    @Test
    void whatTheAnswerItselfRulesOutIsCorrupt() {
        BatchScanner.Bounds bounds = new BatchScanner.Bounds(10, 3, 20);

        assertRefused(TestBatches.batch(0, 10, 3), bounds, "asked for 10");
        assertRefused(TestBatches.batch(10, 5, 4), bounds, "leader epoch 4");
        assertRefused(TestBatches.batch(30, 5, 3), bounds, "past the high watermark 20");
        ByteBuffer overflowing = TestBatches.batch(10, 5, 3);
        overflowing.putLong(BatchFormat.BASE_OFFSET, Long.MAX_VALUE - 4);
        assertRefused(overflowing, bounds, "base offset");
        ByteBuffer cut = TestBatches.batch(10, 5, 3);
        cut.limit(cut.limit() - 1);
        assertRefused(cut, bounds, "not even one whole batch");
    }

    @Test
    void aBatchThatHoldsTheOffsetGapsAndNewRecordsAreFine() {
        BatchScanner.Bounds bounds = new BatchScanner.Bounds(10, 3, 20);

        assertThat(BatchScanner.scan(TestBatches.batch(8, 5, 3), 1000, bounds)).hasSize(1);
        assertThat(BatchScanner.scan(TestBatches.batch(13, 5, 2), 1000, bounds)).hasSize(1);
        // The high watermark was read before the records were.
        assertThat(BatchScanner.scan(TestBatches.batch(10, 15, 3), 1000, bounds))
                .hasSize(1);
    }

    private static void assertRefused(ByteBuffer fetched, BatchScanner.Bounds bounds, String why) {
        assertThatThrownBy(() -> BatchScanner.scan(fetched, 1000, bounds))
                .isInstanceOf(LinkException.class)
                .hasMessageContaining(why);
    }
}
