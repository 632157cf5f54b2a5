// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.protocol.TaskItem;
import io.clusterlinks.protocol.TaskStatus;
import java.util.ArrayList;
import java.util.List;

/**
 * What a run of a task has found and done.
 *
 * @param items number of items it looked at
 * @param changed number of items it changed here
 * @param troubled number of items that failed or are in conflict
 * @param troubles the first of those
 * @param note what it left out on purpose, and how to have it; null if nothing
 * @param complete whether it did all that it could: what failed would fail again a moment later
 */
public record TaskOutcome(
        int items, int changed, int troubled, List<TaskItem> troubles, String note, boolean complete) {
    public TaskOutcome {
        troubles = List.copyOf(troubles);
    }

    public TaskOutcome(int items, int changed, int troubled, List<TaskItem> troubles) {
        this(items, changed, troubled, troubles, null, true);
    }

    /** Counts while a run goes on. Not thread-safe. */
    static final class Counter {
        private final List<TaskItem> troubles = new ArrayList<>();
        private int items;
        private int changed;
        private int troubled;
        private String note;
        private boolean complete = true;

        void items(int count) {
            items += count;
        }

        void changed(int count) {
            changed += count;
        }

        void trouble(String item, String state, String message) {
            troubled++;
            if (troubles.size() < TaskStatus.MAX_TROUBLES) {
                troubles.add(new TaskItem(item, state, message));
            }
        }

        void note(String text) {
            note = text;
        }

        /** Something failed that may succeed a moment later. */
        void incomplete() {
            complete = false;
        }

        TaskOutcome outcome() {
            return new TaskOutcome(items, changed, troubled, troubles, note, complete);
        }
    }
}
