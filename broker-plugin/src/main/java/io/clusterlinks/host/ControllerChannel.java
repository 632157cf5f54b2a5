// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import java.util.concurrent.CompletableFuture;
import kafka.server.BrokerServer;
import kafka.server.KafkaConfig;
import org.apache.kafka.clients.ClientResponse;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.server.NodeToControllerChannelManagerImpl;
import org.apache.kafka.server.RaftControllerNodeProvider;
import org.apache.kafka.server.common.ControllerRequestCompletionHandler;
import org.apache.kafka.server.common.NodeToControllerChannelManager;

/**
 * A connection to the controller beside the one on which the broker forwards what clients ask for, so that neither waits
 * for the other; it finds the active controller and retries. For no longer than whoever asks waits for the answer: what
 * reached the controller later might undo what another coordinator has done meanwhile.
 */
final class ControllerChannel implements RequestChannel, AutoCloseable {
    private static final long RETRY_TIMEOUT_MS = 10_000;

    private final NodeToControllerChannelManager channel;

    ControllerChannel(BrokerServer server) {
        KafkaConfig config = server.config();
        this.channel = new NodeToControllerChannelManagerImpl(
                RaftControllerNodeProvider.create(server.raftManager(), config),
                server.time(),
                server.metrics(),
                config,
                "cluster-links",
                "broker-" + config.nodeId() + "-",
                RETRY_TIMEOUT_MS);
        channel.start();
    }

    @Override
    public CompletableFuture<AbstractResponse> send(AbstractRequest.Builder<? extends AbstractRequest> request) {
        CompletableFuture<AbstractResponse> answer = new CompletableFuture<>();
        try {
            requireSendable(request);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
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

    /** On the thread that sends it, a request that cannot be put into bytes would end the broker's process. */
    static void requireSendable(AbstractRequest.Builder<? extends AbstractRequest> request) {
        request.build(request.latestAllowedVersion()).serialize();
    }

    @Override
    public void close() {
        try {
            channel.shutdown();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
