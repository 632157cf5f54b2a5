// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.ClientResponse;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.requests.AbstractResponse;

/** Turns what a network client reports into the outcome of a future. */
final class ResponseFutures {
    private ResponseFutures() {}

    /** Completes {@code future} with the answer, or with the reason for which there is none. Does not throw. */
    static void complete(CompletableFuture<AbstractResponse> future, ClientResponse response, String destination) {
        if (response.authenticationException() != null) {
            future.completeExceptionally(response.authenticationException());
        } else if (response.versionMismatch() != null) {
            future.completeExceptionally(response.versionMismatch());
        } else if (response.wasTimedOut()) {
            future.completeExceptionally(new TimeoutException("No answer in time from " + destination));
        } else if (response.wasDisconnected() || response.responseBody() == null) {
            future.completeExceptionally(new DisconnectException("No connection to " + destination));
        } else {
            future.complete(response.responseBody());
        }
    }
}
