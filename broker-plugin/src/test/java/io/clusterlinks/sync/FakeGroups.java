// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;

/** Groups in memory, as hostile as a cluster can be. */
final class FakeGroups implements LocalGroups {
    final Set<String> members = new HashSet<>();
    final Map<String, Map<TopicPartition, OffsetAndMetadata>> committed = new TreeMap<>();
    /** What the next commits of a group are answered. */
    final Map<String, Errors> refusals = new HashMap<>();
    /** Groups that do not say what they have committed. */
    final Map<String, Errors> unreadable = new HashMap<>();
    /** Groups that joined after it was asked who has members. */
    final Set<String> joinedLate = new HashSet<>();

    /** Whether every broker says who has members. */
    boolean allAnswer = true;

    int commits;
    int asked;

    @Override
    public Active active() {
        return new Active(Set.copyOf(members), allAnswer);
    }

    @Override
    public Committed committed(Map<String, Set<TopicPartition>> partitions) {
        asked += partitions.size();
        Map<String, Map<TopicPartition, Long>> found = new HashMap<>();
        partitions.forEach((group, of) -> {
            Map<TopicPartition, Long> offsets = new HashMap<>();
            committed.getOrDefault(group, Map.of()).forEach((partition, offset) -> {
                if (of.equals(ALL) || of.contains(partition)) {
                    offsets.put(partition, offset.offset());
                }
            });
            found.put(group, offsets);
        });
        found.keySet().removeAll(unreadable.keySet());
        return new Committed(found, unreadable);
    }

    @Override
    public Map<String, Map<TopicPartition, Errors>> commit(
            Map<String, Map<TopicPartition, OffsetAndMetadata>> offsets) {
        Map<String, Map<TopicPartition, Errors>> results = new HashMap<>();
        offsets.forEach((group, of) -> {
            Errors error = members.contains(group) || joinedLate.contains(group)
                    ? Errors.UNKNOWN_MEMBER_ID
                    : refusals.getOrDefault(group, Errors.NONE);
            Map<TopicPartition, Errors> result = new HashMap<>();
            of.keySet().forEach(partition -> result.put(partition, error));
            results.put(group, result);
            if (error == Errors.NONE) {
                commits++;
                committed.computeIfAbsent(group, name -> new HashMap<>()).putAll(of);
            }
        });
        return results;
    }
}
