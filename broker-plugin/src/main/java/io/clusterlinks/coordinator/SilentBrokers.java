// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.host.ClusterView;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.common.utils.Time;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Live brokers that have not reported for a while: they run without the plugin, most likely, so that clients can write to
 * the mirror partitions that they lead. Written by the event thread, read by any.
 */
final class SilentBrokers {
    private static final Logger LOG = LoggerFactory.getLogger(SilentBrokers.class);
    /** A coordinator that waited for what it wrote to be replicated does not know what happened meanwhile. */
    private static final long BLIND_MS = 2_000;
    /**
     * Who has reported since it was let in runs the plugin, and who was there when this coordinator began to look may have
     * reported to another one. That nothing comes any more may be this coordinator's fault, or the broker has died and its
     * session, of 9 s by default, is not over.
     */
    static final long LOST_MS = 20_000;

    private final Supplier<ClusterView> clusters;
    private final ControllerSilence controllers;
    private final BrokerReports reports;
    private final Time time;
    private final Map<Integer, Long> liveSinceMs = new HashMap<>();
    /** Until when those that are live have time to report. */
    private final Map<Integer, Long> dueMs = new HashMap<>();

    private volatile List<Integer> ids = List.of();
    private long lookedMs;

    SilentBrokers(Supplier<ClusterView> clusters, ControllerSilence controllers, BrokerReports reports, Time time) {
        this.clusters = clusters;
        this.controllers = controllers;
        this.reports = reports;
        this.time = time;
    }

    /**
     * Looks again; brokers that are let in, and all when controllers or this coordinator come back, are given time to
     * report; who was named is until it does.
     */
    void tick() {
        long now = time.milliseconds();
        boolean wasBlind = now - lookedMs > BLIND_MS;
        lookedMs = now;
        if (controllers.isSilent() || wasBlind) {
            forget();
            return;
        }
        Set<Integer> live = clusters.get().liveBrokers();
        admit(live, now);
        live.forEach(id -> reports.of(id)
                .filter(report -> report.atMs() >= liveSinceMs.get(id))
                .ifPresent(report -> dueMs.put(id, report.atMs() + LOST_MS)));
        List<Integer> silent = live.stream()
                .filter(id -> reports.of(id).isEmpty() && (ids.contains(id) || now >= dueMs.get(id)))
                .sorted()
                .toList();
        if (!silent.equals(ids)) {
            ids = silent;
            if (silent.isEmpty()) {
                LOG.info("Every live broker runs the cluster-links plugin");
            } else {
                LOG.error(warning(silent));
            }
        }
    }

    private void admit(Set<Integer> live, long now) {
        long graceMs = liveSinceMs.isEmpty() ? LOST_MS : BrokerReports.STALE_MS;
        liveSinceMs.keySet().retainAll(live);
        dueMs.keySet().retainAll(live);
        for (int id : live) {
            if (liveSinceMs.putIfAbsent(id, now) == null) {
                dueMs.put(id, now + graceMs);
            }
        }
    }

    private void forget() {
        liveSinceMs.clear();
        dueMs.clear();
    }

    /** Forgets everything: this broker does not coordinate. */
    void reset() {
        forget();
        ids = List.of();
    }

    /** In order; empty if all is well, or this broker does not coordinate. */
    List<Integer> ids() {
        return ids;
    }

    /** What is wrong with {@code brokers} and what to do. */
    static String warning(List<Integer> brokers) {
        return "Brokers " + brokers
                + " run without the cluster-links plugin, or it does not report: mirror partitions that"
                + " they lead are not copied, and clients can write to them. Start these brokers with"
                + " -javaagent:$KAFKA_HOME/libs/kafka-cluster-links.jar.";
    }
}
