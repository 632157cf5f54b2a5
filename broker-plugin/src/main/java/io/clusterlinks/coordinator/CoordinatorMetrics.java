// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import java.util.List;
import java.util.Map;
import org.apache.kafka.common.metrics.Gauge;
import org.apache.kafka.common.metrics.JmxReporter;
import org.apache.kafka.common.metrics.KafkaMetricsContext;
import org.apache.kafka.common.metrics.MetricConfig;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.utils.Time;

/** JMX gauges of what the coordinator sees of the cluster: domain {@code kafka.server.link}, type {@code coordinator-metrics}. */
final class CoordinatorMetrics implements AutoCloseable {
    private final Metrics metrics;

    CoordinatorMetrics(SilentBrokers silent, Time time) {
        this.metrics = new Metrics(
                new MetricConfig(), List.of(new JmxReporter()), time, new KafkaMetricsContext("kafka.server.link"));
        metrics.addMetric(
                metrics.metricName(
                        "brokers-without-plugin",
                        "coordinator-metrics",
                        "Live brokers that do not report, on the coordinator; 0 elsewhere.",
                        Map.of()),
                (Gauge<Integer>) (config, nowMs) -> silent.ids().size());
    }

    @Override
    public void close() {
        metrics.close();
    }
}
