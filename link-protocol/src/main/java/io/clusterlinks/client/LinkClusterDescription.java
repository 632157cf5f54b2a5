// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.client;

import io.clusterlinks.protocol.BrokerStatus;
import java.util.List;

/**
 * The brokers of a cluster as far as links are concerned.
 *
 * @param coordinator id of the broker that coordinates links, -1 while there is none
 * @param brokers every live broker, by id
 */
public record LinkClusterDescription(int coordinator, List<BrokerStatus> brokers) {
    public LinkClusterDescription {
        brokers = List.copyOf(brokers);
    }
}
