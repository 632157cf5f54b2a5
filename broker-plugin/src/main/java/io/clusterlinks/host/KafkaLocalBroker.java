// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import java.util.Map;
import java.util.Optional;
import kafka.cluster.Partition;
import kafka.server.BrokerServer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.AppInfoParser;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.server.authorizer.Authorizer;
import scala.Option;

/** The broker of Kafka 4.3 in this JVM. */
final class KafkaLocalBroker implements LocalBroker, AutoCloseable {
    /** A broker answers one commit per connection at a time, and takes some milliseconds for each to be replicated. */
    private static final int GROUP_CONNECTIONS = 6;

    private final BrokerServer server;
    private final Map<String, Object> settings;
    private final TopicViewCache topicViews = new TopicViewCache();
    private final ControllerChannel controller;
    private final InterBrokerChannel brokers;
    private final InterBrokerChannel stateTail;
    private final InterBrokerChannel reports;
    private final InterBrokerChannel proposals;
    private final StripedChannel groups;
    private volatile KafkaClusterView cluster;

    KafkaLocalBroker(BrokerServer server, Map<String, Object> settings) {
        this.server = server;
        this.settings = Map.copyOf(withoutNulls(settings));
        this.controller = new ControllerChannel(server);
        this.brokers = channel(server, "cluster-links");
        this.stateTail = channel(server, "cluster-links-state-tail");
        this.reports = channel(server, "cluster-links-reports");
        this.proposals = channel(server, "cluster-links-proposals");
        this.groups = new StripedChannel(i -> channel(server, "cluster-links-groups-" + i), GROUP_CONNECTIONS);
        this.cluster = new KafkaClusterView(server.metadataCache().currentImage(), topicViews);
    }

    private static InterBrokerChannel channel(BrokerServer server, String name) {
        return new InterBrokerChannel(name, server.config(), server.metrics(), server.metadataCache(), server.time());
    }

    @Override
    public int nodeId() {
        return server.config().nodeId();
    }

    @Override
    public String clusterId() {
        return server.clusterId();
    }

    @Override
    public String kafkaVersion() {
        return AppInfoParser.getVersion();
    }

    @Override
    public Map<String, Object> settings() {
        return settings;
    }

    @Override
    public ClusterView cluster() {
        MetadataImage image = server.metadataCache().currentImage();
        KafkaClusterView view = cluster;
        if (!view.isOf(image)) {
            view = new KafkaClusterView(image, topicViews);
            cluster = view;
        }
        return view;
    }

    @Override
    public Optional<LocalPartition> partition(TopicPartition topicPartition) {
        Option<Partition> partition = server.replicaManager().onlinePartition(topicPartition);
        if (partition.isEmpty()
                || partition.get().log().isEmpty()
                || partition.get().topicId().isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new KafkaLocalPartition(server.replicaManager(), partition.get()));
    }

    @Override
    public void checkpointLogStarts() {
        server.logManager().checkpointLogStartOffsets();
    }

    @Override
    public RequestChannel controller() {
        return controller;
    }

    @Override
    public BrokerChannel brokers() {
        return brokers;
    }

    @Override
    public BrokerChannel stateTail() {
        return stateTail;
    }

    @Override
    public BrokerChannel reports() {
        return reports;
    }

    @Override
    public BrokerChannel proposals() {
        return proposals;
    }

    @Override
    public BrokerChannel groups() {
        return groups;
    }

    @Override
    public Optional<Authorizer> authorizer() {
        var plugin = server.authorizerPlugin();
        return plugin.isEmpty() ? Optional.empty() : Optional.of(plugin.get().get());
    }

    @Override
    public void close() {
        controller.close();
        brokers.close();
        stateTail.close();
        reports.close();
        proposals.close();
        groups.close();
    }

    private static Map<String, Object> withoutNulls(Map<String, Object> settings) {
        settings.values().removeIf(value -> value == null);
        return settings;
    }
}
