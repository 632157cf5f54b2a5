// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import io.clusterlinks.protocol.LinkException;
import java.io.File;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.protocol.Errors;

/** Opens an admin client and makes sure at once that a broker answers: later timeouts can then be long. */
final class Connection {
    private static final int CONNECT_TIMEOUT_MS = 8000;

    private Connection() {}

    static Admin open(String bootstrapServers, File commandConfig, Function<Properties, Admin> factory) {
        Admin admin = create(properties(bootstrapServers, commandConfig), bootstrapServers, factory);
        try {
            admin.describeCluster(new DescribeClusterOptions().timeoutMs(CONNECT_TIMEOUT_MS))
                    .clusterId()
                    .get();
            return admin;
        } catch (ExecutionException e) {
            admin.close(Duration.ZERO);
            throw unreachable(bootstrapServers, e.getCause());
        } catch (InterruptedException e) {
            admin.close(Duration.ZERO);
            Thread.currentThread().interrupt();
            throw LinkException.unavailable("Interrupted while connecting to " + bootstrapServers + ".");
        }
    }

    private static Properties properties(String bootstrapServers, File commandConfig) {
        Properties properties = commandConfig == null ? new Properties() : ConfigArguments.load(commandConfig);
        properties.setProperty(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        properties.putIfAbsent(AdminClientConfig.CLIENT_ID_CONFIG, "kafka-cluster-links");
        properties.putIfAbsent(AdminClientConfig.ENABLE_METRICS_PUSH_CONFIG, "false");
        // Both or none: Kafka refuses a request timeout above the timeout of a call.
        if (!properties.containsKey(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG)
                && !properties.containsKey(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG)) {
            properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, Integer.toString(Session.TIMEOUT_MS));
            properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, Integer.toString(Session.TIMEOUT_MS));
        }
        return properties;
    }

    private static Admin create(Properties properties, String bootstrapServers, Function<Properties, Admin> factory) {
        try {
            return factory.apply(properties);
        } catch (KafkaException e) {
            Throwable cause = e;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            throw new LinkException(
                    Errors.INVALID_CONFIG,
                    "Cannot connect to " + bootstrapServers + ": " + sentence(cause)
                            + " Check --bootstrap-server and --command-config.",
                    e);
        }
    }

    private static LinkException unreachable(String bootstrapServers, Throwable cause) {
        if (cause instanceof TimeoutException) {
            return new LinkException(
                    Errors.REQUEST_TIMED_OUT,
                    "No Kafka broker answers at " + bootstrapServers + " (waited " + CONNECT_TIMEOUT_MS / 1000
                            + " s). Check --bootstrap-server, that the broker is up, and, if its listener is secured,"
                            + " the security settings in --command-config.",
                    cause);
        }
        if (cause instanceof AuthenticationException) {
            return new LinkException(
                    Errors.forException(cause),
                    "Authentication with " + bootstrapServers + " failed: " + sentence(cause)
                            + " Check the security settings in --command-config.",
                    cause);
        }
        return new LinkException(
                Errors.forException(cause), "Cannot talk to " + bootstrapServers + ": " + sentence(cause), cause);
    }

    private static String sentence(Throwable cause) {
        String message = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        String line = message.strip().replaceAll("\\s*\\R\\s*", " ");
        return line.endsWith(".") ? line : line + ".";
    }
}
