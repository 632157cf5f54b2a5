// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import java.nio.ByteBuffer;

/**
 * Holds one batch of a log here against the same batch of the source. What a link changes when it copies a batch may
 * differ: the leader epoch, the hops of the producer id, and the CRC by just that. Pure.
 */
final class BatchComparison {
    private static final int TIMESTAMPS = 27;
    private static final int PRODUCER_EPOCH = 51;
    private static final int BASE_SEQUENCE = 53;
    private static final int RECORD_COUNT = 57;

    private BatchComparison() {}

    /** What differs between the batch at {@code sourceAt} and the one at {@code hereAt}; null if nothing does. */
    static String difference(ByteBuffer source, int sourceAt, ByteBuffer here, int hereAt) {
        int size = BatchScanner.sizeAt(source, sourceAt);
        if (source.getLong(sourceAt) != here.getLong(hereAt)
                || BatchScanner.nextOffset(source, sourceAt) != BatchScanner.nextOffset(here, hereAt)) {
            return "the batch there is " + offsets(here, hereAt) + ", at the source " + offsets(source, sourceAt);
        }
        if (size != BatchScanner.sizeAt(here, hereAt)) {
            return "the batch there has " + BatchScanner.sizeAt(here, hereAt) + " bytes, at the source " + size;
        }
        if (!equal(source, sourceAt, here, hereAt, BatchFormat.ATTRIBUTES, BatchFormat.LAST_OFFSET_DELTA)) {
            return "attributes of the batch (compression, kind of timestamp, transaction, marker)";
        }
        if (!equal(source, sourceAt, here, hereAt, TIMESTAMPS, BatchFormat.PRODUCER_ID)) {
            return "timestamps of the batch";
        }
        if (!equal(source, sourceAt, here, hereAt, PRODUCER_EPOCH, BASE_SEQUENCE)
                || !isSameProducer(producerId(source, sourceAt), producerId(here, hereAt))) {
            return "its producer";
        }
        if (!equal(source, sourceAt, here, hereAt, BASE_SEQUENCE, RECORD_COUNT)) {
            return "its sequence number";
        }
        if (!equal(source, sourceAt, here, hereAt, RECORD_COUNT, size)) {
            return "the records of the batch";
        }
        return hasCrcOf(source, sourceAt, here, hereAt, size) ? null : "the checksum of the batch";
    }

    static long producerId(ByteBuffer batches, int at) {
        return batches.getLong(at + BatchFormat.PRODUCER_ID);
    }

    private static String offsets(ByteBuffer batches, int at) {
        return batches.getLong(at) + " to " + (BatchScanner.nextOffset(batches, at) - 1);
    }

    /** Whether the ids are the same but for the links they have passed. */
    private static boolean isSameProducer(long source, long here) {
        return source < 0 || here < 0
                ? source == here
                : BatchRewriter.withoutHops(source) == BatchRewriter.withoutHops(here);
    }

    private static boolean hasCrcOf(ByteBuffer source, int sourceAt, ByteBuffer here, int hereAt, int size) {
        int expected = Crc32cPatch.patch(
                source.getInt(sourceAt + BatchFormat.CRC),
                producerId(source, sourceAt),
                producerId(here, hereAt),
                size - BatchFormat.PRODUCER_ID - Long.BYTES);
        return here.getInt(hereAt + BatchFormat.CRC) == expected;
    }

    private static boolean equal(ByteBuffer source, int sourceAt, ByteBuffer here, int hereAt, int from, int to) {
        return source.slice(sourceAt + from, to - from).equals(here.slice(hereAt + from, to - from));
    }
}
