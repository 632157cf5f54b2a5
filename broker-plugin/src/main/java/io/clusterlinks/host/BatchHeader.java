// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import java.nio.ByteBuffer;

/** Fields at the head of a record batch, see "Record Batch" in Kafka's protocol guide. */
final class BatchHeader {
    /** Base offset and length. */
    static final int LOG_OVERHEAD = 12;

    private static final int LENGTH_OFFSET = 8;
    private static final int LEADER_EPOCH_OFFSET = 12;

    private BatchHeader() {}

    static long baseOffset(ByteBuffer batches, int position) {
        return batches.getLong(position);
    }

    /** Bytes of the whole batch. */
    static int size(ByteBuffer batches, int position) {
        return LOG_OVERHEAD + batches.getInt(position + LENGTH_OFFSET);
    }

    static int leaderEpoch(ByteBuffer batches, int position) {
        return batches.getInt(position + LEADER_EPOCH_OFFSET);
    }
}
