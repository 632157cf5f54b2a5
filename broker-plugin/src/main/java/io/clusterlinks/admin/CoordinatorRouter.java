// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import io.clusterlinks.admin.Alteration.Op;
import io.clusterlinks.coordinator.Coordinator;
import io.clusterlinks.coordinator.Entry;
import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.state.StateTopic;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Time;

/**
 * Finds the coordinator, here or on another broker, and asks again while it is moving or loading. Thread-safe; never
 * blocks.
 */
public final class CoordinatorRouter {
    private static final long DEADLINE_MS = 8_000;
    private static final long RETRY_MS = 100;
    private static final Set<Errors> RETRIED =
            Set.of(Errors.NOT_COORDINATOR, Errors.COORDINATOR_LOAD_IN_PROGRESS, Errors.COORDINATOR_NOT_AVAILABLE);

    private final LocalBroker broker;
    private final Coordinator coordinator;
    private final LocalCoordinator local;
    private final ScheduledExecutorService timer;
    private final Time time;

    /** A router that retries on {@code timer}. */
    public CoordinatorRouter(LocalBroker broker, Coordinator coordinator, ScheduledExecutorService timer, Time time) {
        this.broker = broker;
        this.coordinator = coordinator;
        this.local = new LocalCoordinator(coordinator);
        this.timer = timer;
        this.time = time;
    }

    /** Has the coordinator carry out an alteration on behalf of {@code principal}. */
    CompletableFuture<Void> alter(Alteration alteration, String principal, boolean validateOnly) {
        return withRetries(leader -> leader == broker.nodeId()
                ? local.alter(alteration, principal, validateOnly)
                : broker.brokers()
                        .send(leader, ForwardedRequests.alter(alteration, principal, validateOnly))
                        .thenAccept(ForwardedRequests::throwIfRefused));
    }

    /** As {@link #alter}, but only if the coordinator is here: for what another broker has forwarded. */
    CompletableFuture<Void> alterHere(Alteration alteration, String principal, boolean validateOnly) {
        return local.alter(alteration, principal, validateOnly);
    }

    /** Has the coordinator carry out an alteration of the index that only brokers may ask for. */
    CompletableFuture<Void> internal(String name, String json) {
        Op op = new Op(name, org.apache.kafka.clients.admin.AlterConfigOp.OpType.SET, json);
        return alter(new Alteration(new LinkResource.Index(), List.of(op)), "broker " + broker.nodeId(), false);
    }

    /** The entries of a resource as the coordinator knows them. */
    CompletableFuture<List<Entry>> describe(LinkResource resource) {
        return withRetries(leader -> leader == broker.nodeId()
                ? CompletableFuture.supplyAsync(() -> coordinator.describe(resource), Runnable::run)
                : broker.brokers()
                        .send(leader, ForwardedRequests.describe(resource))
                        .thenApply(ForwardedRequests::entries));
    }

    /** As {@link #describe}, but only if the coordinator is here. */
    List<Entry> describeHere(LinkResource resource) {
        return coordinator.describe(resource);
    }

    private <T> CompletableFuture<T> withRetries(Function<Integer, CompletableFuture<T>> call) {
        CompletableFuture<T> result = new CompletableFuture<>();
        attempt(call, time.milliseconds() + DEADLINE_MS, result);
        return result;
    }

    private <T> void attempt(
            Function<Integer, CompletableFuture<T>> call, long deadlineMs, CompletableFuture<T> result) {
        Optional<Integer> leader = StateTopic.coordinator(broker.cluster());
        CompletableFuture<T> answer = leader.isPresent()
                ? call.apply(leader.get())
                : CompletableFuture.failedFuture(LinkException.unavailable(
                        "No broker coordinates cluster links: " + StateTopic.NAME + " has no leader."));
        answer.whenComplete((value, failure) -> {
            if (failure == null) {
                result.complete(value);
                return;
            }
            LinkException cause = classify(failure);
            if (RETRIED.contains(cause.error()) && time.milliseconds() + RETRY_MS < deadlineMs) {
                timer.schedule(() -> attempt(call, deadlineMs, result), RETRY_MS, TimeUnit.MILLISECONDS);
            } else {
                result.completeExceptionally(cause);
            }
        });
    }

    private static LinkException classify(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        if (cause instanceof LinkException link) {
            return link;
        }
        if (cause instanceof ApiException) {
            // The request did not get through: whether it was carried out is unknown, and repeating is safe.
            return new LinkException(
                    Errors.COORDINATOR_NOT_AVAILABLE,
                    "The broker that coordinates cluster links does not answer: " + cause.getMessage(),
                    cause);
        }
        return new LinkException(Errors.UNKNOWN_SERVER_ERROR, "Internal error: " + cause, cause);
    }
}
