// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.state;

import io.clusterlinks.host.ClusterView;
import io.clusterlinks.protocol.LinkResource;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;

/** The internal topic that holds the state of all links: one compacted partition, whose leader coordinates. */
public final class StateTopic {
    public static final String NAME = LinkResource.INDEX_NAME;
    public static final TopicPartition PARTITION = new TopicPartition(NAME, 0);

    private static final int MAX_REPLICATION_FACTOR = 3;

    private StateTopic() {}

    /** Replication factor for a cluster of so many brokers. */
    public static short replicationFactor(int brokers) {
        return (short) Math.max(1, Math.min(MAX_REPLICATION_FACTOR, brokers));
    }

    /** Topic configs for that replication factor. */
    public static Map<String, String> configs(short replicationFactor) {
        return Map.of(
                "cleanup.policy", "compact",
                "compression.type", "producer",
                "segment.bytes", Integer.toString(16 * 1024 * 1024),
                "min.insync.replicas", replicationFactor == MAX_REPLICATION_FACTOR ? "2" : "1",
                "unclean.leader.election.enable", "false");
    }

    /** The broker that coordinates; empty while there is none. */
    public static Optional<Integer> coordinator(ClusterView cluster) {
        return cluster.topic(NAME)
                .map(topic -> topic.partitions().get(0).leader())
                .filter(leader -> leader >= 0);
    }

    /** Whether a broker's replica has everything that was ever committed to it. */
    public static boolean isCompleteOn(int brokerId, ClusterView cluster) {
        return cluster.topic(NAME)
                .filter(topic -> topic.partitions().get(0).isComplete(brokerId))
                .isPresent();
    }
}
