// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Utils;

/**
 * Offsets of one group in parts that can be committed: what is committed at once is one batch of the group's log, which has
 * to fit into {@code max.message.bytes} (1 MiB). Members of a group commit their own partitions each; a link all of them.
 */
final class CommitParts {
    private static final int MAX_BYTES = 256 * 1024;
    /** Keys and values of a record besides the names and the metadata. */
    private static final int RECORD_BYTES = 64;

    private CommitParts() {}

    static List<Map<TopicPartition, OffsetAndMetadata>> of(
            String group, Map<TopicPartition, OffsetAndMetadata> offsets) {
        List<Map<TopicPartition, OffsetAndMetadata>> parts = new ArrayList<>();
        Map<TopicPartition, OffsetAndMetadata> part = new HashMap<>();
        int bytes = 0;
        for (Map.Entry<TopicPartition, OffsetAndMetadata> entry : offsets.entrySet()) {
            int next = RECORD_BYTES
                    + Utils.utf8Length(group)
                    + Utils.utf8Length(entry.getKey().topic())
                    + Utils.utf8Length(entry.getValue().metadata());
            if (!part.isEmpty() && bytes + next > MAX_BYTES) {
                parts.add(part);
                part = new HashMap<>();
                bytes = 0;
            }
            part.put(entry.getKey(), entry.getValue());
            bytes += next;
        }
        if (!part.isEmpty()) {
            parts.add(part);
        }
        return parts;
    }
}
