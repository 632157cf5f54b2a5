// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.TaskState;
import io.clusterlinks.protocol.TaskStatus;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.state.LinkConfigResolver;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.sync.SyncContext;
import io.clusterlinks.sync.SyncTask;
import io.clusterlinks.sync.TaskOutcome;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.apache.kafka.common.utils.Time;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the periodic tasks of each link when they are due. A task of a link waits for nothing but its own last run, so
 * that no source delays another link, and no task another task. No run begins while controllers are silent: another
 * broker may coordinate then, and what a task commits to groups no state record guards.
 */
final class SyncScheduler implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SyncScheduler.class);

    private final Collection<SyncTask> tasks;
    private final SourceAdmins sources;
    private final LinkConfigResolver configs;
    private final BooleanSupplier silent;
    private final Executor threads;
    private final Time time;
    private final TaskMetrics metrics;
    private final Map<String, Tasks> links = new ConcurrentHashMap<>();
    /** When the newest promotion over each link began that is not level yet, as of {@link #lastImage}. */
    private Map<String, Long> promotionsMs = Map.of();

    private LinkImage lastImage;

    /**
     * A scheduler that has nothing to run yet.
     *
     * @param silent whether nothing is heard of the controllers
     */
    SyncScheduler(
            Collection<SyncTask> tasks,
            SourceAdmins sources,
            LinkConfigResolver configs,
            BooleanSupplier silent,
            Executor threads,
            Time time) {
        this.tasks = List.copyOf(tasks);
        this.sources = sources;
        this.configs = configs;
        this.silent = silent;
        this.threads = threads;
        this.time = time;
        this.metrics = new TaskMetrics(time);
    }

    /** The tasks of one incarnation of a link. */
    private record Tasks(long linkCreatedMs, Map<String, TaskSlot> slots) {}

    /** Starts what is due; on the event thread, while coordinating. */
    void tick(LinkImage image) {
        if (silent.getAsBoolean()) {
            return;
        }
        links.keySet().stream()
                .filter(name -> image.link(name)
                        .filter(link -> link.createdMs() == links.get(name).linkCreatedMs())
                        .isEmpty())
                .toList()
                .forEach(this::forget);
        if (image != lastImage) {
            promotionsMs = image.mirrors().stream()
                    .filter(mirror -> mirror.stop() == StopMode.DRAIN)
                    .collect(Collectors.toMap(MirrorRecord::link, MirrorRecord::sinceMs, Math::max));
            lastImage = image;
        }
        for (LinkRecord link : image.links()) {
            Tasks of = links.computeIfAbsent(link.link(), name -> newTasks(link));
            long promotionMs = promotionsMs.getOrDefault(link.link(), -1L);
            of.slots().values().stream()
                    .filter(slot -> slot.begin(link, promotionMs, time.milliseconds()))
                    .forEach(slot -> threads.execute(() -> run(image, link, slot)));
        }
    }

    /** Forgets everything: this broker does not coordinate. */
    void reset() {
        links.keySet().forEach(this::forget);
    }

    private void forget(String link) {
        links.remove(link);
        metrics.remove(link);
        tasks.forEach(task -> task.forget(link));
    }

    private Tasks newTasks(LinkRecord link) {
        Map<String, TaskSlot> slots = new TreeMap<>();
        tasks.forEach(task -> slots.put(task.name(), new TaskSlot(task)));
        slots.values().forEach(slot -> metrics.add(link.link(), slot));
        return new Tasks(link.createdMs(), slots);
    }

    /** Whether all that a promotion waits for besides records has been looked at since it began. */
    boolean isDoneFor(MirrorRecord promoted) {
        Tasks of = links.get(promoted.link());
        return of != null && of.slots().values().stream().allMatch(slot -> slot.isDoneFor(promoted.sinceMs()));
    }

    /** How the tasks of a link fare, by name. */
    List<TaskStatus> statuses(String link) {
        Tasks of = links.get(link);
        return of == null
                ? List.of()
                : of.slots().values().stream().map(TaskSlot::status).toList();
    }

    private void run(LinkImage image, LinkRecord link, TaskSlot slot) {
        long intervalMs = 0;
        try {
            LinkConfig config = configs.resolve(link);
            OptionalLong interval = slot.task().intervalMs(config);
            if (link.deleting()) {
                // What is known is needed until its mirrors have stopped.
                slot.skipped(TaskState.DISABLED);
            } else if (interval.isEmpty()) {
                slot.task().forget(link.link());
                slot.skipped(TaskState.DISABLED);
            } else if (config.paused()) {
                slot.skipped(TaskState.PAUSED);
            } else {
                intervalMs = interval.getAsLong();
                slot.succeeded(
                        run(slot.task(), new SyncContext(image, link, config, sources.of(link))),
                        intervalMs,
                        time.milliseconds());
            }
        } catch (LinkException e) {
            LOG.debug("Link {}: task {} failed: {}", link.link(), slot.task().name(), e.getMessage());
            slot.failed(e.getMessage(), intervalMs, time.milliseconds());
        } catch (Throwable e) {
            // Also an error: a run that never ends would be the task's last.
            LOG.error(
                    "Link {}: task {} failed; trying again",
                    link.link(),
                    slot.task().name(),
                    e);
            slot.failed("Internal error: " + e + "; tried again, see the log.", intervalMs, time.milliseconds());
        }
    }

    private static TaskOutcome run(SyncTask task, SyncContext context) {
        try {
            return task.run(context);
        } catch (LinkException e) {
            throw context.reason(e);
        }
    }

    @Override
    public void close() {
        metrics.close();
    }
}
