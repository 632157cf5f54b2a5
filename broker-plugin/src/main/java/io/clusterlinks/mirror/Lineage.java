// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a mirror partition's source epochs: which leader of the source wrote which offsets. Entries at or past the log
 * end may be left over from an append that never happened; every method takes the log end and does not see them.
 */
final class Lineage {
    static final int UNKNOWN = -1;

    private Lineage() {}

    /** Source epoch of the record before {@code endOffset}; {@link #UNKNOWN} if there is none. */
    static int lastEpoch(List<SourceEpoch> lineage, long endOffset) {
        int epoch = UNKNOWN;
        for (SourceEpoch entry : lineage) {
            if (entry.startOffset() < endOffset) {
                epoch = entry.epoch();
            }
        }
        return epoch;
    }

    /**
     * Whether it is recorded that batches of {@code epoch} may be appended from {@code baseOffset} to {@code endOffset}.
     * Another epoch may have been recorded in between, of batches that were never appended and that the source has lost.
     */
    static boolean covers(List<SourceEpoch> lineage, int epoch, long baseOffset, long endOffset) {
        return lastEpoch(lineage, baseOffset + 1) == epoch && lastEpoch(lineage, endOffset) == epoch;
    }

    /** The lineage of a log cut off at {@code endOffset}. */
    static List<SourceEpoch> trimmed(List<SourceEpoch> lineage, long endOffset) {
        return lineage.stream().filter(entry -> entry.startOffset() < endOffset).toList();
    }

    /** The lineage from {@code startOffset} on: what ended before it goes. */
    static List<SourceEpoch> since(List<SourceEpoch> lineage, long startOffset) {
        int first = 0;
        for (int i = 0; i < lineage.size(); i++) {
            first = lineage.get(i).startOffset() <= startOffset ? i : first;
        }
        return List.copyOf(lineage.subList(first, lineage.size()));
    }

    /** The lineage of a log that ends at {@code endOffset} and goes on with {@code epoch} at {@code baseOffset}. */
    static List<SourceEpoch> extended(List<SourceEpoch> lineage, long endOffset, int epoch, long baseOffset) {
        List<SourceEpoch> extended = new ArrayList<>(trimmed(lineage, endOffset));
        if (extended.isEmpty() || extended.get(extended.size() - 1).epoch() != epoch) {
            extended.add(new SourceEpoch(epoch, baseOffset));
        }
        return extended;
    }

    /**
     * Up to where a log that ends at {@code endOffset} can agree with a source whose largest epoch not above our last
     * one is {@code sourceEpoch} and ends at {@code sourceEnd} there (KIP-101, KIP-595). The result may still be too
     * high if both have epochs that the other lacks; the next fetch then diverges again, further down.
     */
    static long commonEnd(List<SourceEpoch> lineage, long endOffset, int sourceEpoch, long sourceEnd) {
        List<SourceEpoch> own = trimmed(lineage, endOffset);
        long end = endOffset;
        for (int i = own.size() - 1; i >= 0; i--) {
            SourceEpoch entry = own.get(i);
            if (entry.epoch() == sourceEpoch) {
                return Math.min(end, sourceEnd);
            }
            if (entry.epoch() < sourceEpoch) {
                return end;
            }
            end = entry.startOffset();
        }
        return own.isEmpty() ? Math.min(endOffset, sourceEnd) : end;
    }
}
