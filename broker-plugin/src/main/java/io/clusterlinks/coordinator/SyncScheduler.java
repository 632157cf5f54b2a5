// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.state.LinkConfigResolver;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.sync.TopicSync;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.apache.kafka.common.utils.Time;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs the periodic tasks of each link when they are due, one at a time per link, so that no source delays another. */
final class SyncScheduler {
    private static final Logger LOG = LoggerFactory.getLogger(SyncScheduler.class);

    /** Pause after a link whose configs cannot even be read on this broker. */
    private static final long RETRY_MS = 5_000;

    private final TopicSync topics;
    private final SourceAdmins sources;
    private final LinkConfigResolver configs;
    private final Executor threads;
    private final Time time;
    private final Map<String, Long> nextRunMs = new ConcurrentHashMap<>();
    private final Set<String> running = ConcurrentHashMap.newKeySet();

    SyncScheduler(TopicSync topics, SourceAdmins sources, LinkConfigResolver configs, Executor threads, Time time) {
        this.topics = topics;
        this.sources = sources;
        this.configs = configs;
        this.threads = threads;
        this.time = time;
    }

    /** Starts what is due; on the event thread, while coordinating. */
    void tick(LinkImage image) {
        nextRunMs.keySet().removeIf(link -> image.link(link).isEmpty());
        for (LinkRecord link : image.links()) {
            long now = time.milliseconds();
            if (now >= nextRunMs.getOrDefault(link.link(), 0L) && running.add(link.link())) {
                nextRunMs.put(link.link(), Long.MAX_VALUE);
                threads.execute(() -> run(image, link));
            }
        }
    }

    private void run(LinkImage image, LinkRecord link) {
        long intervalMs = RETRY_MS;
        try {
            LinkConfig config = configs.resolve(link);
            intervalMs = config.getLong(LinkConfig.TOPIC_CONFIG_SYNC_MS);
            if (!link.deleting() && !config.paused()) {
                topics.run(image, link, config, sources.of(link));
            }
        } catch (LinkException e) {
            LOG.info("Link {}: configs and partitions were not compared: {}", link.link(), e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("Link {}: comparing configs and partitions failed; trying again", link.link(), e);
        } finally {
            nextRunMs.put(link.link(), time.milliseconds() + intervalMs);
            running.remove(link.link());
        }
    }
}
