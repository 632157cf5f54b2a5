// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.protocol.TaskState;
import io.clusterlinks.protocol.TaskStatus;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.sync.SyncTask;
import io.clusterlinks.sync.TaskOutcome;
import java.util.List;
import java.util.Map;

/** One task of one link: when it is due, and how it fared. Thread-safe. */
final class TaskSlot {
    /** How soon a task that is switched off, paused or failing is looked at again. */
    private static final long IDLE_MS = 1_000;
    /** A promotion does not wait for longer for runs that fail or are not complete. */
    static final long MAX_AWAITED_MS = 10_000;

    private final SyncTask task;
    private Map<String, String> configs = Map.of();
    private long dueMs;
    private long begunMs;
    private long runningSinceMs = -1;
    private TaskStatus last;
    /** When the newest promotion began for which a run was begun, and when that was. */
    private long promotionMs = -1;

    /** Since when a promotion waits for a run that could have been complete; -1 if none does. */
    private long awaitedSinceMs = -1;
    /** As {@link #promotionMs}, of a run that was complete, or had its time. */
    private long servedMs = -1;

    TaskSlot(SyncTask task) {
        this.task = task;
        this.last = new TaskStatus(task.name(), TaskState.WAITING, -1, -1, -1, -1, 0, 0, 0, List.of(), null, null);
    }

    SyncTask task() {
        return task;
    }

    /**
     * Whether a run begins now: it is due, or the link's configs were changed, or a promotion waits for it, or the clock was
     * set back, and no run is under way.
     *
     * @param newestPromotionMs when the newest promotion over the link began that is not level yet, -1 if there is none
     */
    synchronized boolean begin(LinkRecord link, long newestPromotionMs, long nowMs) {
        boolean altered = !configs.equals(link.configs());
        boolean awaited = task.precedesPromotions() && newestPromotionMs > promotionMs;
        boolean setBack = nowMs < begunMs;
        if (runningSinceMs >= 0 || (nowMs < dueMs && !altered && !awaited && !setBack)) {
            return false;
        }
        begunMs = nowMs;
        if (awaited) {
            promotionMs = newestPromotionMs;
        }
        if (promotionMs != servedMs && awaitedSinceMs < 0) {
            awaitedSinceMs = nowMs;
        }
        configs = link.configs();
        runningSinceMs = nowMs;
        return true;
    }

    /** Whether the promotion that began at {@code promotionBeganMs} need not wait for a run. */
    synchronized boolean isDoneFor(long promotionBeganMs) {
        return !task.precedesPromotions() || servedMs >= promotionBeganMs;
    }

    /** A run found nothing to do, since the task is switched off or its link paused. */
    synchronized void skipped(TaskState state) {
        dueMs = runningSinceMs + IDLE_MS;
        runningSinceMs = -1;
        awaitedSinceMs = -1;
        last = new TaskStatus(
                task.name(),
                state,
                -1,
                last.lastRunMs(),
                last.lastSuccessMs(),
                last.lastDurationMs(),
                0,
                0,
                0,
                List.of(),
                null,
                null);
    }

    synchronized void succeeded(TaskOutcome outcome, long intervalMs, long nowMs) {
        last = new TaskStatus(
                task.name(),
                outcome.troubled() == 0 ? TaskState.OK : TaskState.ATTENTION,
                -1,
                runningSinceMs,
                runningSinceMs,
                nowMs - runningSinceMs,
                outcome.items(),
                outcome.changed(),
                outcome.troubled(),
                outcome.troubles(),
                outcome.note(),
                null);
        boolean awaited = endsAwaited(outcome.complete(), nowMs);
        dueMs = awaited ? nowMs + IDLE_MS : runningSinceMs + intervalMs;
        runningSinceMs = -1;
    }

    synchronized void failed(String error, long intervalMs, long nowMs) {
        last = new TaskStatus(
                task.name(),
                TaskState.FAILED,
                -1,
                runningSinceMs,
                last.lastSuccessMs(),
                nowMs - runningSinceMs,
                0,
                0,
                last.troubled(),
                last.troubles(),
                null,
                error);
        boolean awaited = endsAwaited(false, nowMs);
        dueMs = nowMs + (awaited ? IDLE_MS : Math.max(IDLE_MS, intervalMs));
        runningSinceMs = -1;
    }

    /** Ends a run. Returns whether a promotion waits for another one, since this one was not complete. */
    private boolean endsAwaited(boolean complete, long nowMs) {
        if (complete || nowMs - awaitedSinceMs >= MAX_AWAITED_MS) {
            servedMs = promotionMs;
            awaitedSinceMs = -1;
        }
        return servedMs != promotionMs;
    }

    synchronized TaskStatus status() {
        return new TaskStatus(
                last.task(),
                last.state(),
                runningSinceMs,
                last.lastRunMs(),
                last.lastSuccessMs(),
                last.lastDurationMs(),
                last.items(),
                last.changed(),
                last.troubled(),
                last.troubles(),
                last.note(),
                last.error());
    }
}
