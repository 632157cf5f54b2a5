// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol;

/**
 * One committed offset of a mirrored consumer group, in the entry {@code status.offset.TOPIC.N} of the group.
 *
 * @param topic the mirror topic
 * @param partition its partition
 * @param sourceOffset committed at the source, as last read
 * @param committedOffset committed here by the link, or found here; -1 if nothing is known
 * @param lag how far it is behind the source's, 0 if it is ahead, -1 if nothing is known
 * @param committedMs when the link committed it last, milliseconds since the epoch; -1 if it did not since the
 *     coordinator began to coordinate
 * @param state how it fares
 * @param message why, if it does not stand where it stands at the source; null otherwise
 */
public record GroupOffsetStatus(
        String topic,
        int partition,
        long sourceOffset,
        long committedOffset,
        long lag,
        long committedMs,
        GroupOffsetState state,
        String message) {}
