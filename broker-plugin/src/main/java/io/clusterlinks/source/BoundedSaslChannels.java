// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import java.util.Map;
import javax.security.auth.Subject;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.network.ConnectionMode;
import org.apache.kafka.common.network.SaslChannelBuilder;
import org.apache.kafka.common.network.TransportLayer;
import org.apache.kafka.common.security.JaasContext;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.common.security.authenticator.SaslClientAuthenticator;
import org.apache.kafka.common.utils.LogContext;
import org.apache.kafka.common.utils.Time;

/**
 * Channels whose SASL handshake is held to a {@link ReceiveLimit}. Kafka's client takes memory for whatever size a
 * message of it announces, and the first bytes of a TLS alert or of an HTTP answer announce hundreds of megabytes.
 */
final class BoundedSaslChannels extends SaslChannelBuilder {
    private final ReceiveLimit limit;

    private BoundedSaslChannels(
            SecurityProtocol protocol,
            String mechanism,
            JaasContext jaas,
            ReceiveLimit limit,
            Time time,
            LogContext logContext) {
        super(
                ConnectionMode.CLIENT,
                Map.of(mechanism, jaas),
                protocol,
                null,
                false,
                mechanism,
                null,
                null,
                null,
                time,
                logContext,
                null);
        this.limit = limit;
    }

    /**
     * Makes them as {@link org.apache.kafka.common.network.ChannelBuilders#clientChannelBuilder} does for a client.
     *
     * @throws IllegalArgumentException if there is no JAAS config, or it is malformed
     * @throws KafkaException if anything else is wrong with {@code configs}, or the login fails
     */
    static BoundedSaslChannels open(AdminClientConfig configs, ReceiveLimit limit, Time time, LogContext logContext) {
        // Parsed where Kafka knows them, else as they were given: mechanisms and login modules have configs of their
        // own.
        Map<String, Object> all = configs.originals();
        all.putAll(configs.values());
        BoundedSaslChannels channels = new BoundedSaslChannels(
                protocol(configs),
                configs.getString(SaslConfigs.SASL_MECHANISM),
                JaasContext.loadClientContext(all),
                limit,
                time,
                logContext);
        channels.configure(all);
        return channels;
    }

    /** Whether connections with {@code configs} begin with a SASL handshake. */
    static boolean fit(AdminClientConfig configs) {
        SecurityProtocol protocol = protocol(configs);
        return protocol == SecurityProtocol.SASL_PLAINTEXT || protocol == SecurityProtocol.SASL_SSL;
    }

    private static SecurityProtocol protocol(AdminClientConfig configs) {
        return SecurityProtocol.forName(configs.getString(CommonClientConfigs.SECURITY_PROTOCOL_CONFIG));
    }

    @Override
    protected SaslClientAuthenticator buildClientAuthenticator(
            Map<String, ?> configs,
            AuthenticateCallbackHandler callbackHandler,
            String id,
            String serverHost,
            String servicePrincipal,
            TransportLayer transportLayer,
            Subject subject) {
        return super.buildClientAuthenticator(
                configs,
                callbackHandler,
                id,
                serverHost,
                servicePrincipal,
                HandshakeWatch.over(transportLayer, limit),
                subject);
    }
}
