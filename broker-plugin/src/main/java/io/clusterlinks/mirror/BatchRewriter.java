// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import java.nio.ByteBuffer;

/**
 * Makes fetched batches fit for the local log, in place and without reading their records: stamps the local leader
 * epoch, which the CRC does not cover, and moves producer ids one hop on, patching the CRC by the change. A batch whose
 * records are damaged fails its CRC afterwards as it did before.
 *
 * <p>Producer ids are allocated per cluster, from 0: a mirrored one could equal a local one, and the broker would take
 * a local producer's writes for duplicates. So bits 62 to 48 of a mirrored id count the links it has passed, and ids of
 * different hops never meet.
 */
final class BatchRewriter {
    private static final int HOP_SHIFT = 48;
    private static final int MAX_HOPS = (1 << 15) - 1;

    private BatchRewriter() {}

    /**
     * Rewrites whole batches, from position to limit.
     */
    static void rewrite(ByteBuffer batches, int leaderEpoch) {
        int position = batches.position();
        while (position < batches.limit()) {
            int size = BatchScanner.sizeAt(batches, position);
            batches.putInt(position + BatchFormat.LEADER_EPOCH, leaderEpoch);
            long producerId = batches.getLong(position + BatchFormat.PRODUCER_ID);
            if (producerId >= 0) {
                long hopped = hop(producerId);
                batches.putLong(position + BatchFormat.PRODUCER_ID, hopped);
                int crc = batches.getInt(position + BatchFormat.CRC);
                int bytesAfter = size - BatchFormat.PRODUCER_ID - Long.BYTES;
                batches.putInt(position + BatchFormat.CRC, Crc32cPatch.patch(crc, producerId, hopped, bytesAfter));
            }
            position += size;
        }
    }

    /** The producer id as its own cluster gave it out. */
    static long withoutHops(long producerId) {
        return producerId & ((1L << HOP_SHIFT) - 1);
    }

    /**
     * The producer id after one more link. One that says to have passed as many as fit stays as it is: nobody gives out
     * such an id, but any client can write it, and here too it is none that a local producer has.
     */
    static long hop(long producerId) {
        return producerId >>> HOP_SHIFT >= MAX_HOPS ? producerId : producerId + (1L << HOP_SHIFT);
    }
}
