// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.Uuid;

/** Metadata of the own cluster at one moment. Immutable. */
public interface ClusterView {
    /** Ids of the brokers that are registered, not fenced and not shutting down. */
    Set<Integer> liveBrokers();

    /** Number of brokers that are registered, those that are down included. */
    int registeredBrokers();

    /**
     * Up to when, by the controller's clock, this view knows of every change; milliseconds since the epoch. A broker that is
     * busy with the replicas of new topics may be many seconds behind.
     */
    long knownUntilMs();

    /**
     * Whether brokers, topics and partitions are the same as in {@code other}. A cluster in which nothing happens has a new
     * view twice a second all the same, for its controller says then that it is there.
     */
    default boolean isLike(ClusterView other) {
        return this == other;
    }

    Set<String> topics();

    Optional<TopicView> topic(String name);

    /** Dynamic configs set on a topic; empty if none are set or the topic does not exist. */
    Map<String, String> topicConfigs(String name);

    /** One topic; {@code partitions} is indexed by partition. */
    record TopicView(Uuid id, String name, List<PartitionView> partitions) {}

    /**
     * One partition.
     *
     * @param leader -1 while it has none
     * @param elr eligible leader replicas: no longer in sync, and with all that was committed nevertheless (KIP-966)
     */
    record PartitionView(int leader, int leaderEpoch, List<Integer> replicas, List<Integer> isr, List<Integer> elr) {
        public PartitionView(int leader, int leaderEpoch, List<Integer> replicas, List<Integer> isr) {
            this(leader, leaderEpoch, replicas, isr, List.of());
        }

        /** Whether a broker's replica has all that was committed. */
        public boolean isComplete(int brokerId) {
            return isr.contains(brokerId) || elr.contains(brokerId);
        }
    }
}
