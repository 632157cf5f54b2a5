// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.server.authorizer.Authorizer;

/** A broker, and a cluster around it, that must not be asked for anything but what a test gives an answer to. */
public abstract class BareBroker implements LocalBroker, ClusterView {
    /** Broker 1. */
    protected BareBroker() {}

    @Override
    public int nodeId() {
        return 1;
    }

    @Override
    public ClusterView cluster() {
        return this;
    }

    @Override
    public String clusterId() {
        throw notAskedFor();
    }

    @Override
    public String kafkaVersion() {
        throw notAskedFor();
    }

    @Override
    public Map<String, Object> settings() {
        throw notAskedFor();
    }

    @Override
    public Optional<LocalPartition> partition(TopicPartition partition) {
        throw notAskedFor();
    }

    @Override
    public void checkpointLogStarts() {
        throw notAskedFor();
    }

    @Override
    public RequestChannel controller() {
        return request -> {
            throw notAskedFor();
        };
    }

    @Override
    public BrokerChannel brokers() {
        return noChannel();
    }

    @Override
    public BrokerChannel stateTail() {
        return noChannel();
    }

    @Override
    public BrokerChannel proposals() {
        return noChannel();
    }

    @Override
    public BrokerChannel reports() {
        return noChannel();
    }

    @Override
    public BrokerChannel groups() {
        return noChannel();
    }

    @Override
    public Optional<Authorizer> authorizer() {
        return Optional.empty();
    }

    @Override
    public int registeredBrokers() {
        return liveBrokers().size();
    }

    @Override
    public Set<Integer> liveBrokers() {
        throw notAskedFor();
    }

    @Override
    public long knownUntilMs() {
        throw notAskedFor();
    }

    @Override
    public Set<String> topics() {
        throw notAskedFor();
    }

    @Override
    public Optional<TopicView> topic(String name) {
        throw notAskedFor();
    }

    @Override
    public Map<String, String> topicConfigs(String name) {
        throw notAskedFor();
    }

    private static BrokerChannel noChannel() {
        return (node, request) -> {
            throw notAskedFor();
        };
    }

    private static AssertionError notAskedFor() {
        return new AssertionError("not asked for");
    }
}
