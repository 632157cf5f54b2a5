// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** Batches as a source would store them. */
final class TestBatches {
    private TestBatches() {}

    /** A batch of {@code count} plain records. */
    static ByteBuffer batch(long baseOffset, int count, int sourceEpoch) {
        return batch(baseOffset, count, sourceEpoch, -1L, Compression.NONE);
    }

    static ByteBuffer batch(long baseOffset, int count, int sourceEpoch, long producerId, Compression compression) {
        SimpleRecord[] records = new SimpleRecord[count];
        for (int i = 0; i < count; i++) {
            records[i] = new SimpleRecord(
                    1_000 + baseOffset + i, ("k" + (baseOffset + i)).getBytes(), ("e" + sourceEpoch).getBytes());
        }
        boolean idempotent = producerId >= 0;
        MemoryRecords built = MemoryRecords.withRecords(
                RecordBatch.MAGIC_VALUE_V2,
                baseOffset,
                compression,
                TimestampType.CREATE_TIME,
                producerId,
                (short) (idempotent ? 3 : -1),
                idempotent ? 0 : -1,
                sourceEpoch,
                false,
                records);
        return built.buffer();
    }

    static ByteBuffer join(ByteBuffer... parts) {
        int size = 0;
        for (ByteBuffer part : parts) {
            size += part.remaining();
        }
        ByteBuffer joined = ByteBuffer.allocate(size);
        for (ByteBuffer part : parts) {
            joined.put(part.duplicate());
        }
        return joined.flip();
    }

    static List<MutableRecordBatch> parse(ByteBuffer bytes) {
        List<MutableRecordBatch> batches = new ArrayList<>();
        MemoryRecords.readableRecords(bytes.duplicate()).batches().forEach(batches::add);
        return batches;
    }
}
