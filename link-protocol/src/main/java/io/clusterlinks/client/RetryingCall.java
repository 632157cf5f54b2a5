// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.client;

import io.clusterlinks.protocol.LinkResource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.common.utils.Time;

/**
 * One request for several resources, repeated for those of them that meet no coordinator until a deadline. Rounds run
 * one after the other, each on the thread that completed the last future of the round before.
 */
final class RetryingCall<T> {
    private static final long FIRST_BACKOFF_MS = 100;
    private static final long MAX_BACKOFF_MS = 1000;

    /** Sends one request; a future per resource. */
    @FunctionalInterface
    interface Attempt<T> {
        Map<LinkResource, CompletableFuture<T>> send(Collection<LinkResource> resources, int timeoutMs);
    }

    /** Runs something later. */
    @FunctionalInterface
    interface Delayer {
        void schedule(Runnable action, long delayMs);
    }

    private final Attempt<T> attempt;
    private final Delayer delayer;
    private final Time time;
    private final long deadlineMs;
    private final Map<LinkResource, CompletableFuture<T>> results = new LinkedHashMap<>();

    /** Why resources are asked for again: says more than the timeout that may end the next round. */
    private final Map<LinkResource, Throwable> rejections = new ConcurrentHashMap<>();

    RetryingCall(Attempt<T> attempt, Delayer delayer, Time time, int timeoutMs) {
        this.attempt = attempt;
        this.delayer = delayer;
        this.time = time;
        this.deadlineMs = time.milliseconds() + timeoutMs;
    }

    Map<LinkResource, CompletableFuture<T>> start(Collection<LinkResource> resources) {
        resources.forEach(resource -> results.put(resource, new CompletableFuture<>()));
        round(List.copyOf(results.keySet()), FIRST_BACKOFF_MS);
        return results;
    }

    private void round(List<LinkResource> resources, long backoffMs) {
        if (resources.isEmpty()) {
            return;
        }
        int leftMs = (int) Math.max(1, deadlineMs - time.milliseconds());
        Map<LinkResource, CompletableFuture<T>> futures;
        try {
            futures = attempt.send(resources, leftMs);
        } catch (RuntimeException e) {
            resources.forEach(resource -> results.get(resource).completeExceptionally(e));
            return;
        }
        boolean again = time.milliseconds() + backoffMs < deadlineMs;
        Queue<LinkResource> rejected = new ConcurrentLinkedQueue<>();
        List<CompletableFuture<?>> settled = new ArrayList<>();
        futures.forEach((resource, future) -> settled.add(future.handle((value, failure) -> {
            if (failure != null && again && Failures.isRetried(failure)) {
                rejections.put(resource, failure);
                rejected.add(resource);
            } else {
                complete(resource, value, failure);
            }
            return null;
        })));
        CompletableFuture.allOf(settled.toArray(new CompletableFuture<?>[0])).thenRun(() -> {
            if (!rejected.isEmpty()) {
                delayer.schedule(
                        () -> round(List.copyOf(rejected), Math.min(MAX_BACKOFF_MS, 2 * backoffMs)), backoffMs);
            }
        });
    }

    private void complete(LinkResource resource, T value, Throwable failure) {
        CompletableFuture<T> result = results.get(resource);
        if (failure == null) {
            result.complete(value);
        } else {
            Throwable told = Failures.isClientTimeout(failure) ? rejections.getOrDefault(resource, failure) : failure;
            result.completeExceptionally(Failures.unwrap(told));
        }
    }
}
