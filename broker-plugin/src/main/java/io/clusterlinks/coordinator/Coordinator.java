// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.coordinator.Command.CreateMirror;
import io.clusterlinks.coordinator.Command.DeleteLink;
import io.clusterlinks.coordinator.Command.PutLink;
import io.clusterlinks.coordinator.Command.RepairMirror;
import io.clusterlinks.coordinator.Command.SetMirrorState;
import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.record.PartitionClaim;
import io.clusterlinks.protocol.record.PartitionTransition;
import io.clusterlinks.source.SourceClients;
import io.clusterlinks.state.BrokerReport;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.LinkSecrets;
import io.clusterlinks.sync.AclSync;
import io.clusterlinks.sync.GroupKind;
import io.clusterlinks.sync.OffsetSync;
import io.clusterlinks.sync.TopicDiscovery;
import io.clusterlinks.sync.TopicSync;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.kafka.common.utils.Time;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Coordinates all links while this broker leads the state topic; idle otherwise. One event thread decides and writes;
 * worker threads ask source clusters. Every method is thread-safe, and fails with NOT_COORDINATOR or
 * COORDINATOR_LOAD_IN_PROGRESS while this broker does not coordinate.
 */
public final class Coordinator implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Coordinator.class);
    private static final int TICK_MS = 100;
    /** Questions to a source that wait together are asked together. */
    private static final int WORKERS_PER_LINK = 32;

    private static final int CLOSE_TIMEOUT_MS = 5_000;

    private final ScheduledExecutorService eventThread =
            Executors.newSingleThreadScheduledExecutor(threads("cluster-link-coordinator"));
    private final ExecutorService workers = Executors.newCachedThreadPool(threads("cluster-link-worker"));

    /** One thread per link that has something to compare; idle ones end. */
    private final ExecutorService syncThreads = Executors.newCachedThreadPool(threads("cluster-link-sync"));

    private final StateWriter writer;
    private final BrokerReports reports;
    private final ControllerSilence controllers;
    private final SilentBrokers silent;
    private final CoordinatorMetrics metrics;
    private final SourceAdmins sources;
    private final LinkCommands links;
    private final MirrorCommands mirrors;
    private final Reconciler reconciler;
    private final StateTopicKeeper stateTopic;
    private final SyncScheduler sync;
    private final StopBarrier barrier;
    private final GroupMetrics groupMetrics;
    private final Describer describer;

    /**
     * A coordinator that has not been started.
     *
     * @param tail the image as read from the state topic; empty until its end was reached once
     */
    public Coordinator(
            LocalBroker broker,
            Supplier<Optional<LinkImage>> tail,
            SourceClients clients,
            LinkSecrets secrets,
            TopicCreator topics,
            Time time) {
        this.writer = new StateWriter(broker, tail, eventThread, time);
        this.reports = new BrokerReports(broker, time);
        this.controllers = new ControllerSilence(broker::cluster, time);
        this.silent = new SilentBrokers(broker::cluster, controllers, reports, time);
        this.metrics = new CoordinatorMetrics(silent, time);
        this.sources = new SourceAdmins(clients, secrets, workers);
        LinkThreads perLink = new LinkThreads(workers, WORKERS_PER_LINK);
        MirrorCreation creation = new MirrorCreation(broker, writer, reports, topics, time);
        this.links = new LinkCommands(writer, sources, secrets, perLink, broker.clusterId(), time);
        this.mirrors = new MirrorCommands(
                broker, writer, silent, new MirrorDrafts(broker, sources, secrets, time), creation, perLink, time);
        ReportedBounds bounds = new ReportedBounds(broker, reports);
        OffsetSync consumers = new OffsetSync(GroupKind.CONSUMER, broker, writer, writer::image, bounds, time);
        OffsetSync shares = new OffsetSync(GroupKind.SHARE, broker, writer, writer::image, bounds, time);
        List<OffsetSync> offsets = List.of(consumers, shares);
        this.barrier = new StopBarrier(lastTasks(offsets), sources, secrets, syncThreads, time);
        this.stateTopic = new StateTopicKeeper(broker, workers, time);
        this.sync = new SyncScheduler(
                List.of(
                        new TopicSync(broker, writer, time),
                        consumers,
                        shares,
                        new TopicDiscovery(broker, writer::image, this::mirror),
                        new AclSync(broker, writer, writer::image)),
                sources,
                secrets,
                controllers::isSilent,
                syncThreads,
                time);
        this.reconciler = new Reconciler(broker, writer, reports, creation, sync::isDoneFor, barrier, time);
        SyncDescriber groups = new SyncDescriber(offsets);
        this.groupMetrics = new GroupMetrics(groups::totals, time);
        this.describer = new Describer(broker, reports, silent, sync, groups);
    }

    private CompletableFuture<Void> mirror(String link, String topic, String sourceTopic) {
        return mirrors.create(
                new CreateMirror(link, topic, Optional.of(sourceTopic), (short) -1, Optional.empty(), Map.of(), false),
                false);
    }

    public void start() {
        eventThread.scheduleWithFixedDelay(this::tick, 0, TICK_MS, TimeUnit.MILLISECONDS);
    }

    private static List<StopBarrier.LastTask> lastTasks(List<OffsetSync> offsets) {
        return offsets.stream().<StopBarrier.LastTask>map(kind -> kind::finish).toList();
    }

    private void tick() {
        try {
            writer.refresh();
            reports.checkWaiters();
            if (writer.isCoordinating()) {
                stateTopic.check();
                controllers.tick();
                silent.tick();
                reconciler.tick();
                LinkImage image = writer.image();
                sync.tick(image);
                sources.retain(link -> image.link(link).isPresent());
                groupMetrics.tick(image);
            } else {
                if (writer.isDeposed()) {
                    reports.reset();
                }
                silent.reset();
                reconciler.reset();
                sync.reset();
                groupMetrics.reset();
                barrier.reset();
                sources.retain(link -> false);
            }
        } catch (LinkException e) {
            LOG.debug("Not coordinating: {}", e.getMessage());
        } catch (Throwable e) {
            // Whatever it is, the next tick must come: an exception would end the schedule silently.
            LOG.error("Could not reconcile the state of cluster links; trying again", e);
        }
    }

    /**
     * Carries out a command; repeating one is safe.
     *
     * @param validateOnly check everything, change nothing
     * @return completes when the wish is durable; fails with a {@link LinkException}
     */
    public CompletableFuture<Void> execute(Command command, boolean validateOnly) {
        try {
            if (command instanceof PutLink put) {
                return links.put(put, validateOnly);
            }
            if (command instanceof DeleteLink delete) {
                return links.delete(delete, validateOnly);
            }
            if (command instanceof CreateMirror create) {
                return mirrors.create(create, validateOnly);
            }
            if (command instanceof RepairMirror repair) {
                return mirrors.repair(repair, validateOnly);
            }
            return mirrors.setState((SetMirrorState) command, validateOnly);
        } catch (LinkException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /** The entries of a resource, as of every command that was answered before. */
    public List<Entry> describe(LinkResource resource) {
        return describer.describe(writer.image(), resource);
    }

    /** Takes note of what a broker observes. */
    public void onReport(BrokerReport report) {
        writer.image();
        reports.onReport(report);
    }

    /** Writes the claims of new leaders of mirror partitions, those that can be. */
    public CompletableFuture<Void> claim(List<PartitionClaim> claims) {
        return writer.commit(image -> PartitionTransitions.claim(image, claims)).thenApply(image -> null);
    }

    /** Writes what leaders of mirror partitions propose, all or none. */
    public CompletableFuture<Void> propose(List<PartitionTransition> proposals) {
        return writer.commit(image -> PartitionTransitions.apply(image, proposals))
                .thenApply(image -> null);
    }

    /** Never interrupts the event thread: it may be writing to a log, and the broker would take the disk for broken. */
    @Override
    public void close() {
        eventThread.shutdown();
        writer.close();
        try {
            eventThread.awaitTermination(CLOSE_TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        workers.shutdownNow();
        syncThreads.shutdownNow();
        sync.close();
        metrics.close();
        groupMetrics.close();
        sources.close();
    }

    private static ThreadFactory threads(String name) {
        AtomicInteger next = new AtomicInteger();
        return task -> {
            Thread thread = new Thread(task, name + "-" + next.getAndIncrement());
            thread.setDaemon(true);
            return thread;
        };
    }
}
