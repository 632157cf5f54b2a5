// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import java.util.Map;

/** What the hooks in the broker call; implemented by the plugin. One instance per broker. */
public interface BrokerHooks {
    /**
     * The broker begins to start; its listeners are not open yet. An exception stops the broker from starting.
     *
     * @param settings the properties the broker was started with
     */
    void onStarting(int nodeId, Map<String, Object> settings);

    /**
     * The broker knows the cluster, leads nothing and has opened no listener but to controllers; it does when this
     * returns. An exception is logged; the broker goes on without links but with its fence.
     */
    void onJoining(LocalBroker broker);

    /** The broker has started. Not called after {@link #onJoining} has failed. An exception is logged, as there. */
    void onStarted();

    /** The broker begins to stop. */
    void onStopping();

    /** The fence that stands now; cheap, called for every write. */
    WriteFence fence();

    /**
     * Offers a request before the broker handles it. Called on a request handler thread for admin requests only: must
     * not block.
     *
     * @return true if the plugin answers it, now or later; the broker must not
     */
    boolean intercept(InterceptedRequest request);
}
