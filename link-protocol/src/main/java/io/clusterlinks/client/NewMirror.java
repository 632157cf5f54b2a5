// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.client;

import java.util.Map;
import java.util.Objects;

/**
 * A mirror topic to create. Immutable.
 *
 * @param topic name at the destination
 * @param sourceTopic name at the source; null: the mirror's name without the link's prefix
 * @param replicationFactor replication factor at the destination; null: the destination's default
 * @param startOffsetSpec {@code earliest}, {@code latest} or an instant such as 2026-01-31T00:00:00Z; null: as the link says
 * @param topicConfigs topic configs of the mirror that do not follow the source
 * @param adopt take over the topic of this name that is here, if its log equals the source's up to its end
 */
public record NewMirror(
        String topic,
        String sourceTopic,
        Short replicationFactor,
        String startOffsetSpec,
        Map<String, String> topicConfigs,
        boolean adopt) {
    public NewMirror {
        Objects.requireNonNull(topic, "topic");
        topicConfigs = Map.copyOf(topicConfigs);
    }

    /** A mirror of which everything but the name is left to the link and the cluster. */
    public static NewMirror of(String topic) {
        return new NewMirror(topic, null, null, null, Map.of(), false);
    }

    /** This mirror, of a topic that has another name at the source. */
    public NewMirror withSourceTopic(String newSourceTopic) {
        return new NewMirror(topic, newSourceTopic, replicationFactor, startOffsetSpec, topicConfigs, adopt);
    }

    /** This mirror with a replication factor at the destination. */
    public NewMirror withReplicationFactor(int newReplicationFactor) {
        return new NewMirror(topic, sourceTopic, (short) newReplicationFactor, startOffsetSpec, topicConfigs, adopt);
    }

    /** This mirror with a start of its own. */
    public NewMirror withStartOffsetSpec(String newStartOffsetSpec) {
        return new NewMirror(topic, sourceTopic, replicationFactor, newStartOffsetSpec, topicConfigs, adopt);
    }

    /** This mirror with topic configs that do not follow the source. */
    public NewMirror withTopicConfigs(Map<String, String> newTopicConfigs) {
        return new NewMirror(topic, sourceTopic, replicationFactor, startOffsetSpec, newTopicConfigs, adopt);
    }

    /** This mirror, of a topic that is here and equal to the source's as far as it goes. */
    public NewMirror adopting() {
        return new NewMirror(topic, sourceTopic, replicationFactor, startOffsetSpec, topicConfigs, true);
    }
}
