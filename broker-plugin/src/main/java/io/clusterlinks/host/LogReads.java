// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.Records;
import org.apache.kafka.server.storage.log.FetchIsolation;
import org.apache.kafka.storage.internals.log.LogSegment;
import org.apache.kafka.storage.internals.log.UnifiedLog;

/** Reads a local log into memory. */
final class LogReads {
    private static final long NONE = -1;

    private LogReads() {}

    /** Whole batches from the one that holds {@code offset} on, at least one unless {@code offset} is the log end. */
    static ByteBuffer read(UnifiedLog log, long offset, int maxBytes) {
        try {
            Records records = log.read(offset, maxBytes, FetchIsolation.LOG_END, true).records;
            return wholeBatches(toBuffer(records));
        } catch (IOException e) {
            throw new KafkaStorageException("Cannot read " + log.topicPartition() + " at offset " + offset, e);
        }
    }

    /**
     * Where the last batch ends that lies before {@code offset} as a whole; the log start if there is none. Not later
     * than {@code offset}, and earlier if that lies inside a batch or behind a gap.
     */
    static long endBefore(UnifiedLog log, long offset) {
        List<LogSegment> segments = log.logSegments();
        for (int i = segments.size() - 1; i >= 0; i--) {
            LogSegment segment = segments.get(i);
            long end = segment.baseOffset() < offset ? endBefore(log, segment, offset) : NONE;
            if (end != NONE) {
                return Math.max(end, log.logStartOffset());
            }
        }
        return log.logStartOffset();
    }

    private static long endBefore(UnifiedLog log, LogSegment segment, long offset) {
        long end = NONE;
        try {
            // An index entry names the last offset of what was appended at its position.
            int position = segment.offsetIndex().lookup(offset - 1).position();
            for (RecordBatch batch : segment.log().batchesFrom(position)) {
                if (batch.nextOffset() > offset) {
                    break;
                }
                end = batch.nextOffset();
            }
        } catch (IOException e) {
            throw new KafkaStorageException("Cannot read " + log.topicPartition() + " before offset " + offset, e);
        }
        return end;
    }

    private static ByteBuffer toBuffer(Records records) throws IOException {
        if (records instanceof FileRecords file) {
            ByteBuffer buffer = ByteBuffer.allocate(file.sizeInBytes());
            file.readInto(buffer, 0);
            return buffer;
        }
        return ((MemoryRecords) records).buffer();
    }

    private static ByteBuffer wholeBatches(ByteBuffer buffer) {
        int end = buffer.position();
        while (buffer.limit() - end >= BatchHeader.LOG_OVERHEAD
                && buffer.limit() - end >= BatchHeader.size(buffer, end)) {
            end += BatchHeader.size(buffer, end);
        }
        return buffer.limit(end);
    }
}
