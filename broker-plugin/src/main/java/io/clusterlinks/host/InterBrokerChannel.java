// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import kafka.server.KafkaConfig;
import kafka.server.NetworkUtils;
import org.apache.kafka.clients.KafkaClient;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.errors.BrokerNotAvailableException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.utils.LogContext;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.MetadataCache;

/**
 * Connections to the brokers of the cluster over the inter-broker listener, on one thread that is started with the
 * first request, and replaced should it ever fail.
 */
final class InterBrokerChannel implements BrokerChannel, AutoCloseable {
    private final IntFunction<Node> liveBrokers;
    private final Supplier<InterBrokerSender> senders;

    private InterBrokerSender sender;
    private boolean closed;

    InterBrokerChannel(String name, KafkaConfig config, Metrics metrics, MetadataCache metadata, Time time) {
        this(
                id -> metadata.getAliveBrokerNode(id, config.interBrokerListenerName())
                        .orElse(null),
                () -> new InterBrokerSender(
                        name, client(name, config, metrics, time), config.requestTimeoutMs(), time));
    }

    /**
     * @param liveBrokers endpoint of a broker, null if it is not alive
     * @param senders makes a thread that is not started yet
     */
    InterBrokerChannel(IntFunction<Node> liveBrokers, Supplier<InterBrokerSender> senders) {
        this.liveBrokers = liveBrokers;
        this.senders = senders;
    }

    @Override
    public CompletableFuture<AbstractResponse> send(
            int brokerId, AbstractRequest.Builder<? extends AbstractRequest> request) {
        Node node = liveBrokers.apply(brokerId);
        if (node == null) {
            return CompletableFuture.failedFuture(
                    new BrokerNotAvailableException("Broker " + brokerId + " is not alive"));
        }
        InterBrokerSender running = runningSender();
        return running == null
                ? CompletableFuture.failedFuture(new DisconnectException("This broker is stopping"))
                : running.enqueue(node, request);
    }

    @Override
    public void close() {
        InterBrokerSender last;
        synchronized (this) {
            closed = true;
            last = sender;
            sender = null;
        }
        if (last != null) {
            last.stopAndWait();
        }
    }

    private synchronized InterBrokerSender runningSender() {
        if (closed) {
            return null;
        }
        if (sender == null || !sender.isRunning()) {
            if (sender != null) {
                sender.stopAndWait();
            }
            sender = senders.get();
            sender.start();
        }
        return sender;
    }

    private static KafkaClient client(String name, KafkaConfig config, Metrics metrics, Time time) {
        LogContext context = new LogContext("[ClusterLinks broker=" + config.nodeId() + "] ");
        return NetworkUtils.buildNetworkClient(name, config, metrics, time, context);
    }
}
