// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.protocol.GroupOffsetState;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.sync.GroupTotals;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.metrics.Gauge;
import org.apache.kafka.common.metrics.JmxReporter;
import org.apache.kafka.common.metrics.KafkaMetricsContext;
import org.apache.kafka.common.metrics.MetricConfig;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.utils.Time;

/**
 * JMX gauges of the groups that follow a link: domain {@code kafka.server.link}, type {@code link-group-metrics}, tag
 * {@code link}. On the coordinator only. For one thread; the gauges are computed when they are read.
 */
final class GroupMetrics implements AutoCloseable {
    private static final String GROUP = "link-group-metrics";

    private final Function<String, GroupTotals> totals;
    private final Metrics metrics;
    private final Map<String, List<MetricName>> byLink = new HashMap<>();

    /**
     * @param totals of the groups that follow a link
     */
    GroupMetrics(Function<String, GroupTotals> totals, Time time) {
        this.totals = totals;
        this.metrics = new Metrics(
                new MetricConfig(), List.of(new JmxReporter()), time, new KafkaMetricsContext("kafka.server.link"));
    }

    /** Adds the gauges of new links and removes those of links that are gone. */
    void tick(LinkImage image) {
        image.links().stream()
                .map(link -> link.link())
                .filter(link -> !byLink.containsKey(link))
                .forEach(this::add);
        byLink.keySet().stream()
                .filter(link -> image.link(link).isEmpty())
                .toList()
                .forEach(this::remove);
    }

    /** This broker does not coordinate. */
    void reset() {
        List.copyOf(byLink.keySet()).forEach(this::remove);
    }

    private void add(String link) {
        gauge(link, "group-count", "Groups that follow the link.", GroupTotals::groups);
        for (GroupOffsetState state : GroupOffsetState.values()) {
            gauge(
                    link,
                    "group-count-" + state.name().toLowerCase(Locale.ROOT).replace('_', '-'),
                    "Those in this state.",
                    of -> of.states().getOrDefault(state, 0));
        }
        gauge(link, "conflicting-group-count", "Those that somebody must look at.", GroupTotals::conflicting);
        gauge(link, "max-offset-lag", "Offsets by which the group that is furthest behind is.", GroupTotals::maxLag);
        gauge(link, "sum-offset-lag", "Offsets by which the groups are behind together.", GroupTotals::sumLag);
    }

    private void gauge(String link, String name, String description, ToDoubleFunction<GroupTotals> value) {
        MetricName metric = new MetricName(name, GROUP, description, Map.of("link", link));
        metrics.addMetric(metric, (Gauge<Double>) (config, nowMs) -> value.applyAsDouble(totals.apply(link)));
        byLink.computeIfAbsent(link, key -> new ArrayList<>()).add(metric);
    }

    private void remove(String link) {
        byLink.remove(link).forEach(metrics::removeMetric);
    }

    @Override
    public void close() {
        metrics.close();
    }
}
