// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.LinkState;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.state.BrokerReport.ObservedLink;
import io.clusterlinks.state.LinkConfigResolver;
import io.clusterlinks.state.LinkImage;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One {@link LinkWorker} per link that is not paused, made anew when the link's configs change. */
final class LinkWorkers implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LinkWorkers.class);
    private static final long RETRY_MS = 5000;
    private static final long CLOSE_TIMEOUT_MS = 20_000;

    /** A link that cannot work here as it is configured. */
    private record Broken(LinkRecord link, ObservedLink observed, long retryAtMs) {}

    private final LinkConfigResolver configs;
    private final LinkWorker.Shared shared;
    private final Map<String, LinkWorker> workers = new ConcurrentHashMap<>();
    private final Map<String, Broken> broken = new ConcurrentHashMap<>();
    private volatile Set<String> paused = Set.of();
    private long nextRereadMs;
    /** Closing waits for threads: done aside, so that one link that hangs does not hold up the others. */
    private final ExecutorService closer = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "cluster-link-closer");
        thread.setDaemon(true);
        return thread;
    });

    LinkWorkers(LinkConfigResolver configs, LinkWorker.Shared shared) {
        this.configs = configs;
        this.shared = shared;
    }

    LinkWorker worker(String link) {
        return workers.get(link);
    }

    Collection<LinkWorker> all() {
        return workers.values();
    }

    /** Whether the mirrors of {@code link} must not fetch; its configs may not be usable here. */
    boolean isResting(LinkRecord link) {
        return link.deleting() || LinkConfig.isPaused(link.configs());
    }

    List<ObservedLink> observed() {
        List<ObservedLink> observed = new ArrayList<>();
        workers.values()
                .forEach(worker -> observed.add(
                        worker.observed().withThrottle(worker.limits().pauses().status())));
        broken.values().forEach(link -> observed.add(link.observed()));
        return observed;
    }

    /** Links that an operator has paused; nobody works for them. From any thread. */
    Set<String> paused() {
        return paused;
    }

    /** How a link fares here; empty while it is being opened. */
    Optional<ObservedLink> observed(String link) {
        LinkWorker worker = workers.get(link);
        if (worker != null) {
            return Optional.of(worker.observed());
        }
        return Optional.ofNullable(broken.get(link)).map(Broken::observed);
    }

    /** Opens and closes workers; returns the partitions that closed ones let go of. */
    List<PartitionTask> reconcile(LinkImage image, long nowMs) {
        List<PartitionTask> released = new ArrayList<>();
        paused = image.links().stream()
                .filter(link -> !link.deleting() && LinkConfig.isPaused(link.configs()))
                .map(LinkRecord::link)
                .collect(Collectors.toUnmodifiableSet());
        boolean rereads = nowMs >= nextRereadMs;
        if (rereads) {
            nextRereadMs = nowMs + RETRY_MS;
        }
        for (LinkWorker worker : List.copyOf(workers.values())) {
            LinkRecord now = image.link(worker.link().link()).orElse(null);
            if (now == null || isResting(now) || !isSame(now, worker.link()) || (rereads && isOutdated(worker))) {
                workers.remove(worker.link().link());
                released.addAll(worker.tasks());
                worker.tasks().forEach(PartitionTask::close);
                closeAside(worker);
            } else if (!now.equals(worker.link())) {
                adjust(worker, now);
            }
        }
        broken.values().removeIf(link -> {
            LinkRecord now = image.link(link.link().link()).orElse(null);
            return now == null || isResting(now) || !isSame(now, link.link()) || nowMs >= link.retryAtMs();
        });
        for (LinkRecord link : image.links()) {
            if (!isResting(link) && !workers.containsKey(link.link()) && !broken.containsKey(link.link())) {
                open(link, nowMs);
            }
        }
        return released;
    }

    private static boolean isSame(LinkRecord one, LinkRecord other) {
        return fixed(one.configs()).equals(fixed(other.configs()))
                && one.sourceClusterId().equals(other.sourceClusterId());
    }

    /** Whether a link that does not work was opened with a secret that is another one now where its configs refer to. */
    private boolean isOutdated(LinkWorker worker) {
        if (worker.observed().state() == LinkState.ACTIVE) {
            return false;
        }
        try {
            return !fixed(configs.resolve(worker.link()).originals())
                    .equals(fixed(worker.config().originals()));
        } catch (RuntimeException e) {
            log.debug(
                    "The configs of link {} cannot be read again", worker.link().link(), e);
            return false;
        }
    }

    private void adjust(LinkWorker worker, LinkRecord now) {
        try {
            worker.adjust(now, configs.resolve(now));
        } catch (RuntimeException e) {
            log.warn("The limit of link {} stays as it was: {}", now.link(), SourceText.oneLine(e));
        }
    }

    /** Configs that a worker cannot change while it works. */
    private static <T> Map<String, T> fixed(Map<String, T> configs) {
        Map<String, T> fixed = new HashMap<>(configs);
        fixed.remove(LinkConfig.MAX_BYTES_PER_SECOND);
        return fixed;
    }

    private void open(LinkRecord link, long nowMs) {
        LinkWorker worker;
        try {
            worker = new LinkWorker(link, configs.resolve(link), shared);
        } catch (RuntimeException e) {
            onBroken(link, e, "check its configs", nowMs);
            return;
        }
        try {
            worker.start();
            workers.put(link.link(), worker);
        } catch (Throwable e) {
            onBroken(link, e, "check the limits of threads and of memory", nowMs);
            closeAside(worker);
        }
    }

    private void closeAside(LinkWorker worker) {
        try {
            closer.execute(worker::close);
        } catch (Throwable e) {
            // No thread is to be had; what it holds must not be held for ever.
            worker.close();
        }
    }

    private void onBroken(LinkRecord link, Throwable e, String remedy, long nowMs) {
        String reason = e instanceof LinkException
                ? e.getMessage()
                : "Link " + link.link() + " cannot be opened: " + SourceText.oneLine(e) + "; " + remedy + ".";
        log.warn("Link {} cannot work on this broker: {}", link.link(), reason);
        broken.put(
                link.link(),
                new Broken(link, new ObservedLink(link.link(), LinkState.FAILED, reason, nowMs), nowMs + RETRY_MS));
    }

    @Override
    public void close() {
        workers.values().forEach(this::closeAside);
        workers.clear();
        closer.shutdown();
        try {
            if (!closer.awaitTermination(CLOSE_TIMEOUT_MS, TimeUnit.MILLISECONDS)) {
                log.warn("Links did not close within {} ms", CLOSE_TIMEOUT_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
