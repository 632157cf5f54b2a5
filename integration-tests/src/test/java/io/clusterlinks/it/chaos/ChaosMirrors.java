// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import io.clusterlinks.it.PartitionReader;
import io.clusterlinks.it.TestCluster;
import io.clusterlinks.it.Topics;
import io.clusterlinks.protocol.Json;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.WireContract;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/** The mirrors of a destination as clients are told, and as the state topic has them. */
final class ChaosMirrors {
    private final TestCluster destination;

    ChaosMirrors(TestCluster destination) {
        this.destination = destination;
    }

    /** All that there is to know of a mirror and of its topic's partitions. */
    String described(Mirror mirror) {
        return Topics.describe(
                        destination.admin(), new LinkResource.Mirror(mirror.link(), mirror.topic()).resourceName())
                + ", topic "
                + Topics.get(destination
                        .admin()
                        .describeTopics(List.of(mirror.topic()))
                        .allTopicNames());
    }

    /** A mirror as described. */
    record Mirror(String link, String topic, String sourceTopic, MirrorState state, String reason) {
        boolean isStopped() {
            return state == MirrorState.STOPPED;
        }
    }

    List<Mirror> all() {
        List<Mirror> all = new ArrayList<>();
        Map<String, String> index = Topics.describe(destination.admin(), LinkResource.INDEX_NAME);
        for (String key : index.keySet()) {
            if (key.startsWith(WireContract.LINK_ENTRY_PREFIX)) {
                all.addAll(of(key.substring(WireContract.LINK_ENTRY_PREFIX.length())));
            }
        }
        return all;
    }

    private List<Mirror> of(String link) {
        List<Mirror> all = new ArrayList<>();
        Topics.describe(destination.admin(), new LinkResource.Link(link).resourceName()).values().stream()
                .filter(value -> value != null && value.startsWith("{") && value.contains("\"sourceTopic\""))
                .map(value -> Json.read(value, JsonNode.class))
                .forEach(json -> all.add(new Mirror(
                        link,
                        json.get("topic").asText(),
                        json.get("sourceTopic").asText(),
                        MirrorState.valueOf(json.get("state").asText()),
                        json.path("reason").asText(""))));
        return all;
    }

    /** How far each broker's image is; the same everywhere once nothing changes any more. */
    Set<Long> imageOffsets() {
        Set<Long> offsets = new HashSet<>();
        Topics.describe(destination.admin(), LinkResource.INDEX_NAME).forEach((key, value) -> {
            if (key.startsWith(WireContract.BROKER_ENTRY_PREFIX)) {
                offsets.add(Json.read(value, JsonNode.class).path("imageOffset").asLong(-2));
            }
        });
        return offsets;
    }

    /** The durable stop offset of every partition of a mirror that has one. */
    Map<TopicPartition, Long> stopOffsets() {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        try (PartitionReader reader = new PartitionReader(
                destination, new TopicPartition(LinkResource.INDEX_NAME, 0), IsolationLevel.READ_UNCOMMITTED)) {
            for (Optional<ConsumerRecord<byte[], byte[]>> next = reader.next();
                    next.isPresent();
                    next = reader.next()) {
                ConsumerRecord<byte[], byte[]> record = next.get();
                if (new String(record.key(), StandardCharsets.UTF_8).startsWith("partition/")
                        && record.value() != null) {
                    JsonNode json = Json.read(new String(record.value(), StandardCharsets.UTF_8), JsonNode.class);
                    offsets.put(
                            new TopicPartition(
                                    json.get("topic").asText(),
                                    json.get("partition").asInt()),
                            json.get("stopOffset").asLong());
                }
            }
        }
        offsets.values().removeIf(offset -> offset < 0);
        return offsets;
    }
}
