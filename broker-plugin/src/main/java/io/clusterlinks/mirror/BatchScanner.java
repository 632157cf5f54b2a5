// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.protocol.LinkException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;

/** Reads the headers of fetched batches and cuts them into runs that can be appended in one piece. */
final class BatchScanner {
    private BatchScanner() {}

    /**
     * Neighbouring batches of one source leader epoch.
     *
     * @param bytes position to limit holds the batches; shares memory with what was fetched
     * @param sourceEpoch leader epoch that the source stamped, -1 if it did not
     * @param baseOffset first offset of the first batch
     * @param nextOffset offset after the last batch
     */
    record Run(ByteBuffer bytes, int sourceEpoch, long baseOffset, long nextOffset) {
        int size() {
            return bytes.remaining();
        }
    }

    /**
     * What an answer cannot lie outside of. The CRC covers neither offsets nor epochs, so damage to them shows here or
     * nowhere.
     *
     * @param offset that was asked for
     * @param leaderEpoch of the source leader that was asked, -1 if unknown
     * @param highWatermark that the answer names, -1 if unknown; it may be a little older than the records
     */
    record Bounds(long offset, int leaderEpoch, long highWatermark) {
        static final Bounds NONE = new Bounds(-1, -1, -1);

        private void check(int epoch, long base, long next, long expected) {
            if (next <= offset) {
                throw corrupt("offsets " + base + " to " + (next - 1) + ", asked for " + offset);
            }
            if (leaderEpoch >= 0 && epoch > leaderEpoch) {
                throw corrupt("leader epoch " + epoch + " of a leader that is at " + leaderEpoch);
            }
            // Records may be newer than the high watermark that comes with them, but then mostly without a gap: only a
            // source that is a mirror itself, of a compacted topic, may have one there, for a moment.
            if (highWatermark >= 0 && expected >= 0 && base > expected && next > highWatermark) {
                throw corrupt(
                        "offset " + base + " after " + (expected - 1) + ", past the high watermark " + highWatermark);
            }
        }
    }

    /**
     * Cuts whole batches into runs of at most {@code maxBytes}; a single larger batch is a run of its own. A batch that
     * is cut off at the end is left out: it comes again with the next fetch.
     *
     * @throws LinkException UNSUPPORTED_FOR_MESSAGE_FORMAT for batches older than magic 2, CORRUPT_MESSAGE for bytes
     *     that are no batches
     */
    static List<Run> scan(ByteBuffer fetched, int maxBytes) {
        return scan(fetched, maxBytes, Bounds.NONE);
    }

    /** As above, for the answer to a fetch that a sane source could have given only within {@code bounds}. */
    static List<Run> scan(ByteBuffer fetched, int maxBytes, Bounds bounds) {
        List<Run> runs = new ArrayList<>();
        int limit = fetched.limit();
        int start = fetched.position();
        int position = start;
        int epoch = -1;
        long next = -1;
        long base = -1;
        while (limit - position > BatchFormat.MAGIC) {
            int size = sizeAt(fetched, position);
            if (size > limit - position) {
                break;
            }
            int batchEpoch = fetched.getInt(position + BatchFormat.LEADER_EPOCH);
            if (position > start && (batchEpoch != epoch || position - start > maxBytes - size)) {
                runs.add(new Run(fetched.slice(start, position - start), epoch, base, next));
                start = position;
            }
            long batchBase = fetched.getLong(position + BatchFormat.BASE_OFFSET);
            if (batchBase < next) {
                throw corrupt("offsets go backwards from " + next + " to " + batchBase);
            }
            long expected = next < 0 ? bounds.offset() : next;
            base = position == start ? batchBase : base;
            epoch = batchEpoch;
            next = nextOffset(fetched, position);
            bounds.check(batchEpoch, batchBase, next, expected);
            position += size;
        }
        if (position > start) {
            runs.add(new Run(fetched.slice(start, position - start), epoch, base, next));
        }
        if (runs.isEmpty() && bounds != Bounds.NONE && fetched.hasRemaining()) {
            throw corrupt("not even one whole batch, " + fetched.remaining() + " bytes");
        }
        return runs;
    }

    /** Size of the batch at {@code position}; checks that it is one. */
    static int sizeAt(ByteBuffer batches, int position) {
        int length = batches.getInt(position + BatchFormat.LENGTH);
        byte magic = batches.get(position + BatchFormat.MAGIC);
        if (magic != BatchFormat.MAGIC_2) {
            if (magic == 0 || magic == 1) {
                throw new LinkException(
                        Errors.UNSUPPORTED_FOR_MESSAGE_FORMAT,
                        "unsupported message format: the source stores records at offset "
                                + batches.getLong(position) + " in format v" + magic
                                + " (before Kafka 0.11), and links copy format v2 only; start the mirror after them");
            }
            throw corrupt("magic " + magic);
        }
        if (length < BatchFormat.HEADER_BYTES - BatchFormat.PREFIX_BYTES) {
            throw corrupt("batch length " + length);
        }
        if (length > Integer.MAX_VALUE - BatchFormat.PREFIX_BYTES) {
            throw corrupt("batch length " + length);
        }
        return length + BatchFormat.PREFIX_BYTES;
    }

    /** Offset after the batch at {@code position}. */
    static long nextOffset(ByteBuffer batches, int position) {
        long base = batches.getLong(position + BatchFormat.BASE_OFFSET);
        int delta = batches.getInt(position + BatchFormat.LAST_OFFSET_DELTA);
        if (base < 0 || delta < 0 || base > Long.MAX_VALUE - delta - 1) {
            throw corrupt("base offset " + base + " and last offset delta " + delta);
        }
        return base + delta + 1;
    }

    private static LinkException corrupt(String what) {
        return new LinkException(
                Errors.CORRUPT_MESSAGE, "the source sent bytes that are no record batch (" + what + ")");
    }
}
