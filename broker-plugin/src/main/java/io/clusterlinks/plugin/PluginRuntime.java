// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.plugin;

import io.clusterlinks.admin.AdminInterceptor;
import io.clusterlinks.admin.CoordinatorRouter;
import io.clusterlinks.admin.LinkRequestHandler;
import io.clusterlinks.admin.MirrorRequestFence;
import io.clusterlinks.admin.ReportSender;
import io.clusterlinks.admin.StateTopicProvider;
import io.clusterlinks.admin.TransitionSender;
import io.clusterlinks.coordinator.Coordinator;
import io.clusterlinks.coordinator.TopicCreator;
import io.clusterlinks.guard.AbsenceWatch;
import io.clusterlinks.guard.StandingFence;
import io.clusterlinks.host.ClusterView;
import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.mirror.MirrorManager;
import io.clusterlinks.source.FetchMemory;
import io.clusterlinks.source.KafkaSourceClients;
import io.clusterlinks.source.SourceClients;
import io.clusterlinks.state.BrokerReport;
import io.clusterlinks.state.JoinWait;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.LinkSecrets;
import io.clusterlinks.state.SnapshotFile;
import io.clusterlinks.state.StateTailer;
import io.clusterlinks.state.StateTopic;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The parts of a running plugin, wired together. */
final class PluginRuntime implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PluginRuntime.class);

    /** For how long a broker holds back from leading while nobody serves the state, all of whose replicas may be gone. */
    private static final Duration STATE_TIMEOUT = Duration.ofSeconds(10);
    /** The same while somebody does, whom this broker cannot reach. */
    private static final Duration SERVED_STATE_TIMEOUT = Duration.ofSeconds(120);

    private final LocalBroker broker;
    private final SnapshotFile snapshot;
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "cluster-link-timer");
        thread.setDaemon(true);
        return thread;
    });
    private final StateTailer tailer;
    private final Coordinator coordinator;
    private final MirrorManager mirrors;
    private final ReportSender reports;
    private final StandingFence fence;
    private final AbsenceWatch absence;
    private final CoordinatorRouter router;
    private final MirrorRequestFence requests;
    private final AdminInterceptor interceptor;
    private final String version = Version.current();

    PluginRuntime(
            LocalBroker broker,
            PluginSettings settings,
            SnapshotFile snapshot,
            LinkImage initial,
            StandingFence fence) {
        this.broker = broker;
        this.snapshot = snapshot;
        this.fence = fence;
        LinkSecrets secrets = new LinkSecrets(settings.secret(), broker.clusterId());
        FetchMemory memory = new FetchMemory(settings.fetchMemoryBytes(), Time.SYSTEM::milliseconds);
        SourceClients sources = new KafkaSourceClients(memory, Time.SYSTEM);
        TopicCreator topics = new TopicCreator(broker);
        StateTopicProvider stateTopic = new StateTopicProvider(broker, topics);
        this.tailer = new StateTailer(broker, snapshot, initial, Time.SYSTEM);
        this.absence = new AbsenceWatch(broker, tailer::readToEnd, tailer::isServed, fence, Time.SYSTEM);
        this.coordinator = new Coordinator(
                broker,
                () -> tailer.isCaughtUp() ? Optional.of(tailer.image()) : Optional.empty(),
                sources,
                secrets,
                topics,
                Time.SYSTEM);
        this.router = new CoordinatorRouter(broker, coordinator, timer, Time.SYSTEM);
        this.mirrors =
                new MirrorManager(broker, tailer, new TransitionSender(router), secrets, sources, memory, Time.SYSTEM);
        this.reports = new ReportSender(router, this::report, stateTopic, timer);
        this.requests = new MirrorRequestFence(fence, tailer::image, this::topicName);
        this.interceptor = new AdminInterceptor(new LinkRequestHandler(broker, router, stateTopic), requests);
        // The fence first: what else reacts to an image may rely on it.
        tailer.onChange(() -> fence.onImage(tailer.image(), tailer.isCurrent()));
        tailer.onChange(reports::sendSoon);
    }

    /**
     * Begins to follow the state of the links, and waits until it was read, unless that needs this very broker; one that
     * starts without it, and may lack mirrors, takes no writes to topics that it does not know.
     */
    void readState() {
        ClusterView since = broker.cluster();
        tailer.start();
        long startMs = Time.SYSTEM.milliseconds();
        boolean over = new JoinWait(broker, tailer, STATE_TIMEOUT, SERVED_STATE_TIMEOUT).await();
        boolean read = tailer.isCaughtUp();
        beginToWatch(since, read);
        if (over) {
            LinkImage image = tailer.image();
            LOG.info(
                    "{} {} links and {} mirror topics, up to offset {} of {}",
                    read ? "Read" : "Starts before the state was read, with the snapshot's",
                    image.links().size(),
                    image.mirrors().size(),
                    image.nextOffset(),
                    StateTopic.NAME);
        } else {
            LOG.warn(
                    "Could not read {} within {} s. Until it can, this broker {}; see that a replica of the topic is up.",
                    StateTopic.NAME,
                    (Time.SYSTEM.milliseconds() - startMs) / 1000,
                    snapshot.exists()
                            ? "knows only the mirrors of its snapshot"
                            : "takes no writes to topics, since it has no snapshot either");
        }
    }

    private void beginToWatch(ClusterView since, boolean read) {
        boolean known = snapshot.exists();
        if (!read && !(known && StateTopic.isCompleteOn(broker.nodeId(), broker.cluster()))) {
            absence.startInDoubt(!known);
        } else if (read && since.topic(StateTopic.NAME).isPresent()) {
            absence.startJoining(since);
        }
    }

    void start() {
        timer.scheduleWithFixedDelay(absence::tick, 0, AbsenceWatch.TICK_MS, TimeUnit.MILLISECONDS);
        coordinator.start();
        mirrors.start();
        reports.start();
    }

    AdminInterceptor interceptor() {
        return interceptor;
    }

    /** What is refused also when this has been closed. */
    MirrorRequestFence requests() {
        return requests;
    }

    private BrokerReport report() {
        return new BrokerReport(
                broker.nodeId(),
                version,
                broker.kafkaVersion(),
                // Clients are kept from the mirrors of that image, now and after a restart.
                Math.min(tailer.savedOffset(), fence.imageOffset()),
                mirrors.partitions(),
                mirrors.links());
    }

    private Optional<String> topicName(Uuid id) {
        return broker.cluster()
                .topic(StateTopic.NAME)
                .filter(topic -> topic.id().equals(id))
                .map(topic -> topic.name());
    }

    /** Stops every part, each whatever becomes of the others. */
    @Override
    public void close() {
        List<AutoCloseable> parts = List.of(mirrors, coordinator, router, tailer, timer::shutdownNow);
        for (AutoCloseable part : parts) {
            try {
                part.close();
            } catch (Exception e) {
                LOG.warn("Could not stop {}", part.getClass().getSimpleName(), e);
            }
        }
        // From here on a mirror may be promoted without this broker hearing of it.
        fence.onImage(tailer.image(), false);
    }
}
