// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import java.util.Map;
import org.apache.kafka.clients.ApiVersions;
import org.apache.kafka.clients.ClientUtils;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.MetadataRecoveryStrategy;
import org.apache.kafka.clients.MetadataUpdater;
import org.apache.kafka.clients.NetworkClient;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.network.ChannelBuilder;
import org.apache.kafka.common.network.NetworkReceive;
import org.apache.kafka.common.network.Selector;
import org.apache.kafka.common.utils.LogContext;
import org.apache.kafka.common.utils.Time;

/** Makes Kafka's network client as {@link ClientUtils#createNetworkClient} does, which sets no limit to what is received. */
final class SourceNetwork {
    private final ReceiveLimit limit;
    private final Metrics metrics;
    private final ApiVersions versions;
    private final Time time;

    SourceNetwork(ReceiveLimit limit, Metrics metrics, ApiVersions versions, Time time) {
        this.limit = limit;
        this.metrics = metrics;
        this.versions = versions;
        this.time = time;
    }

    /** A client with one request per connection at a time. */
    NetworkClient client(AdminClientConfig configs, String clientId, MetadataUpdater metadata) {
        LogContext logContext = new LogContext("[" + clientId + "] ");
        ChannelBuilder channels = ClientUtils.createChannelBuilder(configs, time, logContext);
        Selector selector = new Selector(
                NetworkReceive.UNLIMITED,
                configs.getLong(CommonClientConfigs.CONNECTIONS_MAX_IDLE_MS_CONFIG),
                metrics,
                time,
                "cluster-link",
                Map.of(),
                true,
                false,
                channels,
                limit,
                logContext);
        return new NetworkClient(
                selector,
                metadata,
                clientId,
                1,
                configs.getLong(CommonClientConfigs.RECONNECT_BACKOFF_MS_CONFIG),
                configs.getLong(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG),
                configs.getInt(CommonClientConfigs.SEND_BUFFER_CONFIG),
                configs.getInt(CommonClientConfigs.RECEIVE_BUFFER_CONFIG),
                configs.getInt(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG),
                configs.getLong(CommonClientConfigs.SOCKET_CONNECTION_SETUP_TIMEOUT_MS_CONFIG),
                configs.getLong(CommonClientConfigs.SOCKET_CONNECTION_SETUP_TIMEOUT_MAX_MS_CONFIG),
                time,
                true,
                versions,
                logContext,
                MetadataRecoveryStrategy.NONE);
    }
}
