// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import io.clusterlinks.host.BrokerChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.requests.AbstractResponse;

/**
 * Carries alterations to the coordinator on another broker. A broker answers the requests of one connection one after
 * the other, and most alterations wait until they are written and replicated: hundreds of them, each in a request of its
 * own, would wait for minutes. So what comes while a request is under way goes together in the next. Each alteration is
 * answered for itself. Thread-safe; never blocks.
 */
final class AlterationBatches {
    private static final int MAX_ALTERATIONS = 500;

    private final BrokerChannel channel;
    private final long timeoutMs;
    private final Map<Target, Lane> lanes = new HashMap<>();

    /** Who is asked, and how. */
    private record Target(int broker, boolean validateOnly) {}

    private record Item(Alteration alteration, String principal, CompletableFuture<Void> done) {}

    private static final class Lane {
        private final Deque<Item> waiting = new ArrayDeque<>();
        private boolean underWay;

        List<Item> take() {
            List<Item> batch = new ArrayList<>();
            while (!waiting.isEmpty() && batch.size() < MAX_ALTERATIONS) {
                batch.add(waiting.poll());
            }
            underWay = !batch.isEmpty();
            return batch;
        }
    }

    /**
     * @param timeoutMs after which a request has failed, and the next one may go, although it was not answered
     */
    AlterationBatches(BrokerChannel channel, long timeoutMs) {
        this.channel = channel;
        this.timeoutMs = timeoutMs;
    }

    /**
     * Has {@code broker} carry out an alteration on behalf of {@code principal}. The future fails with what it was
     * refused for, or with a {@link TimeoutException} or what broke the connection: then it may have been carried out.
     */
    CompletableFuture<Void> send(int broker, Alteration alteration, String principal, boolean validateOnly) {
        Target target = new Target(broker, validateOnly);
        Item item = new Item(alteration, principal, new CompletableFuture<>());
        synchronized (lanes) {
            lanes.computeIfAbsent(target, none -> new Lane()).waiting.add(item);
        }
        sendNext(target);
        return item.done();
    }

    private void sendNext(Target target) {
        List<Item> batch;
        synchronized (lanes) {
            Lane lane = lanes.get(target);
            if (lane == null || lane.underWay) {
                return;
            }
            batch = lane.take();
            if (batch.isEmpty()) {
                lanes.remove(target);
                return;
            }
        }
        request(target, batch).whenComplete((response, failure) -> {
            synchronized (lanes) {
                lanes.get(target).underWay = false;
            }
            // The next request first: whoever waits for this one may have much to do.
            sendNext(target);
            complete(target, batch, response, failure);
        });
    }

    private CompletableFuture<AbstractResponse> request(Target target, List<Item> batch) {
        try {
            ForwardedRequests.Alterations alterations = new ForwardedRequests.Alterations(target.validateOnly());
            batch.forEach(item -> alterations.add(item.alteration(), item.principal()));
            return channel.send(target.broker(), alterations.request()).orTimeout(timeoutMs, TimeUnit.MILLISECONDS);
        } catch (Throwable e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static void complete(Target target, List<Item> batch, AbstractResponse response, Throwable failure) {
        for (int i = 0; i < batch.size(); i++) {
            CompletableFuture<Void> done = batch.get(i).done();
            if (failure != null) {
                done.completeExceptionally(failure);
                continue;
            }
            try {
                ForwardedRequests.throwIfRefused(target.broker(), response, i);
                done.complete(null);
            } catch (Throwable e) {
                done.completeExceptionally(e);
            }
        }
    }
}
