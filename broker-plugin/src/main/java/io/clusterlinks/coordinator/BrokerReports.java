// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.state.BrokerReport;
import io.clusterlinks.state.BrokerReport.ObservedLink;
import io.clusterlinks.state.BrokerReport.ObservedPartition;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Time;

/** What the brokers last reported, in memory only. Thread-safe. */
final class BrokerReports {
    /** A broker that has been silent for so long is taken to run without the plugin. */
    static final long STALE_MS = 5_000;

    private static final long LATE_MS = 20_000;

    private final LocalBroker broker;
    private final Time time;
    private final Map<Integer, Received> received = new ConcurrentHashMap<>();
    private final List<Waiter> waiters = new ArrayList<>();

    BrokerReports(LocalBroker broker, Time time) {
        this.broker = broker;
        this.time = time;
    }

    /** The last report with the time it arrived, and all partitions of the broker by name. */
    record Received(BrokerReport report, long atMs, Map<String, Map<Integer, ObservedPartition>> partitions) {}

    private record Waiter(long offset, long deadlineMs, CompletableFuture<Void> done) {}

    /**
     * Takes note of a report.
     *
     * @throws LinkException INVALID_REQUEST if it is a change of another one than the last: it must come complete
     */
    synchronized void onReport(BrokerReport report) {
        Map<String, Map<Integer, ObservedPartition>> partitions = base(report);
        report.partitions().forEach(partition -> partitions
                .computeIfAbsent(partition.topic(), topic -> new ConcurrentHashMap<>())
                .put(partition.status().partition(), partition));
        received.put(report.broker(), new Received(report, time.milliseconds(), partitions));
        checkWaiters();
    }

    private Map<String, Map<Integer, ObservedPartition>> base(BrokerReport report) {
        if (report.base() == null) {
            return new ConcurrentHashMap<>();
        }
        Received last = received.get(report.broker());
        if (last == null || last.report().id() != report.base()) {
            throw LinkException.invalid("Broker " + report.broker() + " must report everything.");
        }
        return last.partitions();
    }

    /** The report of a live broker, if it is not stale. */
    Optional<Received> of(int brokerId) {
        return Optional.ofNullable(received.get(brokerId)).filter(this::isFresh);
    }

    private boolean isFresh(Received report) {
        return time.milliseconds() - report.atMs() < STALE_MS;
    }

    Optional<ObservedPartition> partition(int leader, String topic, int partition) {
        return of(leader)
                .map(report -> report.partitions().getOrDefault(topic, Map.of()).get(partition));
    }

    /** What live brokers see of a link's source. */
    Stream<ObservedLink> links(String link) {
        return broker.cluster().liveBrokers().stream()
                .flatMap(id -> of(id).stream())
                .flatMap(report -> report.report().links().stream())
                .filter(observed -> observed.link().equals(link));
    }

    /**
     * Completes when every live broker has applied the state up to {@code offset}; fails, naming the brokers, if that
     * takes longer than {@link #STALE_MS}.
     */
    CompletableFuture<Void> awaitApplied(long offset) {
        Waiter waiter = new Waiter(offset, time.milliseconds() + STALE_MS, new CompletableFuture<>());
        synchronized (waiters) {
            waiters.add(waiter);
        }
        checkWaiters();
        return waiter.done();
    }

    /** Completes waiters whose time has come; called on every report and on every tick. */
    void checkWaiters() {
        List<Runnable> completions = new ArrayList<>();
        synchronized (waiters) {
            for (Iterator<Waiter> iterator = waiters.iterator(); iterator.hasNext(); ) {
                Waiter waiter = iterator.next();
                List<Integer> behind = behind(waiter.offset());
                if (behind.isEmpty()) {
                    completions.add(() -> waiter.done().complete(null));
                    iterator.remove();
                } else if (time.milliseconds() >= waiter.deadlineMs()) {
                    completions.add(() -> waiter.done().completeExceptionally(notProtected(behind)));
                    iterator.remove();
                }
            }
        }
        completions.forEach(Runnable::run);
    }

    /** This broker does not coordinate: others report to whoever does, and who waits is to ask there. */
    void reset() {
        List<Waiter> deposed;
        synchronized (waiters) {
            deposed = List.copyOf(waiters);
            waiters.clear();
        }
        deposed.forEach(waiter -> waiter.done()
                .completeExceptionally(new LinkException(
                        Errors.NOT_COORDINATOR,
                        "Broker " + broker.nodeId()
                                + " stopped coordinating cluster links while brokers applied the state.")));
    }

    private List<Integer> behind(long offset) {
        return broker.cluster().liveBrokers().stream()
                .filter(id ->
                        of(id).map(report -> report.report().imageOffset()).orElse(-1L) < offset)
                .sorted()
                .toList();
    }

    /** Whether a broker was heard of not long ago: then it is slow rather than started without the plugin. */
    private boolean isLately(int brokerId) {
        Received last = received.get(brokerId);
        return last != null && time.milliseconds() - last.atMs() < LATE_MS;
    }

    private LinkException notProtected(List<Integer> brokers) {
        List<Integer> late = brokers.stream().filter(this::isLately).toList();
        if (late.size() == brokers.size()) {
            return new LinkException(
                    Errors.POLICY_VIOLATION,
                    "Brokers " + late + " have not applied the state of the links within " + STALE_MS
                            + " ms, so a mirror on them would not be read-only. They may be overloaded: repeat the"
                            + " command.");
        }
        return new LinkException(
                Errors.POLICY_VIOLATION,
                "Brokers " + brokers + " run without the cluster-links plugin or do not follow its state, so a mirror"
                        + " on them would not be read-only. Start them with"
                        + " -javaagent:$KAFKA_HOME/libs/kafka-cluster-links.jar, then repeat the command.");
    }
}
