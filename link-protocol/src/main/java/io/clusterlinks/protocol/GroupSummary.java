// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol;

/**
 * One mirrored group in the entry {@code group.NAME} of its link's groups. Times are milliseconds since the epoch, -1 for
 * never since the coordinator began to coordinate.
 *
 * @param group its name at the destination
 * @param sourceGroup its name at the source
 * @param kind {@code consumer} (classic and new consumer groups) or {@code share}
 * @param state the worst of its offsets' states
 * @param partitions number of mirror partitions of which it has offsets
 * @param lag sum over the partitions of how far it is behind the source, -1 if one is not known
 * @param lastReadMs when the source last said where it stands
 * @param lastCommitMs when the link last committed an offset of it
 * @param reason why it does not simply follow; null if it does
 */
public record GroupSummary(
        String group,
        String sourceGroup,
        String kind,
        GroupOffsetState state,
        int partitions,
        long lag,
        long lastReadMs,
        long lastCommitMs,
        String reason) {}
