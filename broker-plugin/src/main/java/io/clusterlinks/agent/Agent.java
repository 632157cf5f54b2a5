// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.agent;

import io.clusterlinks.host.BrokerHooks;
import io.clusterlinks.host.HookBridge;
import io.clusterlinks.host.HookInstallation;
import io.clusterlinks.plugin.ClusterLinksPlugin;
import java.lang.instrument.Instrumentation;

/**
 * Entry point of {@code -javaagent}.
 *
 * <p>Kafka's scripts hand the agent to every JVM they start, command line tools and controllers included. So nothing is
 * done here but to register a filter on class names; Byte Buddy is loaded with the first hooked class, the plugin with
 * the start of a broker.
 */
public final class Agent {
    private Agent() {}

    /** Called by the JVM before {@code main}. */
    public static void premain(String arguments, Instrumentation instrumentation) {
        HookTransformer transformer = new HookTransformer();
        HookBridge.install(new BrokerInstallation(transformer));
        instrumentation.addTransformer(transformer);
    }

    private record BrokerInstallation(HookTransformer transformer) implements HookInstallation {
        @Override
        public void verify(ClassLoader brokerClasses) {
            transformer.verify(brokerClasses);
        }

        @Override
        public BrokerHooks newHooks() {
            return new ClusterLinksPlugin();
        }
    }
}
