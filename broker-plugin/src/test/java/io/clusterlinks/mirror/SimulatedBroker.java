// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.BrokerChannel;
import io.clusterlinks.host.ClusterView;
import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.host.LocalPartition;
import io.clusterlinks.host.RequestChannel;
import io.clusterlinks.mirror.SimulatedCluster.Node;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.server.authorizer.Authorizer;

/** What {@link Duty} asks of a broker. */
record SimulatedBroker(Node node, SimulatedPartition partition) implements LocalBroker, ClusterView {
    @Override
    public int nodeId() {
        return node.id;
    }

    @Override
    public long knownUntilMs() {
        return 0;
    }

    @Override
    public ClusterView cluster() {
        return this;
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

    @Override
    public Set<Integer> liveBrokers() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Set<String> topics() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Map<String, String> topicConfigs(String name) {
        throw new UnsupportedOperationException();
    }

    @Override
    public String clusterId() {
        throw new UnsupportedOperationException();
    }

    @Override
    public String kafkaVersion() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Map<String, Object> settings() {
        throw new UnsupportedOperationException();
    }

    @Override
    public RequestChannel controller() {
        throw new UnsupportedOperationException();
    }

    @Override
    public BrokerChannel brokers() {
        throw new UnsupportedOperationException();
    }

    @Override
    public BrokerChannel stateTail() {
        throw new UnsupportedOperationException();
    }

    @Override
    public BrokerChannel groups() {
        throw new UnsupportedOperationException();
    }

    @Override
    public BrokerChannel reports() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Optional<Authorizer> authorizer() {
        throw new UnsupportedOperationException();
    }
}
