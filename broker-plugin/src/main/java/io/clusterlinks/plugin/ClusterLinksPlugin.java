// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.plugin;

import io.clusterlinks.host.BrokerHooks;
import io.clusterlinks.host.InterceptedRequest;
import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.host.WriteFence;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The plugin of one broker. */
public final class ClusterLinksPlugin implements BrokerHooks {
    private static final Logger log = LoggerFactory.getLogger(ClusterLinksPlugin.class);

    @Override
    public void onStarting(int nodeId, Map<String, Object> settings) {
        log.info("Kafka Cluster Links is loaded in broker {}", nodeId);
    }

    @Override
    public void onStarted(LocalBroker broker) {
        log.info("Kafka Cluster Links has started in broker {} (Kafka {})", broker.nodeId(), broker.kafkaVersion());
    }

    @Override
    public void onStopping() {
        log.info("Kafka Cluster Links is stopping");
    }

    @Override
    public WriteFence fence() {
        return WriteFence.OPEN;
    }

    @Override
    public boolean intercept(InterceptedRequest request) {
        return false;
    }
}
