// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.state.LinkConfigResolver;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.sync.OffsetSync;
import io.clusterlinks.sync.OffsetSync.LastRead;
import io.clusterlinks.sync.OffsetSync.LastSync;
import io.clusterlinks.sync.SyncContext;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.apache.kafka.common.utils.Time;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets a mirror become an ordinary topic only after its consumer groups were brought up to date a last time, or a bounded
 * time has passed. Its partitions have stopped by then, so where the mirror ends is final. All mirrors of a link that wait
 * share one run, so that a failover of thousands is not slower than one. For the event thread.
 */
final class StopBarrier {
    /** How long a mirror waits at most. */
    static final long TIMEOUT_MS = 6_000;

    private static final long RETRY_MS = 500;
    private static final Duration PROMOTE_SOURCE_TIMEOUT = Duration.ofMillis(2_500);
    private static final Duration FAILOVER_SOURCE_TIMEOUT = Duration.ofMillis(1_500);
    private static final long MIN_SOURCE_TIMEOUT_MS = 500;
    private static final Logger LOG = LoggerFactory.getLogger(StopBarrier.class);

    private final List<LastTask> tasks;
    private final SourceAdmins sources;
    private final LinkConfigResolver configs;
    private final Executor threads;
    private final Time time;
    private final Map<String, Long> waitingSinceMs = new HashMap<>();
    private final Map<String, LastSync> results = new ConcurrentHashMap<>();
    private final Map<String, Long> triedMs = new ConcurrentHashMap<>();
    private final Map<String, Set<String>> running = new ConcurrentHashMap<>();

    /** One kind of groups, as {@link OffsetSync#finish}. */
    @FunctionalInterface
    interface LastTask {
        Map<String, LastSync> finish(SyncContext context, Set<String> topics, Optional<LastRead> read);
    }

    StopBarrier(List<LastTask> tasks, SourceAdmins sources, LinkConfigResolver configs, Executor threads, Time time) {
        this.tasks = tasks;
        this.sources = sources;
        this.configs = configs;
        this.threads = threads;
        this.time = time;
    }

    /** What became of the groups of a mirror whose partitions have stopped; empty while that is not known yet. */
    Optional<String> result(LinkImage image, MirrorRecord mirror) {
        LinkRecord link = image.link(mirror.link()).orElse(null);
        if (link == null || !link.configs().containsKey(LinkConfig.OFFSET_SYNC_ENABLE)) {
            return Optional.of("");
        }
        LastSync known = results.get(mirror.topic());
        if (known != null && known.complete()) {
            return Optional.of(known.summary());
        }
        long now = time.milliseconds();
        long since = waitingSinceMs.computeIfAbsent(mirror.topic(), topic -> now);
        if (now - since >= TIMEOUT_MS && known != null) {
            return Optional.of(known.summary());
        }
        if (now - since >= TIMEOUT_MS) {
            return Optional.of("Consumer groups were not brought up to date a last time within " + TIMEOUT_MS
                    + " ms; they stand where they were committed last. Check them: describe the groups of link '"
                    + mirror.link() + "'.");
        }
        return Optional.empty();
    }

    /** Starts runs for what waits and forgets what does not any more. */
    void tick(LinkImage image) {
        waitingSinceMs.keySet().removeIf(topic -> !isStopping(image, topic));
        results.keySet().removeIf(topic -> !waitingSinceMs.containsKey(topic));
        Map<String, Set<String>> byLink = new HashMap<>();
        for (String topic : waitingSinceMs.keySet()) {
            if (!results.containsKey(topic) || !results.get(topic).complete()) {
                byLink.computeIfAbsent(image.mirror(topic).orElseThrow().link(), link -> new HashSet<>())
                        .add(topic);
            }
        }
        triedMs.keySet().retainAll(byLink.keySet());
        byLink.forEach((link, topics) -> {
            if (isDue(link, topics) && running.putIfAbsent(link, topics) == null) {
                threads.execute(() -> run(image, image.link(link).orElseThrow(), topics));
            }
        });
    }

    /** What was not complete is tried again, but not all the time. */
    private boolean isDue(String link, Set<String> topics) {
        return !results.keySet().containsAll(topics)
                || time.milliseconds() - triedMs.getOrDefault(link, 0L) >= RETRY_MS;
    }

    /** Forgets everything: this broker does not coordinate. */
    void reset() {
        waitingSinceMs.clear();
        results.clear();
    }

    private static boolean isStopping(LinkImage image, String topic) {
        return image.mirror(topic)
                        .filter(mirror -> mirror.state() == MirrorState.PENDING_STOPPED
                                && mirror.stop().isFinal())
                        .isPresent()
                && image.mirror(topic)
                        .flatMap(mirror -> image.link(mirror.link()))
                        .isPresent();
    }

    /** One kind of groups may take up the time of all but for what the next one needs at least. */
    private Duration left(Duration timeout, long beganMs) {
        return Duration.ofMillis(Math.max(MIN_SOURCE_TIMEOUT_MS, timeout.toMillis() - (time.milliseconds() - beganMs)));
    }

    private void run(LinkImage image, LinkRecord link, Set<String> topics) {
        try {
            LinkConfig config = configs.resolve(link);
            if (!config.getBoolean(LinkConfig.OFFSET_SYNC_ENABLE)) {
                topics.forEach(topic -> results.put(topic, new LastSync("", true)));
                return;
            }
            boolean promotes = topics.stream().anyMatch(topic -> image.mirror(topic)
                    .filter(mirror -> mirror.stop() == StopMode.PROMOTE)
                    .isPresent());
            SyncContext context = new SyncContext(image, link, config, sources.of(link));
            Duration timeout = promotes ? PROMOTE_SOURCE_TIMEOUT : FAILOVER_SOURCE_TIMEOUT;
            // What stays open at the source, say a transaction, is waited for once; then its positions of before count.
            boolean first = !results.keySet().containsAll(topics);
            long beganMs = time.milliseconds();
            Map<String, LastSync> found = new HashMap<>();
            for (LastTask task : tasks) {
                Optional<LastRead> read = config.paused()
                        ? Optional.empty()
                        : Optional.of(new LastRead(first, promotes, left(timeout, beganMs)));
                task.finish(context, topics, read).forEach((topic, last) -> found.merge(topic, last, LastSync::and));
            }
            results.putAll(found);
        } catch (LinkException e) {
            LOG.info("Link {}: the last sync of consumer groups failed, trying again: {}", link.link(), e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("Link {}: the last sync of consumer groups failed; trying again", link.link(), e);
        } finally {
            triedMs.put(link.link(), time.milliseconds());
            running.remove(link.link());
        }
    }
}
