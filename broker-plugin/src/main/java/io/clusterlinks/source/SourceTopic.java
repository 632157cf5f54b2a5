// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import java.util.Map;

/**
 * A topic of a source cluster.
 *
 * @param id topic id as text, null where the source has none (before Kafka 2.8)
 * @param configs topic configs in force that are not the source's defaults
 */
public record SourceTopic(String name, String id, int partitions, Map<String, String> configs) {}
