// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol;

import java.util.List;

/**
 * A periodic task of a link in the entry {@code status.task.NAME}. Times are milliseconds since the epoch, -1 for never.
 *
 * @param task its name
 * @param state how it fares
 * @param runningSinceMs when the run that is under way began, -1 if none is
 * @param lastRunMs when the last finished run began
 * @param lastSuccessMs when the last run that did not fail as a whole began
 * @param lastDurationMs how long the last finished run took, -1 if there was none
 * @param items number of items the last run looked at
 * @param changed number of items it changed here
 * @param troubled number of items that failed or are in conflict
 * @param troubles the first {@link #MAX_TROUBLES} of those
 * @param note what the last run left out on purpose, and how to have it; null if there is nothing to say
 * @param error why the last run failed as a whole, with the remedy; null if it did not
 */
public record TaskStatus(
        String task,
        TaskState state,
        long runningSinceMs,
        long lastRunMs,
        long lastSuccessMs,
        long lastDurationMs,
        int items,
        int changed,
        int troubled,
        List<TaskItem> troubles,
        String note,
        String error) {
    public static final int MAX_TROUBLES = 20;

    public TaskStatus {
        troubles = List.copyOf(troubles);
    }
}
