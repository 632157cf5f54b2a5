// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.protocol.TaskState;
import io.clusterlinks.protocol.TaskStatus;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.metrics.Gauge;
import org.apache.kafka.common.metrics.JmxReporter;
import org.apache.kafka.common.metrics.KafkaMetricsContext;
import org.apache.kafka.common.metrics.MetricConfig;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.utils.Time;

/**
 * JMX gauges of periodic tasks: domain {@code kafka.server.link}, type {@code link-task-metrics}, tags {@code link} and
 * {@code task}. On the coordinator only. For one thread.
 */
final class TaskMetrics implements AutoCloseable {
    private static final String DOMAIN = "kafka.server.link";
    private static final String GROUP = "link-task-metrics";

    private final Time time;
    private final Metrics metrics;
    private final Map<String, List<MetricName>> byLink = new HashMap<>();

    TaskMetrics(Time time) {
        this.time = time;
        this.metrics =
                new Metrics(new MetricConfig(), List.of(new JmxReporter()), time, new KafkaMetricsContext(DOMAIN));
    }

    void add(String link, TaskSlot slot) {
        gauge(link, slot, "state", "How the task fares.", status -> status.state()
                .name());
        gauge(
                link,
                slot,
                "last-error",
                "Why its last run failed; empty if it did not.",
                status -> status.error() == null ? "" : status.error());
        gauge(
                link,
                slot,
                "failed",
                "1 if its last run failed as a whole, else 0.",
                status -> status.state() == TaskState.FAILED ? 1 : 0);
        gauge(link, slot, "troubled-items", "Items that failed or are in conflict.", TaskStatus::troubled);
        gauge(link, slot, "items", "Items that its last run looked at.", TaskStatus::items);
        gauge(link, slot, "last-duration-ms", "How long its last run took.", TaskStatus::lastDurationMs);
        gauge(
                link,
                slot,
                "last-success-age-ms",
                "Time since its last successful run began; -1 for never.",
                status -> status.lastSuccessMs() < 0 ? -1 : Math.max(0, time.milliseconds() - status.lastSuccessMs()));
    }

    private <T> void gauge(String link, TaskSlot slot, String name, String description, Function<TaskStatus, T> value) {
        MetricName metric = new MetricName(
                name,
                GROUP,
                description,
                Map.of("link", link, "task", slot.task().name()));
        metrics.addMetric(metric, (Gauge<T>) (config, nowMs) -> value.apply(slot.status()));
        byLink.computeIfAbsent(link, key -> new ArrayList<>()).add(metric);
    }

    void remove(String link) {
        List<MetricName> gone = byLink.remove(link);
        if (gone != null) {
            gone.forEach(metrics::removeMetric);
        }
    }

    @Override
    public void close() {
        metrics.close();
    }
}
