// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.Utils;

/** Record batches as bytes: builds the few that the plugin writes itself and reads the ones it must understand. */
public final class RecordBatches {
    private RecordBatches() {}

    /** A record with its offset; key and value may be null. */
    public record OffsetRecord(long offset, byte[] key, byte[] value) {}

    /** A key with a value, or with null for a tombstone. */
    public record KeyValue(byte[] key, byte[] value) {}

    /** The bytes of a fetched partition; empty if there are none. Shares memory with the response. */
    public static ByteBuffer of(FetchResponseData.PartitionData partition) {
        return partition.records() instanceof MemoryRecords records ? records.buffer() : ByteBuffer.allocate(0);
    }

    /** One uncompressed batch of plain records, the first at {@code baseOffset}. */
    public static ByteBuffer data(long baseOffset, int leaderEpoch, long timestampMs, List<KeyValue> records) {
        int bytes = RecordBatch.MAGIC_VALUE_V2 + 1024;
        for (KeyValue record : records) {
            bytes += 64 + record.key().length + (record.value() == null ? 0 : record.value().length);
        }
        try (MemoryRecordsBuilder builder = new MemoryRecordsBuilder(
                ByteBuffer.allocate(bytes),
                RecordBatch.MAGIC_VALUE_V2,
                Compression.NONE,
                TimestampType.CREATE_TIME,
                baseOffset,
                timestampMs,
                RecordBatch.NO_PRODUCER_ID,
                RecordBatch.NO_PRODUCER_EPOCH,
                RecordBatch.NO_SEQUENCE,
                false,
                false,
                leaderEpoch,
                Integer.MAX_VALUE)) {
            records.forEach(record -> builder.append(timestampMs, record.key(), record.value()));
            return builder.build().buffer();
        }
    }

    /** A control batch that aborts {@code transaction}, at {@code offset}. */
    public static ByteBuffer abortMarker(
            long offset, int leaderEpoch, long timestampMs, LocalPartition.OpenTransaction transaction) {
        EndTransactionMarker marker =
                new EndTransactionMarker(ControlRecordType.ABORT, Math.max(0, transaction.coordinatorEpoch()));
        return MemoryRecords.withEndTransactionMarker(
                        offset, timestampMs, leaderEpoch, transaction.producerId(), transaction.producerEpoch(), marker)
                .buffer();
    }

    /** The records of whole batches, control records left out. */
    public static List<OffsetRecord> read(ByteBuffer batches) {
        List<OffsetRecord> records = new ArrayList<>();
        for (MutableRecordBatch batch : MemoryRecords.readableRecords(batches).batches()) {
            if (batch.isControlBatch()) {
                continue;
            }
            for (Record record : batch) {
                records.add(new OffsetRecord(
                        record.offset(), Utils.toNullableArray(record.key()), Utils.toNullableArray(record.value())));
            }
        }
        return records;
    }

    /** Leader epoch of the last whole batch; {@code otherwise} if there is none. */
    public static int lastEpoch(ByteBuffer batches, int otherwise) {
        int last = otherwise;
        for (MutableRecordBatch batch : MemoryRecords.readableRecords(batches).batches()) {
            last = batch.partitionLeaderEpoch();
        }
        return last;
    }

    /** Offset after the last whole batch; {@code otherwise} if there is none. Empty batches, left by compaction, count. */
    public static long nextOffset(ByteBuffer batches, long otherwise) {
        long next = otherwise;
        for (MutableRecordBatch batch : MemoryRecords.readableRecords(batches).batches()) {
            next = batch.nextOffset();
        }
        return next;
    }
}
