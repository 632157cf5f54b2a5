// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.metadata.BrokerRegistration;

/** A metadata image of Kafka 4.3. Costs nothing until it is asked. */
final class KafkaClusterView implements ClusterView {
    private final MetadataImage image;
    private final TopicViewCache topicViews;

    KafkaClusterView(MetadataImage image, TopicViewCache topicViews) {
        this.image = image;
        this.topicViews = topicViews;
    }

    boolean isOf(MetadataImage other) {
        return image == other;
    }

    @Override
    public Set<Integer> liveBrokers() {
        return image.cluster().brokers().values().stream()
                .filter(broker -> !broker.fenced() && !broker.inControlledShutdown())
                .map(BrokerRegistration::id)
                .collect(Collectors.toUnmodifiableSet());
    }

    @Override
    public int registeredBrokers() {
        return image.cluster().brokers().size();
    }

    @Override
    public long knownUntilMs() {
        return image.provenance().lastContainedLogTimeMs();
    }

    /** What no change touched is the same object in successive images. */
    @Override
    public boolean isLike(ClusterView other) {
        return other instanceof KafkaClusterView view
                && image.topics() == view.image.topics()
                && image.cluster() == view.image.cluster();
    }

    @Override
    public Set<String> topics() {
        return Collections.unmodifiableSet(image.topics().topicsByName().keySet());
    }

    @Override
    public Optional<TopicView> topic(String name) {
        return topicViews.view(name, image.topics().getTopic(name));
    }

    @Override
    public Map<String, String> topicConfigs(String name) {
        return Map.copyOf(image.configs().configMapForResource(new ConfigResource(ConfigResource.Type.TOPIC, name)));
    }
}
