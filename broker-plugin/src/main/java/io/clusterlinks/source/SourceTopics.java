// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import java.util.Map;

/**
 * Topics of a source cluster.
 *
 * @param topics by name; those that do not exist are left out, those that failed too
 * @param failures why a topic could not be described, with the remedy, by name
 */
public record SourceTopics(Map<String, SourceTopic> topics, Map<String, String> failures) {}
