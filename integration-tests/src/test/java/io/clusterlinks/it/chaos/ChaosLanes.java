// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.chaos;

import io.clusterlinks.it.chaos.ChaosSchedule.Action;
import io.clusterlinks.it.chaos.ChaosSchedule.Lane;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** Carries out a schedule, each lane in a thread of its own, and ends in time. */
final class ChaosLanes {
    private final ChaosSchedule schedule;
    private final Consumer<Action> target;
    private final Consumer<String> log;
    private long startNs;

    ChaosLanes(ChaosSchedule schedule, Consumer<Action> target, Consumer<String> log) {
        this.schedule = schedule;
        this.target = target;
        this.log = log;
    }

    /** Returns when every lane has ended; what an action threw fails it, after the others have ended. */
    void run() {
        startNs = System.nanoTime();
        ExecutorService threads = Executors.newFixedThreadPool(Lane.values().length);
        List<Future<?>> lanes = new ArrayList<>();
        for (Lane lane : Lane.values()) {
            lanes.add(threads.submit(() -> run(lane)));
        }
        threads.shutdown();
        AssertionError failure = null;
        for (Future<?> lane : lanes) {
            try {
                lane.get();
            } catch (ExecutionException e) {
                AssertionError next = new AssertionError(e.getCause().getMessage(), e.getCause());
                failure = failure == null ? next : failure;
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private void run(Lane lane) {
        for (Action action : schedule.of(lane)) {
            LockSupport.parkNanos(
                    Duration.ofMillis(action.afterMs() - elapsedMs()).toNanos());
            if (elapsedMs() > schedule.durationMs()) {
                log.accept("time is up: skipped " + action);
                continue;
            }
            log.accept("begin " + action);
            try {
                target.accept(action);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError(action + ": " + e.getMessage(), e);
            }
            log.accept("end " + action.lane() + "-" + action.index());
        }
    }

    private long elapsedMs() {
        return Duration.ofNanos(System.nanoTime() - startNs).toMillis();
    }
}
