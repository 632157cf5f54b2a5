// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class LinkResourceTest {
    @ParameterizedTest
    @MethodSource("resources")
    void nameIsParsedBackToTheResource(LinkResource resource) {
        assertThat(LinkResource.parse(resource.resourceName())).contains(resource);
        assertThat(LinkResource.isReserved(resource.resourceName())).isTrue();
        assertThat(resource.configResource())
                .isEqualTo(new ConfigResource(ConfigResource.Type.TOPIC, resource.resourceName()));
    }

    static Stream<LinkResource> resources() {
        return Stream.of(
                new LinkResource.Index(),
                new LinkResource.Link("east"),
                new LinkResource.Link("topic"),
                new LinkResource.Link("x".repeat(100)),
                new LinkResource.Mirror("east", "orders"),
                new LinkResource.Mirror("east", "a.topic.b"),
                new LinkResource.Mirror("topic", "group"),
                new LinkResource.Mirror("east", "t".repeat(249)),
                new LinkResource.Group("east", "my.group with anything/in it"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"orders", "__cluster_link", "__cluster_linksx", "__consumer_offsets", "_cluster_link.x", ""})
    void otherNamesAreOrdinaryTopics(String name) {
        assertThat(LinkResource.parse(name)).isEmpty();
        assertThat(LinkResource.isReserved(name)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "__cluster_link.",
                "__cluster_link.a b",
                "__cluster_link.ä",
                "__cluster_link.east.",
                "__cluster_link.east.topic",
                "__cluster_link.east.topics.orders",
                "__cluster_link.east.group",
                "__cluster_link.east.group."
            })
    void malformedReservedNamesAreRefused(String name) {
        assertThatThrownBy(() -> LinkResource.parse(name))
                .isInstanceOfSatisfying(
                        LinkException.class, e -> assertThat(e.error()).isEqualTo(Errors.INVALID_REQUEST));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"__cluster_link.east.topic.", "__cluster_link.east.topic..", "__cluster_link.east.topic.a/b"})
    void topicNamesThatKafkaRefusesAreRefused(String name) {
        assertThatThrownBy(() -> LinkResource.parse(name))
                .isInstanceOfSatisfying(
                        LinkException.class, e -> assertThat(e.error()).isEqualTo(Errors.INVALID_TOPIC_EXCEPTION));
    }

    @Test
    void aLinkNameOf101CharactersIsTooLong() {
        assertThatThrownBy(() -> LinkResource.validateLinkName("x".repeat(101)))
                .isInstanceOf(LinkException.class)
                .hasMessageContaining("1 to 100");
    }
}
