// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;

/** Sends requests to one role of the own cluster. */
@FunctionalInterface
public interface RequestChannel {
    /**
     * Sends a request. The future fails with a {@link org.apache.kafka.common.errors.ApiException} if no answer
     * arrives; error codes inside an answer are the caller's to read. Completed on a network thread: do not block in
     * dependents.
     */
    CompletableFuture<AbstractResponse> send(AbstractRequest.Builder<? extends AbstractRequest> request);
}
