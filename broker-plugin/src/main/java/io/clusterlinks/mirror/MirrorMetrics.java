// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.protocol.LinkState;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.PartitionStatus;
import io.clusterlinks.state.BrokerReport.ObservedLink;
import io.clusterlinks.state.BrokerReport.ObservedPartition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.metrics.Gauge;
import org.apache.kafka.common.metrics.JmxReporter;
import org.apache.kafka.common.metrics.KafkaMetricsContext;
import org.apache.kafka.common.metrics.MetricConfig;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.utils.Time;

/**
 * JMX gauges in the domain {@code kafka.server.link}: per link with the tag {@code link}, per partition with the tags
 * {@code link}, {@code topic} and {@code partition}. All are computed from one snapshot a second, or less often of
 * thousands of partitions, rates included, so that a rate falls to 0 when nothing arrives any more.
 */
final class MirrorMetrics implements AutoCloseable {
    private static final String DOMAIN = "kafka.server.link";
    private static final String GROUP = "link-metrics";
    private static final String PARTITION_GROUP = "link-partition-metrics";
    private static final long SNAPSHOT_MS = 1000;
    /** A snapshot takes some microseconds of each partition: it may take about half a percent of the time. */
    private static final int PARTITIONS_PER_MS = 1;

    private final MirrorManager manager;
    private final Time time;
    private final Metrics metrics;
    private final Map<String, Totals> totals = new HashMap<>();
    private final Map<MetricName, Double> values = new java.util.concurrent.ConcurrentHashMap<>();
    private final Map<PartitionId, PartitionGauges> partitionGauges = new HashMap<>();
    private long nextSnapshotMs;
    private long lastSnapshotMs;

    MirrorMetrics(MirrorManager manager, Time time) {
        this.manager = manager;
        this.time = time;
        this.metrics =
                new Metrics(new MetricConfig(), List.of(new JmxReporter()), time, new KafkaMetricsContext(DOMAIN));
    }

    /** A running total of one link; the counters of its partitions start again when a leader does. */
    private static final class Total {
        private final Map<TopicPartition, Long> last = new HashMap<>();
        private double sum;
        private double before;

        void begin(Set<TopicPartition> led) {
            before = sum;
            last.keySet().retainAll(led);
        }

        void add(TopicPartition partition, long counter) {
            Long was = last.put(partition, counter);
            sum += was == null || was > counter ? counter : counter - was;
        }

        double rate(double seconds) {
            return seconds == 0 ? 0 : (sum - before) / seconds;
        }
    }

    private record Totals(Total bytes, Total records) {}

    private record PartitionId(String link, TopicPartition partition) {}

    private static final class PartitionGauges {
        private final MetricName recordsName;
        private final MetricName msName;
        private volatile long lagRecords;
        private volatile long lagMs;

        PartitionGauges(MetricName recordsName, MetricName msName) {
            this.recordsName = recordsName;
            this.msName = msName;
        }

        void set(PartitionStatus status) {
            lagRecords = Math.max(0, status.lagRecords());
            lagMs = Math.max(0, status.lagMs());
        }
    }

    /** Takes a snapshot if one is due. For the manager's thread. */
    void refresh() {
        long nowMs = time.milliseconds();
        if (nowMs < nextSnapshotMs) {
            return;
        }
        double seconds = lastSnapshotMs == 0 ? 0 : Math.max(0.001, (nowMs - lastSnapshotMs) / 1000.0);
        lastSnapshotMs = nowMs;
        Map<MetricName, Double> now = new HashMap<>();
        Map<String, List<ObservedPartition>> byLink = new TreeMap<>();
        Map<TopicPartition, MirrorManager.Copied> copied = manager.copied();
        nextSnapshotMs = nowMs + Math.max(SNAPSHOT_MS, copied.size() / PARTITIONS_PER_MS);
        for (ObservedLink link : manager.links()) {
            byLink.put(link.link(), new ArrayList<>());
            linkState(link.link(), link.state(), now);
            if (link.throttle() != null) {
                now.put(linkMetric("throttle-time-ms-total", link.link()), (double)
                        link.throttle().limitMs());
                now.put(linkMetric("source-quota-throttle-time-ms-total", link.link()), (double)
                        link.throttle().sourceQuotaMs());
            }
        }
        for (String link : manager.pausedLinks()) {
            byLink.put(link, new ArrayList<>());
            linkState(link, LinkState.PAUSED, now);
        }
        for (ObservedPartition partition : manager.partitions()) {
            MirrorManager.Copied of = copied.get(id(partition));
            if (of != null) {
                byLink.computeIfAbsent(of.link(), name -> new ArrayList<>()).add(partition);
            }
        }
        totals.keySet().retainAll(byLink.keySet());
        byLink.forEach((link, partitions) -> {
            linkValues(link, partitions, nowMs, now);
            rates(link, partitions, copied, seconds, now);
            partitionValues(link, partitions);
        });
        if (partitionGauges.size() != count(byLink)) {
            forgetPartitions(byLink);
        }
        publish(now);
    }

    private void linkValues(String link, List<ObservedPartition> partitions, long nowMs, Map<MetricName, Double> now) {
        for (MirrorState state : MirrorState.values()) {
            long count = partitions.stream()
                    .filter(partition -> partition.status().state() == state)
                    .count();
            now.put(linkMetric("mirror-partition-count-" + lower(state), link), (double) count);
        }
        now.put(linkMetric("failed-partition-count", link), (double) partitions.stream()
                .filter(p -> p.status().state() == MirrorState.FAILED)
                .count());
        now.put(linkMetric("max-lag-records", link), max(partitions, PartitionStatus::lagRecords));
        now.put(
                linkMetric("sum-lag-records", link),
                partitions.stream()
                        .mapToDouble(partition -> Math.max(0, partition.status().lagRecords()))
                        .sum());
        now.put(linkMetric("max-lag-ms", link), max(partitions, PartitionStatus::lagMs));
        double lastFetchMs = max(partitions, PartitionStatus::lastFetchMs);
        now.put(linkMetric("last-fetch-age-ms", link), lastFetchMs <= 0 ? -1 : Math.max(0, nowMs - lastFetchMs));
    }

    private void rates(
            String link,
            List<ObservedPartition> partitions,
            Map<TopicPartition, MirrorManager.Copied> copied,
            double seconds,
            Map<MetricName, Double> now) {
        Totals of = totals.computeIfAbsent(link, name -> new Totals(new Total(), new Total()));
        of.bytes().begin(copied.keySet());
        of.records().begin(copied.keySet());
        for (ObservedPartition partition : partitions) {
            of.bytes().add(id(partition), partition.status().bytes());
            of.records().add(id(partition), copied.get(id(partition)).records());
        }
        now.put(linkMetric("bytes-in-total", link), of.bytes().sum);
        now.put(linkMetric("bytes-in-rate", link), of.bytes().rate(seconds));
        now.put(linkMetric("records-in-total", link), of.records().sum);
        now.put(linkMetric("records-in-rate", link), of.records().rate(seconds));
    }

    private static TopicPartition id(ObservedPartition partition) {
        return new TopicPartition(partition.topic(), partition.status().partition());
    }

    private static double max(List<ObservedPartition> partitions, ToDoubleFunction<PartitionStatus> of) {
        return partitions.stream()
                .mapToDouble(partition -> Math.max(0, of.applyAsDouble(partition.status())))
                .max()
                .orElse(0);
    }

    /** Names are made once per partition: there may be thousands, and every one is looked at each second. */
    private void partitionValues(String link, List<ObservedPartition> partitions) {
        for (ObservedPartition partition : partitions) {
            partitionGauges
                    .computeIfAbsent(new PartitionId(link, id(partition)), this::register)
                    .set(partition.status());
        }
    }

    private PartitionGauges register(PartitionId id) {
        Map<String, String> tags = Map.of(
                "link", id.link(),
                "topic", id.partition().topic(),
                "partition", Integer.toString(id.partition().partition()));
        PartitionGauges gauges = new PartitionGauges(
                new MetricName("lag-records", PARTITION_GROUP, "Records that the mirror is behind.", tags),
                new MetricName("lag-ms", PARTITION_GROUP, "Time since the mirror was level, 0 while it is.", tags));
        metrics.addMetric(gauges.recordsName, (Gauge<Double>) (config, nowMs) -> (double) gauges.lagRecords);
        metrics.addMetric(gauges.msName, (Gauge<Double>) (config, nowMs) -> (double) gauges.lagMs);
        return gauges;
    }

    private void forgetPartitions(Map<String, List<ObservedPartition>> byLink) {
        Set<PartitionId> there = new HashSet<>();
        byLink.forEach(
                (link, partitions) -> partitions.forEach(partition -> there.add(new PartitionId(link, id(partition)))));
        partitionGauges.entrySet().removeIf(entry -> {
            boolean gone = !there.contains(entry.getKey());
            if (gone) {
                metrics.removeMetric(entry.getValue().recordsName);
                metrics.removeMetric(entry.getValue().msName);
            }
            return gone;
        });
    }

    private static void linkState(String link, LinkState is, Map<MetricName, Double> now) {
        for (LinkState state : LinkState.values()) {
            now.put(linkMetric("link-state-" + lower(state), link), state == is ? 1.0 : 0.0);
        }
    }

    private static int count(Map<String, List<ObservedPartition>> byLink) {
        return byLink.values().stream().mapToInt(List::size).sum();
    }

    private static MetricName linkMetric(String name, String link) {
        return new MetricName(name, GROUP, "", Map.of("link", link));
    }

    private static String lower(Enum<?> state) {
        return state.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private void publish(Map<MetricName, Double> now) {
        Set<MetricName> gone = new HashSet<>(values.keySet());
        gone.removeAll(now.keySet());
        gone.forEach(metrics::removeMetric);
        values.keySet().removeAll(gone);
        now.forEach((name, value) -> {
            if (values.put(name, value) == null) {
                metrics.addMetric(name, (Gauge<Double>) (config, nowMs) -> values.getOrDefault(name, 0.0));
            }
        });
    }

    @Override
    public void close() {
        metrics.close();
    }
}
