// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import java.util.Map;

/** Hooks that only have a fence. */
record FencedHooks(WriteFence fence) implements BrokerHooks {
    @Override
    public void onStarting(int nodeId, Map<String, Object> settings) {}

    @Override
    public void onJoining(LocalBroker broker) {}

    @Override
    public void onStarted() {}

    @Override
    public void onStopping() {}

    @Override
    public boolean intercept(InterceptedRequest request) {
        return false;
    }
}
