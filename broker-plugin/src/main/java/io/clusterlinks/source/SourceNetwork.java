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
import org.apache.kafka.common.utils.Utils;

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

    /**
     * A client with one request per connection at a time. It owns what it is made of; nothing is left open if it cannot
     * be made: the credentials of SASL are shared and counted, and would never be given up.
     *
     * @throws RuntimeException what Kafka throws if something is wrong with {@code configs}, or files run out
     */
    NetworkClient client(AdminClientConfig configs, String clientId, MetadataUpdater metadata) {
        LogContext logContext = new LogContext("[" + clientId + "] ");
        ChannelBuilder channels = channels(configs, logContext);
        Selector selector = null;
        try {
            selector = selector(configs, channels, logContext);
            return client(configs, clientId, metadata, selector, logContext);
        } catch (RuntimeException | Error e) {
            Utils.closeQuietly(selector, "selector");
            Utils.closeQuietly(channels, "channel builder");
            throw e;
        }
    }

    private ChannelBuilder channels(AdminClientConfig configs, LogContext logContext) {
        return BoundedSaslChannels.fit(configs)
                ? BoundedSaslChannels.open(configs, limit, time, logContext)
                : ClientUtils.createChannelBuilder(configs, time, logContext);
    }

    private Selector selector(AdminClientConfig configs, ChannelBuilder channels, LogContext logContext) {
        return new Selector(
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
    }

    private NetworkClient client(
            AdminClientConfig configs,
            String clientId,
            MetadataUpdater metadata,
            Selector selector,
            LogContext logContext) {
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
