// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.BareBroker;
import io.clusterlinks.host.LocalPartition;
import io.clusterlinks.mirror.SimulatedCluster.Node;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;

/** What {@link Duty} asks of a broker. */
final class SimulatedBroker extends BareBroker {
    private final Node node;
    private final SimulatedPartition partition;

    SimulatedBroker(Node node, SimulatedPartition partition) {
        this.node = node;
        this.partition = partition;
    }

    @Override
    public int nodeId() {
        return node.id;
    }

    @Override
    public Optional<LocalPartition> partition(TopicPartition wanted) {
        return Optional.of(partition);
    }

    @Override
    public Optional<TopicView> topic(String name) {
        PartitionView view = new PartitionView(
                node.heard.leader(), node.heard.epoch(), node.heard.replicas(), List.copyOf(node.heard.inSync()));
        return Optional.of(new TopicView(partition.topicId(), name, List.of(view)));
    }
}
