// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.Records;
import io.clusterlinks.host.ClusterView;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.Uuid;

/** A cluster of one broker, which leads both partitions of the mirror. */
record OneLeader() implements ClusterView {
    static final int LEADER = 1;
    static final Uuid ID = Uuid.ONE_UUID;

    @Override
    public int registeredBrokers() {
        return liveBrokers().size();
    }

    @Override
    public Set<Integer> liveBrokers() {
        return Set.of(LEADER);
    }

    @Override
    public long knownUntilMs() {
        return 0;
    }

    @Override
    public Set<String> topics() {
        return Set.of(Records.TOPIC);
    }

    @Override
    public Optional<TopicView> topic(String name) {
        PartitionView partition = new PartitionView(LEADER, 5, List.of(LEADER), List.of(LEADER));
        return Optional.of(new TopicView(ID, name, List.of(partition, partition)));
    }

    @Override
    public Map<String, String> topicConfigs(String name) {
        return Map.of();
    }
}
