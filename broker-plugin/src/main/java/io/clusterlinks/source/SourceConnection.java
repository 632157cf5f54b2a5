// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.record.LinkRecord;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.ApiVersions;
import org.apache.kafka.clients.ClientRequest;
import org.apache.kafka.clients.ClientResponse;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.ManualMetadataUpdater;
import org.apache.kafka.clients.NetworkClient;
import org.apache.kafka.clients.NetworkClientUtils;
import org.apache.kafka.clients.NodeApiVersions;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.memory.MemoryPool;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.Utils;

/**
 * Blocking requests over Kafka's own network client, so that security, proxies and timeouts work as for any client.
 * Whoever answers is asked first which cluster it belongs to: an address may be another cluster's by now, and most
 * questions name topics only by names that it may have too. For one thread, except {@link #shutdown}.
 */
final class SourceConnection implements AutoCloseable {
    private static final int CONNECT_TIMEOUT_MS = 4000;
    private static final long POLL_MS = 200;
    /** No broker whose quota windows are near their defaults (11 s) asks for a longer pause. */
    private static final long MAX_THROTTLE_MS = 20_000;

    private final String link;
    private final String clusterId;
    private final NetworkClient client;
    private final ReceiveLimit limit;
    private final ApiVersions versions = new ApiVersions();
    private final Metrics metrics = new Metrics();
    private final Time time;

    /** A connection to brokers of the cluster that {@code link} belongs to. */
    SourceConnection(LinkRecord link, LinkConfig config, String clientId, Time time) {
        this(link, config, clientId, MemoryPool.NONE, time);
    }

    /** A connection that receives into {@code memory}. */
    SourceConnection(LinkRecord link, LinkConfig config, String clientId, MemoryPool memory, Time time) {
        this.link = link.link();
        this.clusterId = link.sourceClusterId();
        this.time = time;
        this.limit = ReceiveLimit.of(config, memory);
        AdminClientConfig configs = new AdminClientConfig(configs(config, clientId));
        try {
            this.client = new SourceNetwork(limit, metrics, versions, time)
                    .client(configs, clientId, new ManualMetadataUpdater());
        } catch (KafkaException e) {
            metrics.close();
            throw SourceErrors.classify(this.link, "client configs", null, e);
        }
    }

    private static Map<String, Object> configs(LinkConfig config, String clientId) {
        Map<String, Object> configs = new HashMap<>(config.clientConfigs(clientId));
        configs.putIfAbsent(CommonClientConfigs.SOCKET_CONNECTION_SETUP_TIMEOUT_MS_CONFIG, CONNECT_TIMEOUT_MS);
        configs.putIfAbsent(CommonClientConfigs.SOCKET_CONNECTION_SETUP_TIMEOUT_MAX_MS_CONFIG, CONNECT_TIMEOUT_MS);
        configs.putIfAbsent(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG, 1000L);
        // A window that holds a fetch on a long path; the kernel's default tuning applies at -1.
        configs.putIfAbsent(CommonClientConfigs.RECEIVE_BUFFER_CONFIG, -1);
        return configs;
    }

    /**
     * Sends a request and waits for the answer.
     *
     * @throws LinkException naming the broker and the step that failed
     */
    ClientResponse send(Node node, AbstractRequest.Builder<?> request, int timeoutMs) {
        connect(node, Math.min(timeoutMs, CONNECT_TIMEOUT_MS));
        return exchange(node, request, timeoutMs);
    }

    private ClientResponse exchange(Node node, AbstractRequest.Builder<?> request, int timeoutMs) {
        long sentMs = time.milliseconds();
        try {
            ClientRequest sent =
                    client.newClientRequest(node.idString(), request, time.milliseconds(), true, timeoutMs, null);
            client.send(sent, time.milliseconds());
            return receive(sent);
        } catch (IOException e) {
            boolean late = time.milliseconds() - sentMs >= timeoutMs;
            String what = late ? " did not answer within " + timeoutMs + " ms" : " closed the connection";
            throw disconnected(node, what + "; check that it is healthy.", e);
        } catch (ApiException e) {
            throw SourceErrors.classify(link, "request", address(node), e);
        } catch (RuntimeException e) {
            throw nonsense(node, e);
        }
    }

    private LinkException disconnected(Node node, String why, IOException e) {
        String what = limit.takeRefusal().orElse(why);
        return new LinkException(Errors.NETWORK_EXCEPTION, broker(node) + what, e);
    }

    /** What follows an answer that cannot be understood cannot be understood either: the connection is given up. */
    private LinkException nonsense(Node node, RuntimeException e) {
        if (client.active()) {
            client.close(node.idString());
        }
        return new LinkException(
                Errors.NETWORK_EXCEPTION,
                broker(node) + " sent an answer that is not the protocol's (" + SourceErrors.line(e)
                        + "); check what listens there, and proxies on the way.",
                e);
    }

    private String broker(Node node) {
        return "Source of link " + link + ": broker " + node.id() + " at " + address(node);
    }

    /** Polls in short turns: the network client notices only between polls that a request is overdue. */
    private ClientResponse receive(ClientRequest sent) throws IOException {
        while (client.active()) {
            for (ClientResponse response : client.poll(POLL_MS, time.milliseconds())) {
                if (response.requestHeader().correlationId() != sent.correlationId()) {
                    continue;
                }
                if (response.authenticationException() != null) {
                    throw response.authenticationException();
                }
                if (response.versionMismatch() != null) {
                    throw response.versionMismatch();
                }
                if (response.wasDisconnected()) {
                    throw new IOException("disconnected from " + response.destination());
                }
                return response;
            }
        }
        throw new IOException("shut down");
    }

    private void connect(Node node, int timeoutMs) {
        if (!isConnected(node)) {
            open(node, timeoutMs);
            identify(node, timeoutMs);
            // A quota may ask for a pause already.
            if (!isConnected(node)) {
                throw unreachable(node, "was lost", null);
            }
        }
    }

    private boolean isConnected(Node node) {
        try {
            sitOutThrottle(node);
            return NetworkClientUtils.isReady(client, node, time.milliseconds());
        } catch (RuntimeException e) {
            throw client.active() ? nonsense(node, e) : unreachable(node, "was shut down", e);
        }
    }

    /** Whatever it says about its cluster is said about this connection only. */
    private void identify(Node node, int timeoutMs) {
        MetadataResponse answer =
                (MetadataResponse) exchange(node, MetadataRequest.Builder.forTopicNames(List.of(), false), timeoutMs)
                        .responseBody();
        if (answer.clusterId() != null && !answer.clusterId().equals(clusterId)) {
            client.close(node.idString());
            throw SourceErrors.anotherCluster(link, clusterId, answer.clusterId());
        }
    }

    private void open(Node node, int timeoutMs) {
        try {
            if (NetworkClientUtils.awaitReady(client, node, time, timeoutMs)) {
                return;
            }
        } catch (IOException e) {
            throw limit.hasRefused() ? disconnected(node, "", e) : unreachable(node, "failed", e);
        } catch (ApiException e) {
            throw SourceErrors.classify(link, "connection", address(node), e);
        } catch (RuntimeException e) {
            throw client.active() ? nonsense(node, e) : unreachable(node, "was shut down", e);
        }
        // Give up this attempt, so that the next one starts afresh instead of waiting for a dead one.
        client.close(node.idString());
        throw unreachable(node, "timed out after " + timeoutMs + " ms", null);
    }

    /**
     * The network client counts a broker that asked for a pause, because of a quota, as not ready; a connection on which
     * it asked for days is given up.
     */
    private void sitOutThrottle(Node node) {
        long endMs = time.milliseconds() + MAX_THROTTLE_MS;
        long delayMs = client.throttleDelayMs(node, time.milliseconds());
        while (delayMs > 0 && client.active()) {
            if (time.milliseconds() >= endMs) {
                client.close(node.idString());
            } else {
                client.poll(Math.min(delayMs, POLL_MS), time.milliseconds());
            }
            delayMs = client.throttleDelayMs(node, time.milliseconds());
        }
    }

    private LinkException unreachable(Node node, String what, Exception cause) {
        return new LinkException(
                Errors.NETWORK_EXCEPTION,
                "Source of link " + link + ": connection to broker " + node.id() + " at " + address(node) + " " + what
                        + "; check that it is up and that its advertised listener is reachable from here.",
                cause);
    }

    static String address(Node node) {
        return node.host() + ":" + node.port();
    }

    /** The newest version of {@code api} that both sides speak; -1 if not connected or not supported. */
    short usableVersion(Node node, ApiKeys api) {
        NodeApiVersions known = versions.get(node.idString());
        if (known == null) {
            return -1;
        }
        try {
            return known.latestUsableVersion(api);
        } catch (UnsupportedVersionException e) {
            return -1;
        }
    }

    void connectTo(Node node, int timeoutMs) {
        connect(node, timeoutMs);
    }

    /** The nodes of {@code bootstrap.servers}, under ids that no broker has. */
    static List<Node> bootstrapNodes(LinkConfig config) {
        List<String> servers = config.getList(LinkConfig.BOOTSTRAP_SERVERS);
        return java.util.stream.IntStream.range(0, servers.size())
                .mapToObj(i -> new Node(-1 - i, Utils.getHost(servers.get(i)), Utils.getPort(servers.get(i))))
                .toList();
    }

    /** Ends a wait for bytes or for memory. From any thread. */
    void wakeUp() {
        client.wakeup();
    }

    void shutdown() {
        client.initiateClose();
    }

    @Override
    public void close() {
        client.initiateClose();
        Utils.closeQuietly(client, "source connection");
        Utils.closeQuietly(metrics, "source connection metrics");
    }
}
