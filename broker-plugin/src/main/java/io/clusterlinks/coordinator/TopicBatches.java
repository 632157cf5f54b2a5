// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.host.RequestChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import org.apache.kafka.common.requests.CreateTopicsResponse;

/**
 * Has the controller create topics, or check whether it could. A broker's requests reach the controller one after the
 * other, and each creation waits until it is written and replicated: so what comes while one request is under way goes
 * together in the next. Each topic fails or succeeds for itself. Thread-safe.
 */
final class TopicBatches {
    /** The controller refuses requests that write more than 10,000 records. */
    private static final int MAX_RECORDS = 2_000;

    private static final int TIMEOUT_MS = 5_000;

    private record Item(CreatableTopic topic, CompletableFuture<CreatableTopicResult> done) {
        int records() {
            return 1 + Math.max(1, topic.numPartitions()) + topic.configs().size();
        }
    }

    private final RequestChannel controller;
    private final boolean validateOnly;
    private final Deque<Item> waiting = new ArrayDeque<>();
    private boolean underWay;

    TopicBatches(RequestChannel controller, boolean validateOnly) {
        this.controller = controller;
        this.validateOnly = validateOnly;
    }

    CompletableFuture<CreatableTopicResult> add(CreatableTopic topic) {
        Item item = new Item(topic, new CompletableFuture<>());
        synchronized (waiting) {
            waiting.add(item);
        }
        sendNext();
        return item.done();
    }

    private void sendNext() {
        List<Item> batch;
        synchronized (waiting) {
            if (underWay || waiting.isEmpty()) {
                return;
            }
            underWay = true;
            batch = take();
        }
        CreateTopicsRequestData data =
                new CreateTopicsRequestData().setTimeoutMs(TIMEOUT_MS).setValidateOnly(validateOnly);
        batch.forEach(item -> data.topics().add(item.topic()));
        send(data).whenComplete((answer, failure) -> {
            synchronized (waiting) {
                underWay = false;
            }
            // The next request first: whoever waits for this one may have much to do.
            sendNext();
            batch.forEach(item -> complete(item, answer, failure));
        });
    }

    private CompletableFuture<CreateTopicsResponse> send(CreateTopicsRequestData data) {
        try {
            return controller.send(new CreateTopicsRequest.Builder(data)).thenApply(CreateTopicsResponse.class::cast);
        } catch (Throwable e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** A topic that is named twice waits for the next request: in one, the controller would refuse both. */
    private List<Item> take() {
        List<Item> batch = new ArrayList<>();
        int records = 0;
        for (Iterator<Item> items = waiting.iterator(); items.hasNext(); ) {
            Item item = items.next();
            boolean twice = batch.stream()
                    .anyMatch(taken -> taken.topic().name().equals(item.topic().name()));
            if (twice || (!batch.isEmpty() && records + item.records() > MAX_RECORDS)) {
                break;
            }
            records += item.records();
            batch.add(item);
            items.remove();
        }
        return batch;
    }

    private static void complete(Item item, CreateTopicsResponse answer, Throwable failure) {
        CreatableTopicResult result =
                failure == null ? answer.data().topics().find(item.topic().name()) : null;
        if (result != null) {
            item.done().complete(result);
        } else {
            item.done()
                    .completeExceptionally(
                            failure == null
                                    ? new IllegalStateException("The controller did not answer for topic "
                                            + item.topic().name())
                                    : failure);
        }
    }
}
