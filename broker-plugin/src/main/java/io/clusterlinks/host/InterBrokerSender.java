// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.clients.KafkaClient;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.util.InterBrokerSendThread;
import org.apache.kafka.server.util.RequestAndCompletionHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The thread behind {@link InterBrokerChannel}. */
class InterBrokerSender extends InterBrokerSendThread {
    private static final Logger log = LoggerFactory.getLogger(InterBrokerSender.class);

    private final Time time;
    private final Queue<RequestAndCompletionHandler> queue = new ConcurrentLinkedQueue<>();
    private final Set<CompletableFuture<AbstractResponse>> pending = ConcurrentHashMap.newKeySet();

    InterBrokerSender(String name, KafkaClient client, int requestTimeoutMs, Time time) {
        super(name, client, requestTimeoutMs, time);
        this.time = time;
        setDaemon(true);
    }

    CompletableFuture<AbstractResponse> enqueue(Node node, AbstractRequest.Builder<? extends AbstractRequest> request) {
        CompletableFuture<AbstractResponse> answer = new CompletableFuture<>();
        pending.add(answer);
        queue.add(new RequestAndCompletionHandler(time.milliseconds(), node, request, response -> {
            pending.remove(answer);
            ResponseFutures.complete(
                    answer, response, "broker " + node.id() + " at " + node.host() + ":" + node.port());
        }));
        if (isRunning()) {
            wakeup();
        } else {
            failPending(); // it stopped after the caller looked
        }
        return answer;
    }

    @Override
    public Collection<RequestAndCompletionHandler> generateRequests() {
        List<RequestAndCompletionHandler> requests = new ArrayList<>();
        for (RequestAndCompletionHandler next = queue.poll(); next != null; next = queue.poll()) {
            requests.add(next);
        }
        return requests;
    }

    /**
     * Kafka ends the process when this thread meets an error it does not know, such as a request that cannot be
     * serialised. A plugin must not: its requests fail, and the next one starts a new thread.
     */
    @Override
    public void doWork() {
        try {
            super.doWork();
        } catch (Throwable failure) {
            if (isRunning()) {
                log.error(
                        "The connection to the other brokers failed and is set up anew with the next request", failure);
            }
            initiateShutdown();
        }
    }

    @Override
    public void run() {
        super.run();
        failPending();
    }

    /** Stops the thread and fails what is unanswered. */
    void stopAndWait() {
        try {
            shutdown();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        failPending();
    }

    private void failPending() {
        for (CompletableFuture<AbstractResponse> answer : pending) {
            pending.remove(answer);
            answer.completeExceptionally(new DisconnectException("The connection was closed"));
        }
    }
}
