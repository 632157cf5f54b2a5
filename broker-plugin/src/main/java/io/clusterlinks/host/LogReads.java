// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Records;
import org.apache.kafka.server.storage.log.FetchIsolation;
import org.apache.kafka.storage.internals.log.UnifiedLog;

/** Reads a local log into memory. */
final class LogReads {
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
