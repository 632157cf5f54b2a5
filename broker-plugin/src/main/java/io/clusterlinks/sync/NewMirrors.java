// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.TaskItem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/**
 * Creates the mirrors of one link that are to come by themselves. Those that were never tried come first, all of them in
 * one run; of those that failed, some in each run, in turn: however many topics can never be mirrored, no new one waits for
 * them. For one thread at a time.
 */
final class NewMirrors {
    static final int MAX_UNDER_WAY = 200;
    static final int MAX_RETRIES = 100;
    private static final long TIMEOUT_MS = 30_000;

    /** What became of topics that could not be mirrored, those tried longest ago first. */
    private final Map<String, TaskItem> failed = new LinkedHashMap<>();

    /**
     * Tries to create mirrors, and counts what came of it.
     *
     * @param topics their names; what failed before and is not among them is forgotten
     * @param creator begins to create one
     * @param goesOn whether they are still wanted, asked before each
     */
    void create(
            Set<String> topics,
            Function<String, CompletableFuture<Void>> creator,
            BooleanSupplier goesOn,
            TaskOutcome.Counter counter) {
        Map<String, CompletableFuture<Void>> creations = begin(inTurn(topics), creator, goesOn);
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TIMEOUT_MS);
        creations.forEach((topic, creation) -> await(topic, creation, deadlineNs, counter));
        failed.values().forEach(item -> counter.trouble(item.item(), item.state(), item.message()));
    }

    private List<String> inTurn(Set<String> topics) {
        failed.keySet().retainAll(topics);
        List<String> turn = new ArrayList<>();
        topics.stream().filter(topic -> !failed.containsKey(topic)).forEach(turn::add);
        failed.keySet().stream().limit(MAX_RETRIES).forEach(turn::add);
        return turn;
    }

    private static Map<String, CompletableFuture<Void>> begin(
            List<String> turn, Function<String, CompletableFuture<Void>> creator, BooleanSupplier goesOn) {
        Semaphore room = new Semaphore(MAX_UNDER_WAY);
        Map<String, CompletableFuture<Void>> creations = new LinkedHashMap<>();
        try {
            for (String topic : turn) {
                if (!room.tryAcquire(TIMEOUT_MS, TimeUnit.MILLISECONDS) || !goesOn.getAsBoolean()) {
                    break;
                }
                CompletableFuture<Void> creation = creator.apply(topic);
                creations.put(topic, creation);
                creation.whenComplete((nothing, failure) -> room.release());
            }
        } catch (InterruptedException e) {
            throw interrupted();
        }
        return creations;
    }

    private void await(String topic, CompletableFuture<Void> creation, long deadlineNs, TaskOutcome.Counter counter) {
        failed.remove(topic);
        try {
            creation.get(Math.max(0, deadlineNs - System.nanoTime()), TimeUnit.NANOSECONDS);
            counter.changed(1);
        } catch (ExecutionException e) {
            failed.put(topic, new TaskItem(topic, "FAILED", e.getCause().getMessage()));
        } catch (TimeoutException e) {
            failed.put(topic, new TaskItem(topic, "PENDING", "Still being created."));
        } catch (InterruptedException e) {
            throw interrupted();
        }
    }

    private static LinkException interrupted() {
        Thread.currentThread().interrupt();
        return LinkException.unavailable("Interrupted while creating mirrors.");
    }
}
