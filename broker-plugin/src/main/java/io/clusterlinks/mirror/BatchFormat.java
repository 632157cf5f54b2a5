// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

/** Where the fields of a magic-2 record batch are; the format on disk and on the wire since Kafka 0.11 (KIP-98). */
final class BatchFormat {
    static final int BASE_OFFSET = 0;
    static final int LENGTH = 8;
    /** Bytes before the part that {@link #LENGTH} counts. */
    static final int PREFIX_BYTES = 12;

    static final int LEADER_EPOCH = 12;
    static final int MAGIC = 16;
    static final int CRC = 17;
    /** The CRC covers everything from here on. */
    static final int ATTRIBUTES = 21;

    static final int LAST_OFFSET_DELTA = 23;
    static final int PRODUCER_ID = 43;
    static final int HEADER_BYTES = 61;
    static final byte MAGIC_2 = 2;

    private BatchFormat() {}
}
