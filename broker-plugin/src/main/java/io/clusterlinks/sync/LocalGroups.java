// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;

/** Consumer groups of the own cluster. Blocking, each call for some seconds at most. Thread-safe. */
interface LocalGroups {
    /** In place of partitions to ask for: all of which a group has committed something. */
    Set<TopicPartition> ALL = Set.of();

    /**
     * Groups that have members.
     *
     * @param complete whether every broker has said; if not, others may have members, too
     */
    record Active(Set<String> names, boolean complete) {}

    /** Names of groups that have members. */
    Active active();

    /**
     * What groups have committed.
     *
     * @param offsets by group; partitions without any are left out, groups that failed too
     * @param failures why a group did not answer; every one that was asked is in one of the two
     */
    record Committed(Map<String, Map<TopicPartition, Long>> offsets, Map<String, Errors> failures) {}

    /** Committed offsets of partitions, or of {@link #ALL}, also those that a coordinator has taken over just now. */
    Committed committed(Map<String, Set<TopicPartition>> partitions);

    /** Commits offsets of groups without members. Yields what became of each partition; of every one that was asked. */
    Map<String, Map<TopicPartition, Errors>> commit(Map<String, Map<TopicPartition, OffsetAndMetadata>> offsets);
}
