// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.state.LinkImage;
import org.apache.kafka.common.TopicPartition;

/**
 * Has Kafka write down where the logs of this broker start when a partition starts over, also where another broker
 * leads it.
 *
 * <p>A start inside a segment is known by a checkpoint only, which Kafka writes once a minute. A replica that starts over
 * at a lower offset, and is killed before that, would come back with its former start, and hide what lies before it.
 *
 * <p>For one thread.
 */
final class StartCheckpoints {
    /** A truncation that waits for a replica is seen again and again. */
    private static final long INTERVAL_MS = 300;

    private final LocalBroker broker;
    private LinkImage seen = LinkImage.EMPTY;
    private long notBeforeMs;

    StartCheckpoints(LocalBroker broker) {
        this.broker = broker;
    }

    /** Writes while a log starts over, and once more when it has. */
    void look(LinkImage image, long nowMs) {
        if (nowMs < notBeforeMs) {
            return;
        }
        if (image.mirrors().stream().anyMatch(mirror -> startsOver(image, mirror))) {
            notBeforeMs = nowMs + INTERVAL_MS;
            broker.checkpointLogStarts();
        }
        seen = image;
    }

    private boolean startsOver(LinkImage image, MirrorRecord mirror) {
        return image.partitions(mirror.topic()).values().stream()
                .anyMatch(record -> startsOver(record)
                        && broker.partition(new TopicPartition(record.topic(), record.partition()))
                                .isPresent());
    }

    private boolean startsOver(PartitionRecord record) {
        return Records.isStartingOver(record)
                || seen.partition(record.topic(), record.partition())
                        .filter(Records::isStartingOver)
                        .isPresent();
    }
}
