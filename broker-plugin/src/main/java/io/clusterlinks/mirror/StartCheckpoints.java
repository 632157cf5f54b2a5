// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.state.LinkImage;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;

/**
 * Has Kafka write down where the logs of this broker start when a mirror's log starts lower than before, also one that
 * another broker leads.
 *
 * <p>A start inside a segment is known by a checkpoint only, which Kafka writes once a minute. A replica that starts over
 * at a lower offset, and is killed before that, would come back with its former start, and hide what lies before it; as
 * leader it would have the others drop that. Kafka's logs start over lower nowhere else.
 *
 * <p>For one thread.
 */
final class StartCheckpoints {
    private final LocalBroker broker;
    /** Where logs started when they were last seen; null before that. */
    private Map<TopicPartition, Long> starts;

    StartCheckpoints(LocalBroker broker) {
        this.broker = broker;
    }

    /** Writes if a log starts lower than it did, and at first, when that is not known. */
    void look(LinkImage image) {
        Map<TopicPartition, Long> now = new HashMap<>();
        image.mirrors().forEach(mirror -> see(image, mirror, now));
        boolean lower = starts == null
                ? !now.isEmpty()
                : now.entrySet().stream()
                        .anyMatch(entry -> entry.getValue() < starts.getOrDefault(entry.getKey(), Long.MIN_VALUE));
        if (lower) {
            broker.checkpointLogStarts();
        }
        starts = now;
    }

    private void see(LinkImage image, MirrorRecord mirror, Map<TopicPartition, Long> now) {
        for (int partition : image.partitions(mirror.topic()).keySet()) {
            TopicPartition id = new TopicPartition(mirror.topic(), partition);
            start(id).ifPresent(start -> now.put(id, start));
        }
    }

    /** Empty for a replica that is not here, or is about to come or go. */
    private OptionalLong start(TopicPartition id) {
        try {
            return broker.partition(id)
                    .map(local -> OptionalLong.of(local.logStartOffset()))
                    .orElse(OptionalLong.empty());
        } catch (ApiException e) {
            return OptionalLong.empty();
        }
    }
}
