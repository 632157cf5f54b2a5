// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.protocol.LinkEvent;
import io.clusterlinks.protocol.record.MirrorRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;

/**
 * A mirror partition as long as this broker leads it under one leader epoch.
 *
 * @param local the partition at the destination
 * @param topicId id of the topic at the destination
 * @param source the partition it mirrors
 * @param sourceTopicId pinned id of the source topic, {@link Uuid#ZERO_UUID} where the source has none
 * @param startOffset where it starts, {@link #EARLIEST} for where the source's log starts then
 * @param adopts whether its log was here before the mirror and is still to be compared with the source's
 * @param leaderEpoch destination leader epoch under which this broker leads it
 */
record MirrorPartition(
        String link,
        TopicPartition local,
        String topicId,
        TopicPartition source,
        Uuid sourceTopicId,
        long startOffset,
        boolean adopts,
        int leaderEpoch) {
    static final long EARLIEST = -1;

    static MirrorPartition of(MirrorRecord mirror, int partition, int leaderEpoch) {
        return new MirrorPartition(
                mirror.link(),
                new TopicPartition(mirror.topic(), partition),
                mirror.topicId(),
                new TopicPartition(mirror.sourceTopic(), partition),
                mirror.sourceTopicId() == null ? Uuid.ZERO_UUID : Uuid.fromString(mirror.sourceTopicId()),
                partition < mirror.startOffsets().size() ? mirror.startOffsets().get(partition) : EARLIEST,
                mirror.awaitsComparison(),
                leaderEpoch);
    }

    /** Whether {@code other} is the same under the same leader epoch; its source may have got a topic id meanwhile. */
    boolean isClaimedAs(MirrorPartition other) {
        return leaderEpoch == other.leaderEpoch
                && local.equals(other.local)
                && topicId.equals(other.topicId)
                && link.equals(other.link)
                && source.equals(other.source)
                && startOffset == other.startOffset
                && adopts == other.adopts;
    }

    /** Something that happened to it. */
    LinkEvent event(String message, long nowMs) {
        return new LinkEvent(nowMs, local.partition(), message);
    }
}
