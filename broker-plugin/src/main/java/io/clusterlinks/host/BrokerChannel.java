// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;

/** Sends requests to brokers of the own cluster, the own broker included. */
@FunctionalInterface
public interface BrokerChannel {
    /** As {@link RequestChannel#send}, to the live broker {@code brokerId}. */
    CompletableFuture<AbstractResponse> send(int brokerId, AbstractRequest.Builder<? extends AbstractRequest> request);
}
