// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.BrokerChannel;
import io.clusterlinks.host.ClusterView;
import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.host.LocalPartition;
import io.clusterlinks.host.RequestChannel;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.server.authorizer.Authorizer;

/** A broker with one partition and a controller to ask; what {@link LeaderMove} needs. */
record ControlledBroker(LeaderMoveTest.Controller answers, PartitionView view, Set<Integer> liveBrokers)
        implements LocalBroker, ClusterView {
    @Override
    public int nodeId() {
        return 1;
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
        throw new UnsupportedOperationException();
    }

    @Override
    public Optional<TopicView> topic(String name) {
        return Optional.of(new TopicView(Uuid.ONE_UUID, name, List.of(view)));
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
        return request -> CompletableFuture.completedFuture(answers.answer(request.build()));
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
    public BrokerChannel reports() {
        throw new UnsupportedOperationException();
    }

    @Override
    public BrokerChannel groups() {
        throw new UnsupportedOperationException();
    }

    @Override
    public Optional<Authorizer> authorizer() {
        throw new UnsupportedOperationException();
    }
}
