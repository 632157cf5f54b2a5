// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.LinkState;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.source.FetchMemory;
import io.clusterlinks.source.SourceAdmin;
import io.clusterlinks.source.SourceClients;
import io.clusterlinks.source.SourceMetadata;
import io.clusterlinks.source.SourceQueryClient;
import io.clusterlinks.state.BrokerReport.ObservedLink;
import io.clusterlinks.state.TransitionSink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.Utils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything one link does on this broker: a thread that watches the source's metadata and asks questions, fetchers per
 * source broker, and a pool that appends. Partitions come and go at the manager's word.
 */
final class LinkWorker implements AutoCloseable, Fetcher.Owner {
    private static final Logger log = LoggerFactory.getLogger(LinkWorker.class);
    private static final Duration QUERY_TIMEOUT = Duration.ofSeconds(4);
    private static final Duration CHECK_TIMEOUT = Duration.ofSeconds(4);
    /** A source that is gone must show within ten seconds, whatever {@code metadata.max.age.ms} says. */
    private static final long MAX_REFRESH_MS = 5000;

    private static final long SOON_MS = 1000;
    private static final long MIN_REFRESH_MS = 100;
    /** All topics are asked for, also where a single leader is not known. */
    private static final int REFRESHED_PER_MS = 4;

    private static final long TICK_MS = 50;
    /** So that rounds cost no more the more partitions there are. */
    private static final int PARTITIONS_PER_MS = 20;

    private static final long DEAL_MS = 1000;
    /** As for rounds; all are looked at then, also those that nothing has happened to. */
    private static final int DEALT_PER_MS = 2;

    private static final long CLOSE_TIMEOUT_MS = 5000;

    /** What all links of a broker share. */
    record Shared(
            SourceClients clients, TransitionSink transitions, Leadership leadership, FetchMemory memory, Time time) {}

    private volatile LinkRecord link;
    private final LinkConfig config;
    private final Shared shared;
    private final Time time;
    private final LinkHealth health;
    private final FetchRound.Limits limits = new FetchRound.Limits(new LinkThrottle(System::nanoTime), new Pauses());
    private final FetcherPool fetchers;
    private final ThreadPoolExecutor appenders;
    private final SourceQueryClient queries;
    private final SourceAdmin admin;
    private final SourceQuestions questions;
    private final SourceWatch watch = new SourceWatch();
    private final Map<TopicPartition, PartitionTask> tasks = new ConcurrentHashMap<>();
    private final Bell bell = new Bell();
    private final Thread thread;
    private volatile boolean closing;
    private volatile boolean refreshRequested;
    private volatile boolean tasksChanged;
    private final AtomicLong refreshes = new AtomicLong();
    private Map<Integer, Node> brokers = Map.of();
    private long lastRefreshMs;
    private long nextRefreshMs;
    private long nextCheckMs;
    private long nextDealMs;

    LinkWorker(LinkRecord link, LinkConfig config, Shared shared) {
        this.link = link;
        this.config = config;
        this.shared = shared;
        this.time = shared.time();
        this.health = new LinkHealth(link.link(), time.milliseconds());
        this.queries = shared.clients().queries(link, config);
        this.admin = shared.clients().admin(link.link(), config);
        this.questions = new SourceQuestions(queries, QUERY_TIMEOUT, this::requestRefresh, time::milliseconds);
        limits.throttle().limit(config.maxBytesPerSecond());
        this.fetchers = new FetcherPool(link, config, shared, this);
        this.appenders = appenders(link.link(), config.getInt(LinkConfig.NUM_FETCHERS));
        this.thread = new Thread(this::run, "cluster-link-" + link.link());
        thread.setDaemon(true);
    }

    /** Appending costs more processor time than fetching: twice as many threads, as long as there are processors. */
    private static ThreadPoolExecutor appenders(String link, int fetchers) {
        int threads = Math.max(1, Math.min(2 * fetchers, Runtime.getRuntime().availableProcessors()));
        AtomicInteger number = new AtomicInteger();
        return new ThreadPoolExecutor(threads, threads, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), work -> {
            Thread thread = new Thread(work, "cluster-link-" + link + "-append-" + number.getAndIncrement());
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Where threads cannot be had it fails, rather than at some partition later; it is to be closed then. */
    void start() {
        appenders.prestartAllCoreThreads();
        thread.start();
    }

    LinkRecord link() {
        return link;
    }

    /** Takes over configs that need no other worker. */
    void adjust(LinkRecord now, LinkConfig nowConfig) {
        limits.throttle().limit(nowConfig.maxBytesPerSecond());
        link = now;
    }

    @Override
    public FetchRound.Limits limits() {
        return limits;
    }

    ObservedLink observed() {
        return health.observed();
    }

    LinkConfig config() {
        return config;
    }

    Collection<PartitionTask> tasks() {
        return tasks.values();
    }

    PartitionTask task(TopicPartition local) {
        return tasks.get(local);
    }

    /**
     * Begins to follow a partition that this broker has claimed.
     *
     * @param confirm whether something may still be written that the duty's record does not hold
     */
    void add(Duty duty, boolean confirm, boolean first) {
        int backoffMs = config.getInt(LinkConfig.FETCH_BACKOFF_MS);
        TopicPartition local = duty.partition().local();
        Transitions transitions = new Transitions(shared.transitions(), duty.record(), backoffMs, () -> wake(local));
        if (confirm) {
            transitions.confirm();
        }
        Replicator.Settings settings = new Replicator.Settings(
                config.getInt(LinkConfig.FETCH_MAX_BYTES),
                backoffMs,
                config.getLong(LinkConfig.MAX_TRUNCATION_RECORDS));
        Replicator replicator =
                new Replicator(duty.partition(), duty.local(), transitions, shared.leadership(), settings);
        if (first) {
            replicator.expectNothingAppended();
        }
        PartitionTask task = new PartitionTask(replicator, appenders, time);
        tasks.put(local, task);
        task.wake();
        tasksChanged = true;
        ring();
    }

    private void wake(TopicPartition local) {
        PartitionTask task = tasks.get(local);
        if (task != null) {
            task.wake();
        }
    }

    /** Lets go of a partition; completes when nothing of it is under way. */
    CompletableFuture<Void> remove(TopicPartition local) {
        PartitionTask task = tasks.remove(local);
        tasksChanged = true;
        ring();
        return task == null ? CompletableFuture.completedFuture(null) : task.close();
    }

    private void run() {
        while (!closing) {
            try {
                runOnceOrTell();
            } catch (Throwable e) {
                // What tells of trouble fails as well, for want of memory: nothing is told, and nothing ends.
            }
            if (!bell.await(tickMs())) {
                closing = true;
            }
        }
    }

    private void runOnceOrTell() {
        try {
            runOnce();
        } catch (Throwable e) {
            if (!closing) {
                log.error("Link {} failed unexpectedly and goes on", link.link(), e);
                health.enter(LinkState.SOURCE_UNAVAILABLE, "unexpected error, retrying: " + e, time.milliseconds());
                nextRefreshMs = time.milliseconds() + SOON_MS;
            }
        }
    }

    /** A round looks at every partition: where there are thousands, they wait a little longer for what only time brings. */
    private long tickMs() {
        return Math.max(TICK_MS, tasks.size() / PARTITIONS_PER_MS);
    }

    private long minRefreshMs() {
        return Math.max(MIN_REFRESH_MS, tasks.size() / REFRESHED_PER_MS);
    }

    /** One round; package-private for tests that drive it by hand. */
    void runOnce() {
        long nowMs = time.milliseconds();
        List<PartitionTask> asking = new ArrayList<>();
        boolean lookAtAll = nowMs >= nextDealMs;
        boolean deal = lookAtAll;
        for (PartitionTask task : tasks.values()) {
            // A partition that rests costs a glance.
            if (!task.takeUnseen() && !deal) {
                continue;
            }
            if (task.replicator().takeRefreshWanted()) {
                refreshRequested = true;
            }
            if (task.takeStranded()
                    || task.replicator().waitsForTime()
                    || (lookAtAll && task.replicator().keepsCuts())) {
                task.wake();
            }
            if (task.mayHaveQuestion()) {
                asking.add(task);
            }
            deal |= task.takeMoved();
        }
        boolean changed = tasksChanged;
        tasksChanged = false;
        boolean asked = (refreshRequested || changed) && nowMs - lastRefreshMs >= minRefreshMs();
        boolean due = asked || nowMs >= nextRefreshMs;
        if (due) {
            refreshRequested = false;
            refresh(nowMs);
        } else if (changed) {
            tasksChanged = true;
        }
        if (due || changed || deal) {
            deal(nowMs);
        }
        if (isFollowing()) {
            questions.ask(asking, brokers, nowMs);
        }
    }

    private boolean isFollowing() {
        return health.isActive() && refreshes.get() > 0;
    }

    /** Looks at every partition, so not at every turn. */
    private void deal(long nowMs) {
        nextDealMs = nowMs + Math.max(DEAL_MS, tasks.size() / DEALT_PER_MS);
        if (isFollowing()) {
            fetchers.assign(tasks.values(), brokers, nowMs);
        } else if (health.observed().state() == LinkState.FAILED) {
            fetchers.assign(Set.of(), brokers, nowMs);
        }
    }

    private void refresh(long nowMs) {
        lastRefreshMs = nowMs;
        Set<String> topics = new TreeSet<>();
        tasks.values().forEach(task -> topics.add(task.partition().source().topic()));
        watch.onAsking(tasks.values());
        SourceMetadata metadata;
        try {
            metadata = queries.metadata(topics, QUERY_TIMEOUT);
        } catch (LinkException e) {
            onNoMetadata(e, nowMs);
            return;
        }
        brokers = metadata.brokers();
        watch.onMetadata(metadata, tasks.values(), nowMs);
        health.enter(LinkState.ACTIVE, null, nowMs);
        refreshes.incrementAndGet();
        long maxAgeMs = Math.min(MAX_REFRESH_MS, config.getLong(LinkConfig.METADATA_MAX_AGE_MS));
        nextRefreshMs = nowMs + (watch.isInDoubt() ? Math.min(SOON_MS, maxAgeMs) : maxAgeMs);
    }

    private void onNoMetadata(LinkException failure, long nowMs) {
        if (failure.error() == Errors.INCONSISTENT_CLUSTER_ID) {
            health.enter(LinkState.FAILED, failure.getMessage(), nowMs);
            nextRefreshMs = nowMs + MAX_REFRESH_MS;
        } else {
            onUnavailable(failure);
        }
    }

    private void onUnavailable(LinkException failure) {
        if (closing) {
            return;
        }
        long nowMs = time.milliseconds();
        if (health.isActive()) {
            health.enter(LinkState.SOURCE_UNAVAILABLE, failure.getMessage(), nowMs);
        }
        if (nowMs >= nextCheckMs) {
            nextCheckMs = nowMs + 2 * MAX_REFRESH_MS;
            health.enter(LinkState.SOURCE_UNAVAILABLE, diagnose(failure), time.milliseconds());
        }
        nextRefreshMs = time.milliseconds() + SOON_MS;
    }

    /** The check knows more precisely than a request that failed which step of the way is broken. */
    private String diagnose(LinkException failure) {
        try {
            admin.check(CHECK_TIMEOUT);
            return failure.getMessage();
        } catch (LinkException e) {
            return e.getMessage();
        }
    }

    @Override
    public long refreshes() {
        return refreshes.get();
    }

    @Override
    public void requestRefresh() {
        refreshRequested = true;
        ring();
    }

    private void ring() {
        bell.ring();
    }

    /** Ends all threads; when it returns no append of this link is under way. */
    @Override
    public void close() {
        closing = true;
        queries.shutdown();
        ring();
        tasks.values().forEach(PartitionTask::close);
        Utils.closeQuietly(fetchers, "fetchers of link " + link.link());
        appenders.shutdown();
        try {
            if (!appenders.awaitTermination(CLOSE_TIMEOUT_MS, TimeUnit.MILLISECONDS)) {
                log.warn("Appends of link {} did not end within {} ms", link.link(), CLOSE_TIMEOUT_MS);
            }
            thread.join(CLOSE_TIMEOUT_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Utils.closeQuietly(queries, "queries of link " + link.link());
        Utils.closeQuietly(admin, "admin of link " + link.link());
    }
}
