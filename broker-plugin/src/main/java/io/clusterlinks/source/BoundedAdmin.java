// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.ApiVersions;
import org.apache.kafka.clients.ClientUtils;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.KafkaClient;
import org.apache.kafka.clients.NetworkClient;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.KafkaAdminClient;
import org.apache.kafka.clients.admin.internals.AdminMetadataManager;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.utils.LogContext;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.Utils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kafka's admin client, with two faults of it mended: it allocates whatever an answer announces, and its thread ends for
 * good with the first answer that it does not understand, after which every call fails. So it gets a network client with
 * a {@link ReceiveLimit}, and tells when it has to be replaced.
 */
final class BoundedAdmin implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(BoundedAdmin.class);

    private final Admin admin;
    private final KafkaClient network;

    private BoundedAdmin(Admin admin, KafkaClient network) {
        this.admin = admin;
        this.network = network;
    }

    static BoundedAdmin open(Map<String, Object> configs, ReceiveLimit limit) {
        Optional<Method> factory = factory();
        if (factory.isEmpty()) {
            log.warn("This version of Kafka's clients does not let the answers to an admin client be bounded");
            return new BoundedAdmin(Admin.create(configs), null);
        }
        AdminClientConfig config = new AdminClientConfig(configs);
        String clientId = config.getString(CommonClientConfigs.CLIENT_ID_CONFIG);
        AdminMetadataManager metadata = new AdminMetadataManager(
                new LogContext("[" + clientId + "] "),
                config.getLong(CommonClientConfigs.RETRY_BACKOFF_MS_CONFIG),
                config.getLong(CommonClientConfigs.METADATA_MAX_AGE_CONFIG),
                false);
        List<String> servers = config.getList(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG);
        metadata.update(
                Cluster.bootstrap(ClientUtils.parseAndValidateAddresses(
                        servers, config.getString(CommonClientConfigs.CLIENT_DNS_LOOKUP_CONFIG))),
                Time.SYSTEM.milliseconds());
        NetworkClient network = new SourceNetwork(limit, new Metrics(), new ApiVersions(), Time.SYSTEM)
                .client(config, clientId, metadata.updater());
        try {
            return new BoundedAdmin(
                    (Admin) factory.get().invoke(null, config, metadata, network, Time.SYSTEM), network);
        } catch (IllegalAccessException | InvocationTargetException e) {
            Utils.closeQuietly(network, "network client");
            throw new KafkaException("Failed to create an admin client", e);
        }
    }

    /** Kafka's own way to give an admin client a network client; its tests use it. */
    static Optional<Method> factory() {
        try {
            Method method = KafkaAdminClient.class.getDeclaredMethod(
                    "createInternal",
                    AdminClientConfig.class,
                    AdminMetadataManager.class,
                    KafkaClient.class,
                    Time.class);
            method.setAccessible(true);
            return Optional.of(method);
        } catch (NoSuchMethodException | RuntimeException e) {
            return Optional.empty();
        }
    }

    Admin admin() {
        return admin;
    }

    /** Whether its thread runs: when that ends, whyever, it closes the network client. */
    boolean isAlive() {
        return network == null || network.active();
    }

    @Override
    public void close() {
        Utils.closeQuietly(() -> admin.close(java.time.Duration.ofMillis(500)), "source admin");
    }
}
