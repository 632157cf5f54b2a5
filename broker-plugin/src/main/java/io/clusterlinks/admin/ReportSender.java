// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import io.clusterlinks.protocol.Json;
import io.clusterlinks.state.BrokerReport;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the coordinator what this broker observes: at intervals, which are longer while nothing changes, and at once when
 * its image has changed.
 */
public final class ReportSender {
    private static final Logger LOG = LoggerFactory.getLogger(ReportSender.class);
    private static final int INTERVAL_MS = 500;

    private final CoordinatorRouter router;
    private final Supplier<BrokerReport> reports;
    private final StateTopicProvider stateTopic;
    private final ScheduledExecutorService timer;
    private final ReportChanges changes = new ReportChanges(System.nanoTime());
    private final AtomicBoolean inFlight = new AtomicBoolean();
    private final AtomicBoolean wantedAgain = new AtomicBoolean();
    /** Whether the last report held nothing new, so that the next turn is left out. For the timer's thread. */
    private boolean quiet;

    /** A sender that has not been started; sends on {@code timer}. */
    public ReportSender(
            CoordinatorRouter router,
            Supplier<BrokerReport> reports,
            StateTopicProvider stateTopic,
            ScheduledExecutorService timer) {
        this.router = router;
        this.reports = reports;
        this.stateTopic = stateTopic;
        this.timer = timer;
    }

    public void start() {
        timer.scheduleWithFixedDelay(this::takeTurn, 0, INTERVAL_MS, TimeUnit.MILLISECONDS);
    }

    private void takeTurn() {
        if (quiet) {
            quiet = false;
        } else {
            send();
        }
    }

    /** Sends a report soon; from any thread. */
    public void sendSoon() {
        timer.execute(this::send);
    }

    private void send() {
        try {
            if (!stateTopic.exists()) {
                return;
            }
            if (!inFlight.compareAndSet(false, true)) {
                wantedAgain.set(true);
                return;
            }
        } catch (Throwable e) {
            onUnexpected(e);
            return;
        }
        report().whenComplete(this::onAnswer);
    }

    private CompletableFuture<Void> report() {
        try {
            BrokerReport report = changes.next(reports.get(), System.nanoTime() / 1_000_000);
            quiet = report.base() != null && report.partitions().isEmpty();
            return router.report(Json.write(report));
        } catch (Throwable e) {
            onUnexpected(e);
            return CompletableFuture.failedFuture(e);
        }
    }

    /** Whatever it is, the next turn must come: an exception would end the schedule silently. */
    private static void onUnexpected(Throwable failure) {
        LOG.warn("Could not report to the coordinator; trying again", failure);
    }

    private void onAnswer(Void done, Throwable failure) {
        if (failure != null) {
            LOG.debug("Report did not reach the coordinator: {}", failure.getMessage());
        } else {
            changes.onTaken();
        }
        inFlight.set(false);
        if (wantedAgain.getAndSet(false)) {
            sendSoon();
        }
    }
}
