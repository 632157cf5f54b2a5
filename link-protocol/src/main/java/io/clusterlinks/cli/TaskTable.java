// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import io.clusterlinks.client.LinkDescription;
import io.clusterlinks.protocol.TaskItem;
import io.clusterlinks.protocol.TaskStatus;

/** The periodic tasks of a link as people read them. */
final class TaskTable {
    private TaskTable() {}

    static void print(Session session, LinkDescription link) {
        long now = session.time().milliseconds();
        Table table = new Table("TASK", "STATE", "LAST RUN", ">TOOK", ">ITEMS", ">CHANGED", ">TROUBLED", "RUNNING");
        for (TaskStatus task : link.tasks()) {
            table.row(
                    task.task(),
                    task.state(),
                    Units.ago(task.lastRunMs(), now),
                    Units.duration(task.lastDurationMs()),
                    Units.count(task.items()),
                    Units.count(task.changed()),
                    Units.count(task.troubled()),
                    task.runningSinceMs() < 0 ? "" : "for " + Units.duration(now - task.runningSinceMs()));
        }
        session.console().text(table.render(""));
        link.tasks().forEach(task -> printTrouble(session.console(), task));
    }

    private static void printTrouble(Console console, TaskStatus task) {
        if (task.error() != null) {
            console.line(task.task() + ": " + task.error());
        }
        if (task.note() != null) {
            console.line(task.task() + ": " + task.note());
        }
        if (task.troubles().isEmpty()) {
            return;
        }
        console.line(task.task() + ": " + task.troubled() + " items need attention:");
        for (TaskItem item : task.troubles()) {
            console.line("  " + item.item() + "  " + item.state() + "  " + item.message());
        }
        if (task.troubled() > task.troubles().size()) {
            console.line("  ... and " + (task.troubled() - task.troubles().size()) + " more");
        }
    }
}
