// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import io.clusterlinks.admin.Alteration.Op;
import io.clusterlinks.coordinator.Coordinator;
import io.clusterlinks.coordinator.Entry;
import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.WireContract;
import io.clusterlinks.state.StateTopic;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Time;

/**
 * Finds the coordinator, here or on another broker, and asks again while it is moving or loading. Thread-safe; never
 * blocks.
 */
public final class CoordinatorRouter implements AutoCloseable {
    private static final long DEADLINE_MS = 8_000;
    private static final long RETRY_MS = 100;
    /** A command may have to wait for a source that answers slowly. */
    private static final long COMMAND_TIMEOUT_MS = 12_000;
    /** What needs no source is answered soon, or by another coordinator. */
    private static final long INTERNAL_TIMEOUT_MS = 3_000;

    private static final Set<Errors> RETRIED =
            Set.of(Errors.NOT_COORDINATOR, Errors.COORDINATOR_LOAD_IN_PROGRESS, Errors.COORDINATOR_NOT_AVAILABLE);

    /** Answers of a broker that has not begun to carry out what it was asked for. */
    private static final Set<Errors> NOT_DONE = Set.of(Errors.NOT_COORDINATOR, Errors.COORDINATOR_LOAD_IN_PROGRESS);

    private final LocalBroker broker;
    private final Coordinator coordinator;
    private final LocalCoordinator local;
    /** Commands that may have to ask a source, behind which no other is to wait. */
    private final AlterationBatches slowCommands;

    private final AlterationBatches commands;
    private final AlterationBatches proposals;
    private final AlterationBatches reports;
    private final ScheduledExecutorService timer;
    private final Time time;
    /** What is asked again in a moment. */
    private final Set<CompletableFuture<?>> waiting = ConcurrentHashMap.newKeySet();

    private volatile boolean closed;

    /** A router that retries on {@code timer}. */
    public CoordinatorRouter(LocalBroker broker, Coordinator coordinator, ScheduledExecutorService timer, Time time) {
        this.broker = broker;
        this.coordinator = coordinator;
        this.local = new LocalCoordinator(coordinator);
        this.slowCommands = new AlterationBatches(broker.brokers(), COMMAND_TIMEOUT_MS);
        this.commands = new AlterationBatches(broker.proposals(), COMMAND_TIMEOUT_MS);
        this.proposals = new AlterationBatches(broker.proposals(), INTERNAL_TIMEOUT_MS);
        this.reports = new AlterationBatches(broker.reports(), INTERNAL_TIMEOUT_MS);
        this.timer = timer;
        this.time = time;
    }

    /**
     * Has the coordinator carry out an alteration on behalf of {@code principal}. If an attempt fails in a way that leaves
     * open whether it was carried out, the link that it creates may then be found to exist, and that which it deletes to be
     * gone, which is what was asked for.
     */
    CompletableFuture<Void> alter(Alteration alteration, String principal, boolean validateOnly) {
        AtomicBoolean maybeDone = new AtomicBoolean();
        return withRetries(leader -> {
            CompletableFuture<Void> answer = isHere(leader)
                    ? local.alter(alteration, principal, validateOnly)
                            .orTimeout(COMMAND_TIMEOUT_MS, TimeUnit.MILLISECONDS)
                    : (alteration.takesNoSource() ? commands : slowCommands)
                            .send(leader, alteration, principal, validateOnly);
            return answer.exceptionallyCompose(failure -> {
                LinkException cause = classify(failure);
                boolean repeated = maybeDone.get() && !validateOnly;
                maybeDone.compareAndSet(false, !NOT_DONE.contains(cause.error()));
                return repeated ? unlessDone(alteration, cause) : CompletableFuture.failedFuture(cause);
            });
        });
    }

    /** Fails with {@code cause} unless that says that what was asked for is so. */
    private CompletableFuture<Void> unlessDone(Alteration alteration, LinkException cause) {
        if (alteration.isDeletion() && cause.error() == Errors.RESOURCE_NOT_FOUND) {
            return CompletableFuture.completedFuture(null);
        }
        return cause.error() == Errors.DUPLICATE_RESOURCE
                ? requireEqual(alteration, cause)
                : CompletableFuture.failedFuture(cause);
    }

    /** Fails with {@code cause} unless what there is has every config that was asked for, as far as they can be seen. */
    private CompletableFuture<Void> requireEqual(Alteration alteration, LinkException cause) {
        return describe(List.of(alteration.resource()))
                .thenApply(there -> isEqual(alteration, there.get(0).orThrow()))
                .exceptionally(failure -> false)
                .thenAccept(equal -> {
                    if (!equal) {
                        throw cause;
                    }
                });
    }

    private static boolean isEqual(Alteration alteration, List<Entry> entries) {
        Map<String, String> there = new HashMap<>();
        entries.stream().filter(entry -> !entry.isSensitive()).forEach(entry -> there.put(entry.name(), entry.value()));
        return alteration.ops().stream()
                .filter(op -> there.containsKey(op.name()))
                .allMatch(op -> there.get(op.name()).equals(op.value()));
    }

    private boolean isHere(int leader) {
        return leader == broker.nodeId();
    }

    /** As {@link #alter}, but only if the coordinator is here: for what another broker has forwarded. */
    CompletableFuture<Void> alterHere(Alteration alteration, String principal, boolean validateOnly) {
        return local.alter(alteration, principal, validateOnly);
    }

    /** Has the coordinator write what this broker proposes. */
    CompletableFuture<Void> propose(String name, String json) {
        return withRetries(leader ->
                isHere(leader) ? here(name, json) : proposals.send(leader, internal(name, json), principal(), false));
    }

    /** Tells the coordinator what this broker observes; does not wait behind proposals, which have to be replicated. */
    CompletableFuture<Void> report(String json) {
        return withRetries(leader -> isHere(leader)
                ? here(WireContract.BROKER_REPORT, json)
                : reports.send(leader, internal(WireContract.BROKER_REPORT, json), principal(), false));
    }

    private CompletableFuture<Void> here(String name, String json) {
        return local.alter(internal(name, json), principal(), false)
                .orTimeout(INTERNAL_TIMEOUT_MS, TimeUnit.MILLISECONDS);
    }

    /** An alteration of the index, which only brokers may ask for. */
    private static Alteration internal(String name, String json) {
        return new Alteration(new LinkResource.Index(), List.of(new Op(name, OpType.SET, json)));
    }

    private String principal() {
        return "broker " + broker.nodeId();
    }

    /**
     * Resources as the coordinator knows them, in the same order. It is asked for all of them at once: what this broker
     * reports would wait behind a request for each.
     */
    CompletableFuture<List<Described>> describe(List<LinkResource> resources) {
        return withRetries(leader -> (isHere(leader)
                        ? CompletableFuture.supplyAsync(() -> here(resources), Runnable::run)
                        : broker.reports()
                                .send(leader, ForwardedRequests.describe(resources))
                                .thenApply(response -> ForwardedRequests.described(leader, response)))
                .thenApply(CoordinatorRouter::fromCoordinator)
                .orTimeout(INTERNAL_TIMEOUT_MS, TimeUnit.MILLISECONDS));
    }

    private List<Described> here(List<LinkResource> resources) {
        return resources.stream()
                .map(resource -> Described.of(() -> coordinator.describe(resource)))
                .toList();
    }

    /** Fails if they come from a broker that does not coordinate, or not yet. */
    private static List<Described> fromCoordinator(List<Described> all) {
        all.stream()
                .filter(one ->
                        one.failure() != null && RETRIED.contains(one.failure().error()))
                .findFirst()
                .ifPresent(Described::orThrow);
        return all;
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
        askLeader(call).whenComplete((value, failure) -> {
            if (failure == null) {
                result.complete(value);
                return;
            }
            LinkException cause = classify(failure);
            if (RETRIED.contains(cause.error()) && time.milliseconds() + RETRY_MS < deadlineMs) {
                attemptLater(call, deadlineMs, result);
            } else {
                result.completeExceptionally(cause);
            }
        });
    }

    private <T> void attemptLater(
            Function<Integer, CompletableFuture<T>> call, long deadlineMs, CompletableFuture<T> result) {
        waiting.add(result);
        if (closed) {
            close();
            return;
        }
        timer.schedule(
                () -> {
                    waiting.remove(result);
                    attempt(call, deadlineMs, result);
                },
                RETRY_MS,
                TimeUnit.MILLISECONDS);
    }

    /** Answers what waits, so that clients ask another broker; to be called before the timer ends. */
    @Override
    public void close() {
        closed = true;
        // One by one: what comes meanwhile is not to be forgotten unanswered.
        waiting.removeIf(this::refuse);
    }

    private boolean refuse(CompletableFuture<?> result) {
        result.completeExceptionally(
                LinkException.unavailable("The cluster-links plugin of broker " + broker.nodeId() + " is stopping."));
        return true;
    }

    private <T> CompletableFuture<T> askLeader(Function<Integer, CompletableFuture<T>> call) {
        try {
            return StateTopic.coordinator(broker.cluster())
                    .map(call)
                    .orElseGet(() -> CompletableFuture.failedFuture(LinkException.unavailable(
                            "No broker coordinates cluster links: " + StateTopic.NAME + " has no leader.")));
        } catch (Throwable e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static LinkException classify(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        if (cause instanceof LinkException link) {
            return link;
        }
        if (cause instanceof ApiException || cause instanceof TimeoutException) {
            // The request did not get through: whether it was carried out is unknown, and repeating is safe.
            return new LinkException(
                    Errors.COORDINATOR_NOT_AVAILABLE,
                    "The broker that coordinates cluster links does not answer"
                            + (cause.getMessage() == null ? "." : ": " + cause.getMessage()),
                    cause);
        }
        return new LinkException(Errors.UNKNOWN_SERVER_ERROR, "Internal error: " + cause, cause);
    }
}
