// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

/** What the agent leaves behind for the broker that may start in this JVM. */
public interface HookInstallation {
    /** Throws, naming what is missing, unless every hook is in place in the broker's classes. */
    void verify(ClassLoader brokerClasses);

    /** The plugin for a broker that starts. */
    BrokerHooks newHooks();
}
