// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.host.ClusterView;
import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.TaskItem;
import io.clusterlinks.state.LinkImage;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Mirrors new topics of the source without being asked for each. */
public final class TopicDiscovery implements SyncTask {
    private static final Logger LOG = LoggerFactory.getLogger(TopicDiscovery.class);
    private static final Duration SOURCE_TIMEOUT = Duration.ofSeconds(10);

    private final LocalBroker broker;
    private final Supplier<LinkImage> newest;
    private final Creator creator;
    private final Map<String, NewMirrors> mirrors = new ConcurrentHashMap<>();

    /** Creates a mirror as if an operator had asked for it. */
    @FunctionalInterface
    public interface Creator {
        CompletableFuture<Void> create(String link, String topic, String sourceTopic);
    }

    /**
     * @param newest the newest image; fails where this broker does not coordinate
     */
    public TopicDiscovery(LocalBroker broker, Supplier<LinkImage> newest, Creator creator) {
        this.broker = broker;
        this.newest = newest;
        this.creator = creator;
    }

    @Override
    public String name() {
        return "topic.discovery";
    }

    @Override
    public OptionalLong intervalMs(LinkConfig config) {
        return config.getBoolean(LinkConfig.AUTO_CREATE_ENABLE)
                ? OptionalLong.of(config.getLong(LinkConfig.METADATA_MAX_AGE_MS))
                : OptionalLong.empty();
    }

    @Override
    public TaskOutcome run(SyncContext context) {
        String link = context.link().link();
        Set<String> topics = context.source().topics(SOURCE_TIMEOUT);
        DiscoveryPlan plan = plan(context, topics, Set.of());
        if (!plan.create().isEmpty() || !plan.conflicts().isEmpty()) {
            // Asked after the list: whatever mirror is in the list is known as one by now.
            plan = plan(context, topics, context.source().mirrors(SOURCE_TIMEOUT));
        }
        context.requireSource(SOURCE_TIMEOUT);
        TaskOutcome.Counter counter = new TaskOutcome.Counter();
        counter.items(plan.taking());
        create(context, plan.create(), counter);
        for (TaskItem conflict : plan.conflicts()) {
            counter.trouble(conflict.item(), conflict.state(), conflict.message());
        }
        if (topics.isEmpty()) {
            counter.trouble(
                    name(),
                    "NOT_AUTHORIZED",
                    "No topic is seen at the source; the link's principal needs the ACL DESCRIBE on the TOPICs there"
                            + " that are to be mirrored.");
        }
        if (!plan.chained().isEmpty()) {
            counter.note(plan.chained().size() + " topics are mirrors at the source and left out, for example '"
                    + plan.chained().iterator().next() + "'; name one in a LITERAL filter of "
                    + LinkConfig.AUTO_CREATE_FILTERS + " to mirror it.");
        }
        return counter.outcome();
    }

    private DiscoveryPlan plan(SyncContext context, Set<String> topics, Set<String> mirrorsThere) {
        ClusterView cluster = broker.cluster();
        return DiscoveryPlan.of(
                newest.get(), context.link().link(), context.config(), topics, mirrorsThere, name -> cluster.topic(name)
                        .isPresent());
    }

    private void create(SyncContext context, Map<String, String> sourceTopics, TaskOutcome.Counter counter) {
        String link = context.link().link();
        mirrors.computeIfAbsent(link, name -> new NewMirrors())
                .create(
                        sourceTopics.keySet(),
                        topic -> create(link, topic, sourceTopics.get(topic)),
                        // A link that was altered meanwhile may want other topics, or none; it is looked at again at
                        // once.
                        () -> newest.get().link(link).equals(Optional.of(context.link())),
                        counter);
    }

    private CompletableFuture<Void> create(String link, String topic, String sourceTopic) {
        LOG.info("Link {}: mirroring new topic {} as {}", link, sourceTopic, topic);
        try {
            return creator.create(link, topic, sourceTopic);
        } catch (LinkException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    @Override
    public void forget(String link) {
        mirrors.remove(link);
    }
}
