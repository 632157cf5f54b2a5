// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.ClusterView;
import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.record.PartitionClaim;
import io.clusterlinks.source.FetchMemory;
import io.clusterlinks.source.SourceClients;
import io.clusterlinks.state.BrokerReport.ObservedLink;
import io.clusterlinks.state.BrokerReport.ObservedPartition;
import io.clusterlinks.state.ImageSource;
import io.clusterlinks.state.LinkConfigResolver;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.TransitionSink;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.Utils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The data path of a broker: makes every mirror partition that this broker leads follow its source, stop, or rest, as
 * the image says. One event thread compares what should be with what is; everything else happens on threads of links.
 */
public final class MirrorManager implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(MirrorManager.class);
    private static final long POLL_MS = 100;
    private static final long RELEASE_POLL_MS = 5;
    /** A replica may become leader a little after the metadata says so; nothing tells. */
    private static final long RECONCILE_MS = 300;

    private static final long UNSETTLED_MS = 10_000;
    /** When nothing has changed for a while, looking at everything again may take some thousandths of the time. */
    private static final int PARTITIONS_PER_MS = 1;

    private static final long SETTLED_MS = 1000;

    private static final long STOP_BACKOFF_MS = 500;
    private static final long CLOSE_TIMEOUT_MS = 5000;

    private final LocalBroker broker;
    private final ImageSource images;
    private final TransitionSink transitions;
    private final Leadership leadership;
    private final Claims claims;
    private final Time time;
    private final FetchMemory memory;
    private final LinkWorkers workers;
    private final StopWorker stops;
    private final Observations observations;
    private final MirrorMetrics metrics;
    private final Bell bell = new Bell();
    private final Thread thread = new Thread(this::run, "cluster-link-manager");
    private final Map<TopicPartition, PartitionTask> releasing = new HashMap<>();
    private final StartCheckpoints startCheckpoints;
    private final Handovers handovers = new Handovers();

    private volatile boolean closing;
    private volatile boolean imageChanged = true;
    private ClusterView lastCluster;
    private long nextReconcileMs;
    private long unsettledUntilMs;
    private volatile Map<TopicPartition, Duty> duties = Map.of();

    public MirrorManager(
            LocalBroker broker,
            ImageSource images,
            TransitionSink transitions,
            LinkConfigResolver configs,
            SourceClients sources,
            FetchMemory memory,
            Time time) {
        this.broker = broker;
        this.images = images;
        this.transitions = transitions;
        this.time = time;
        this.memory = memory;
        this.leadership = new LeaderMove(broker);
        this.claims = new Claims(transitions);
        this.workers = new LinkWorkers(configs, new LinkWorker.Shared(sources, transitions, leadership, memory, time));
        this.stops = new StopWorker(time);
        this.observations = new Observations(broker.nodeId(), workers, stops, claims, time);
        this.startCheckpoints = new StartCheckpoints(broker);
        this.metrics = new MirrorMetrics(this, time);
        thread.setDaemon(true);
    }

    public void start() {
        stops.start();
        thread.start();
        images.onChange(() -> {
            imageChanged = true;
            bell.ring();
        });
    }

    /** The mirror partitions that this broker leads. From any thread. */
    public List<ObservedPartition> partitions() {
        return observations.partitions(duties.values());
    }

    /** The links that this broker works for. From any thread. */
    public List<ObservedLink> links() {
        return workers.observed();
    }

    /** Links that an operator has paused. From any thread. */
    Set<String> pausedLinks() {
        return workers.paused();
    }

    /** For metrics: the link of every partition that {@link #partitions} names, and the records it copied. */
    Map<TopicPartition, Copied> copied() {
        Map<TopicPartition, Copied> copied = new HashMap<>();
        duties.forEach(
                (local, duty) -> copied.put(local, new Copied(duty.mirror().link(), observations.records(duty))));
        return copied;
    }

    /** Records that were copied since this broker leads a partition. */
    record Copied(String link, long records) {}

    private void run() {
        while (!closing) {
            try {
                runOnceOrTell();
                pause();
            } catch (Throwable e) {
                // What tells of trouble fails as well, for want of memory: nothing is told, and nothing ends.
                bell.await(POLL_MS);
            }
        }
    }

    private void runOnceOrTell() {
        try {
            runOnce();
        } catch (Throwable e) {
            log.error("The manager of mirror partitions failed unexpectedly and goes on", e);
            nextReconcileMs = time.milliseconds() + RECONCILE_MS;
        }
    }

    private void runOnce() {
        // Cleared before the image is read: a change in between is seen twice rather than never.
        boolean changed = imageChanged;
        imageChanged = false;
        ClusterView cluster = broker.cluster();
        long nowMs = time.milliseconds();
        boolean moved = lastCluster == null || !cluster.isLike(lastCluster);
        if (images.isCaughtUp() && (changed || moved || nowMs >= nextReconcileMs)) {
            if (changed || moved) {
                unsettledUntilMs = nowMs + UNSETTLED_MS;
            }
            lastCluster = cluster;
            boolean claiming = reconcile(images.image(), cluster, nowMs);
            boolean settled = !claiming && nowMs >= unsettledUntilMs;
            nextReconcileMs =
                    nowMs + (settled ? Math.max(SETTLED_MS, duties.size() / PARTITIONS_PER_MS) : RECONCILE_MS);
        }
        metrics.refresh();
        memory.trim();
    }

    /** Returns whether claims are outstanding. */
    private boolean reconcile(LinkImage image, ClusterView cluster, long nowMs) {
        startCheckpoints.look(image);
        forgetReleased();
        workers.reconcile(image, nowMs).forEach(this::release);
        Map<TopicPartition, Duty> wanted = Duty.of(image, cluster, broker, workers::isResting);
        wanted.values().forEach(duty -> duty.local().keepEpoch(duty.partition().leaderEpoch()));
        letGo(wanted);
        List<PartitionClaim> claimed = new ArrayList<>();
        wanted.forEach((local, duty) -> {
            switch (duty.kind()) {
                case CLAIM -> claim(duty).ifPresent(claimed::add);
                case FOLLOW -> follow(duty);
                case STOP -> stop(duty);
                case NONE -> {}
            }
        });
        claims.send(claimed, nowMs);
        handovers.retain(local -> image.mirror(local.topic()).isPresent());
        duties = wanted;
        return !claimed.isEmpty();
    }

    /** None where the log has gone, and with it the duty. */
    private static Optional<PartitionClaim> claim(Duty duty) {
        try {
            return Optional.of(duty.claim());
        } catch (ApiException e) {
            return Optional.empty();
        }
    }

    private void release(PartitionTask task) {
        observations.keep(task);
        releasing.put(task.partition().local(), task);
    }

    /** Returns whether any was. */
    private boolean forgetReleased() {
        return releasing.values().removeIf(task -> {
            boolean released = task.close().isDone();
            if (released) {
                handovers.leave(task.replicator());
            }
            return released;
        });
    }

    /** Ends what is no longer a duty, or was one under another leader epoch. */
    private void letGo(Map<TopicPartition, Duty> wanted) {
        for (LinkWorker worker : workers.all()) {
            for (PartitionTask task : worker.tasks()) {
                Duty duty = wanted.get(task.partition().local());
                if (duty == null
                        || duty.kind() != Duty.Kind.FOLLOW
                        || task.replicator().isFenced()
                        || task.replicator().isSuperseded(duty.record())
                        || !duty.partition().equals(task.partition())) {
                    worker.remove(task.partition().local());
                    release(task);
                }
            }
        }
        for (TopicPartition local : stops.partitions()) {
            Duty duty = wanted.get(local);
            PartitionStop stop = stops.stop(local);
            if (stop != null
                    && (duty == null
                            || duty.kind() != Duty.Kind.STOP
                            || stop.isFenced()
                            || !duty.partition().equals(stop.partition()))) {
                stops.remove(local);
                handovers.leave(stop);
            }
        }
        observations.forgetAllBut(wanted.keySet());
    }

    private void follow(Duty duty) {
        LinkWorker worker = workers.worker(duty.mirror().link());
        TopicPartition local = duty.partition().local();
        if (worker == null) {
            return;
        }
        PartitionTask task = worker.task(local);
        if (task == null && !releasing.containsKey(local)) {
            worker.add(duty, handovers.mustConfirm(duty), handovers.begin(duty));
            task = worker.task(local);
        }
        if (task != null) {
            task.draining(
                    duty.isDraining() ? duty.mirror().sinceMs() : Drain.NONE,
                    duty.mirror().partitions());
            if (duty.record().truncation() != null) {
                // The link's own thread may be waiting for a source that is away, which a cut does not need.
                task.wake();
            }
        }
    }

    private void stop(Duty duty) {
        TopicPartition local = duty.partition().local();
        if (stops.stop(local) == null && !releasing.containsKey(local)) {
            handovers.begin(duty);
            Transitions changes = new Transitions(transitions, duty.record(), STOP_BACKOFF_MS, stops::ring);
            if (handovers.mustConfirm(duty)) {
                changes.confirm();
            }
            stops.add(new PartitionStop(
                    duty.partition(), duty.local(), changes, leadership, handovers.followers(duty), STOP_BACKOFF_MS));
        }
    }

    private void pause() {
        // A partition that is being let go of is taken up again as soon as it is free.
        boolean waitsForRelease = !releasing.isEmpty();
        if (!bell.await(waitsForRelease ? RELEASE_POLL_MS : POLL_MS)) {
            closing = true;
        }
        if (waitsForRelease && forgetReleased()) {
            nextReconcileMs = 0;
        }
    }

    /** Ends all threads; when it returns nothing of the data path is under way. */
    @Override
    public void close() {
        closing = true;
        bell.ring();
        try {
            thread.join(CLOSE_TIMEOUT_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Utils.closeQuietly(stops, "mirror stops");
        Utils.closeQuietly(workers, "link workers");
        Utils.closeQuietly(metrics, "link metrics");
    }
}
