// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol;

/**
 * What the leader of a mirror partition observes. Offsets are -1 where unknown; times are milliseconds since the
 * epoch, -1 for never.
 *
 * @param partition the partition
 * @param state {@link MirrorState} as seen by the leader of this partition
 * @param leader broker that leads the partition at the destination, -1 if none
 * @param sourceLeader broker that leads the partition at the source, -1 if unknown
 * @param sourceStartOffset log start offset at the source
 * @param sourceEndOffset high watermark at the source when last fetched
 * @param startOffset log start offset at the destination
 * @param endOffset log end offset at the destination
 * @param lagRecords {@code max(0, sourceEndOffset - endOffset)}, -1 if the source end is unknown
 * @param lagMs now minus the last time the mirror was level with the source, 0 while it is, -1 if it never was
 * @param lastFetchMs when the source last answered a fetch
 * @param bytes bytes appended since this broker leads the partition
 * @param error last error, null if there is none
 */
public record PartitionStatus(
        int partition,
        MirrorState state,
        int leader,
        int sourceLeader,
        long sourceStartOffset,
        long sourceEndOffset,
        long startOffset,
        long endOffset,
        long lagRecords,
        long lagMs,
        long lastFetchMs,
        long bytes,
        String error) {}
