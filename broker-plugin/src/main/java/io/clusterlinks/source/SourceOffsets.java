// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import java.util.Map;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/**
 * Committed offsets at a source.
 *
 * @param offsets by group; groups that failed are left out
 * @param failures why a group's offsets could not be read, with the remedy, by group
 */
public record SourceOffsets(
        Map<String, Map<TopicPartition, OffsetAndMetadata>> offsets, Map<String, String> failures) {}
