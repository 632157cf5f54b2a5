// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.host.ClusterView.PartitionView;
import io.clusterlinks.host.ClusterView.TopicView;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.metadata.ConfigRecord;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.RegisterBrokerRecord;
import org.apache.kafka.common.metadata.RemoveTopicRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.MetadataProvenance;
import org.junit.jupiter.api.Test;

class KafkaClusterViewTest {
    private static final Uuid ORDERS = Uuid.randomUuid();

    private final TopicViewCache cache = new TopicViewCache();

    @Test
    void brokersThatAreFencedOrShuttingDownAreNotLive() {
        MetadataImage image = image(
                MetadataImage.EMPTY,
                broker(1),
                broker(2).setFenced(true),
                broker(3).setInControlledShutdown(true),
                broker(4));

        assertThat(view(image).liveBrokers()).containsExactlyInAnyOrder(1, 4);
        assertThat(view(image).registeredBrokers()).isEqualTo(4);
    }

    @Test
    void topicShowsItsPartitionsByIndex() {
        MetadataImage image = image(MetadataImage.EMPTY, topic(), partition(1, 2), partition(0, -1), config());

        ClusterView view = view(image);

        assertThat(view.topics()).containsExactly("orders");
        assertThat(view.topic("orders"))
                .contains(new TopicView(
                        ORDERS,
                        "orders",
                        List.of(
                                new PartitionView(-1, 7, List.of(2, 3), List.of(2)),
                                new PartitionView(2, 7, List.of(2, 3), List.of(2)))));
        assertThat(view.topicConfigs("orders")).isEqualTo(Map.of("retention.ms", "5"));
        assertThat(view.topic("unknown")).isEmpty();
        assertThat(view.topicConfigs("unknown")).isEmpty();
    }

    /** Nobody is in sync, and somebody has all that was committed. */
    @Test
    void eligibleLeadersAreShown() {
        PartitionRecord eligible = partition(0, -1).setIsr(List.of()).setEligibleLeaderReplicas(List.of(3));

        PartitionView view = view(image(MetadataImage.EMPTY, topic(), eligible))
                .topic("orders")
                .orElseThrow()
                .partitions()
                .get(0);

        assertThat(view.isr()).isEmpty();
        assertThat(view.isComplete(3)).isTrue();
        assertThat(view.isComplete(2)).isFalse();
    }

    @Test
    void topicIsConvertedOnlyOnceWhileItDoesNotChange() {
        MetadataImage image = image(MetadataImage.EMPTY, topic(), partition(0, 2));
        MetadataImage otherChange = image(image, broker(9));
        MetadataImage ownChange = image(otherChange, partition(1, 2));

        TopicView first = view(image).topic("orders").orElseThrow();

        assertThat(view(otherChange).topic("orders").orElseThrow()).isSameAs(first);
        assertThat(view(ownChange).topic("orders").orElseThrow().partitions()).hasSize(2);
    }

    @Test
    void isLikeAnotherWhereNeitherTopicsNorBrokersChanged() {
        MetadataImage image = image(MetadataImage.EMPTY, broker(1), topic(), partition(0, 2));
        MetadataImage nothing = image(image);
        MetadataImage otherBroker = image(nothing, broker(9));
        MetadataImage otherLeader = image(nothing, partition(0, 3));

        assertThat(view(nothing)).isNotSameAs(view(image));
        assertThat(view(nothing).isLike(view(image))).isTrue();
        assertThat(view(otherBroker).isLike(view(image))).isFalse();
        assertThat(view(otherLeader).isLike(view(image))).isFalse();
    }

    @Test
    void deletedTopicIsGone() {
        MetadataImage image = image(MetadataImage.EMPTY, topic(), partition(0, 2));
        MetadataImage deleted = image(image, new RemoveTopicRecord().setTopicId(ORDERS));

        assertThat(view(image).topic("orders")).isPresent();
        assertThat(view(deleted).topic("orders")).isEmpty();
    }

    private ClusterView view(MetadataImage image) {
        return new KafkaClusterView(image, cache);
    }

    private static MetadataImage image(MetadataImage base, ApiMessage... records) {
        MetadataDelta delta = new MetadataDelta.Builder().setImage(base).build();
        for (ApiMessage record : records) {
            delta.replay(record);
        }
        return delta.apply(MetadataProvenance.EMPTY);
    }

    private static RegisterBrokerRecord broker(int id) {
        return new RegisterBrokerRecord().setBrokerId(id).setFenced(false);
    }

    private static TopicRecord topic() {
        return new TopicRecord().setName("orders").setTopicId(ORDERS);
    }

    private static PartitionRecord partition(int index, int leader) {
        return new PartitionRecord()
                .setTopicId(ORDERS)
                .setPartitionId(index)
                .setLeader(leader)
                .setLeaderEpoch(7)
                .setReplicas(List.of(2, 3))
                .setDirectories(List.of(Uuid.randomUuid(), Uuid.randomUuid()))
                .setIsr(List.of(2));
    }

    private static ConfigRecord config() {
        return new ConfigRecord()
                .setResourceType(ConfigResource.Type.TOPIC.id())
                .setResourceName("orders")
                .setName("retention.ms")
                .setValue("5");
    }
}
