// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import java.util.HashMap;
import java.util.Map;
import kafka.server.BrokerServer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.utils.AppInfoParser;
import org.apache.kafka.common.utils.Utils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts and stops the plugin with the broker. One broker per JVM; it may be started again after it has stopped. */
final class BrokerLifecycle {
    private static final Logger log = LoggerFactory.getLogger(BrokerLifecycle.class);

    private static BrokerLifecycle current;

    private final BrokerServer server;
    private final BrokerHooks hooks;
    private final Map<String, Object> settings;
    private KafkaLocalBroker broker;
    private volatile boolean failed;

    private BrokerLifecycle(BrokerServer server, BrokerHooks hooks, Map<String, Object> settings) {
        this.server = server;
        this.hooks = hooks;
        this.settings = settings;
    }

    static synchronized void starting(Object startingServer, HookInstallation installation) {
        BrokerServer server = (BrokerServer) startingServer;
        if (current != null) {
            if (current.server == server) {
                return; // startup called twice: the broker ignores it as well
            }
            throw new KafkaException("Kafka Cluster Links supports one broker in a JVM, and broker "
                    + current.server.config().nodeId() + " runs in this one.");
        }
        verify(installation, server.getClass().getClassLoader());
        BrokerLifecycle starting = new BrokerLifecycle(
                server, installation.newHooks(), new HashMap<>(server.config().originals()));
        starting.hooks.onStarting(server.config().nodeId(), starting.settings);
        HookBridge.hooks(starting.hooks);
        current = starting;
    }

    /** Does not hold the lock while the plugin reads its state: the broker may be stopped meanwhile. */
    static void joining() {
        BrokerLifecycle joining;
        synchronized (BrokerLifecycle.class) {
            joining = current;
            if (joining == null || joining.broker != null) {
                return;
            }
            joining.broker = new KafkaLocalBroker(joining.server, joining.settings);
        }
        joining.run(() -> joining.hooks.onJoining(joining.broker));
    }

    static synchronized void started(Object server) {
        if (current != null && current.server == server && !current.failed) {
            current.run(current.hooks::onStarted);
        }
    }

    private void run(Runnable hook) {
        try {
            hook.run();
        } catch (Throwable e) {
            // Also an error: the broker starts all the same.
            failed = true;
            log.error("Cluster links could not be started; the broker runs without them, mirrors stay read-only.", e);
        }
    }

    /** The hooks stay in place until the next start: requests and writes are served until the broker has stopped. */
    static synchronized void stopping(Object server) {
        if (current == null || current.server != server) {
            return;
        }
        BrokerLifecycle stopping = current;
        current = null;
        try {
            stopping.hooks.onStopping();
        } catch (Throwable e) {
            // Also an error: the broker stops all the same.
            log.error("Cluster links did not stop cleanly.", e);
        } finally {
            Utils.closeQuietly(stopping.broker, "local broker");
        }
    }

    private static void verify(HookInstallation installation, ClassLoader brokerClasses) {
        try {
            installation.verify(brokerClasses);
        } catch (RuntimeException e) {
            String message = "Kafka Cluster Links cannot run in this broker (Kafka " + AppInfoParser.getVersion()
                    + "), it supports Apache Kafka 4.3.x: " + e.getMessage()
                    + ". Install a plugin made for this version, or start the broker without the agent.";
            System.err.println(message);
            log.error(message);
            throw new KafkaException(message, e);
        }
    }
}
