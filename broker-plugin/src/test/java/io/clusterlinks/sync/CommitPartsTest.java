// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class CommitPartsTest {
    @Test
    void aFewOffsetsAreOnePart() {
        assertThat(CommitParts.of("group", offsets(100, ""))).containsExactly(offsets(100, ""));
        assertThat(CommitParts.of("group", Map.of())).isEmpty();
    }

    /** One batch of more than a megabyte is refused, for ever. */
    @Test
    void whatIsTooLargeForOneBatchGoesInParts() {
        assertParts("group", offsets(250, "m".repeat(4096)));
        assertParts("group", offsets(20_000, ""));
        assertParts("g".repeat(30_000), offsets(100, ""));
    }

    private static void assertParts(String group, Map<TopicPartition, OffsetAndMetadata> offsets) {
        List<Map<TopicPartition, OffsetAndMetadata>> parts = CommitParts.of(group, offsets);

        assertThat(parts).hasSizeBetween(4, 20);
        Map<TopicPartition, OffsetAndMetadata> together = new HashMap<>();
        parts.forEach(together::putAll);
        assertThat(together).isEqualTo(offsets);
        assertThat(parts.stream().mapToInt(Map::size).sum()).isEqualTo(offsets.size());
    }

    private static Map<TopicPartition, OffsetAndMetadata> offsets(int count, String metadata) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (int i = 0; i < count; i++) {
            offsets.put(new TopicPartition("topic", i), new OffsetAndMetadata(i, metadata));
        }
        return offsets;
    }
}
