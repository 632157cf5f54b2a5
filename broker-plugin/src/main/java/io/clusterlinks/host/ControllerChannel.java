// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.ClientResponse;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.server.common.ControllerRequestCompletionHandler;
import org.apache.kafka.server.common.NodeToControllerChannelManager;

/** The connection on which the broker itself forwards to the controller; it finds the active one and retries. */
final class ControllerChannel implements RequestChannel {
    private final NodeToControllerChannelManager channel;

    ControllerChannel(NodeToControllerChannelManager channel) {
        this.channel = channel;
    }

    @Override
    public CompletableFuture<AbstractResponse> send(AbstractRequest.Builder<? extends AbstractRequest> request) {
        CompletableFuture<AbstractResponse> answer = new CompletableFuture<>();
        channel.sendRequest(request, new ControllerRequestCompletionHandler() {
            @Override
            public void onComplete(ClientResponse response) {
                ResponseFutures.complete(answer, response, "the controller");
            }

            @Override
            public void onTimeout() {
                answer.completeExceptionally(new TimeoutException("No answer in time from the controller"));
            }
        });
        return answer;
    }
}
