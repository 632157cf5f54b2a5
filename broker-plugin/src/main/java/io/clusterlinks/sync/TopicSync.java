// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.host.ClusterView;
import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkEvent;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.source.SourceTopic;
import io.clusterlinks.source.SourceTopics;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.LinkImage.Change;
import io.clusterlinks.state.StateCommitter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.utils.Time;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has mirror topics follow their source's configs and number of partitions. The number of partitions that should be is
 * written to the mirror's record first, so that whoever coordinates next finishes it; of configs, what has been applied,
 * afterwards. Each run compares anew and holds no state.
 */
public final class TopicSync implements SyncTask {
    private static final Logger LOG = LoggerFactory.getLogger(TopicSync.class);
    private static final Duration SOURCE_TIMEOUT = Duration.ofSeconds(10);

    private final LocalBroker broker;
    private final StateCommitter state;
    private final TopicChanges changes;
    private final Time time;

    public TopicSync(LocalBroker broker, StateCommitter state, Time time) {
        this.broker = broker;
        this.state = state;
        this.changes = new TopicChanges(broker.controller());
        this.time = time;
    }

    @Override
    public String name() {
        return "topics";
    }

    @Override
    public OptionalLong intervalMs(LinkConfig config) {
        return OptionalLong.of(config.getLong(LinkConfig.TOPIC_CONFIG_SYNC_MS));
    }

    /** What was changed at the source a moment before would never come. */
    @Override
    public boolean precedesPromotions() {
        return true;
    }

    @Override
    public TaskOutcome run(SyncContext context) {
        TaskOutcome.Counter counter = new TaskOutcome.Counter();
        Map<String, MirrorRecord> mirrors = context.image()
                .mirrorsOf(context.link().link())
                .filter(TopicSync::follows)
                .collect(Collectors.toMap(MirrorRecord::topic, mirror -> mirror));
        if (mirrors.isEmpty()) {
            return counter.outcome();
        }
        Set<String> names =
                mirrors.values().stream().map(MirrorRecord::sourceTopic).collect(Collectors.toSet());
        SourceTopics topics = context.source().describe(names, SOURCE_TIMEOUT);
        context.requireSource(SOURCE_TIMEOUT);
        Set<String> synced = context.config().syncedTopicConfigs();
        counter.items(mirrors.size());
        for (MirrorRecord mirror : mirrors.values()) {
            SourceTopic topic = topics.topics().get(mirror.sourceTopic());
            if (topics.failures().containsKey(mirror.sourceTopic())) {
                counter.trouble(
                        mirror.topic(), "NOT_AUTHORIZED", topics.failures().get(mirror.sourceTopic()));
            }
            // A topic that is gone or is another one is the data path's to report.
            if (topic != null && mirror.mayMirror(topic.id())) {
                follow(mirror, topic, synced, counter);
            }
        }
        return counter.outcome();
    }

    /** A promotion waits until all of the source is here: also the partitions that the source has just got. */
    private static boolean follows(MirrorRecord mirror) {
        return mirror.state() == MirrorState.ACTIVE
                || mirror.state() == MirrorState.PAUSED
                || mirror.stop() == MirrorRecord.StopMode.DRAIN;
    }

    private void follow(MirrorRecord mirror, SourceTopic source, Set<String> synced, TaskOutcome.Counter counter) {
        ClusterView cluster = broker.cluster();
        ClusterView.TopicView here = cluster.topic(mirror.topic()).orElse(null);
        if (here == null || !here.id().toString().equals(mirror.topicId())) {
            return;
        }
        Map<String, String> configs = cluster.topicConfigs(mirror.topic());
        TopicPlan plan = TopicPlan.of(mirror, source, synced, configs);
        boolean addsPartitions = here.partitions().size() < plan.partitions();
        if (!plan.changesRecord(mirror) && !plan.changesConfigs() && !addsPartitions) {
            return;
        }
        // Also where the record is right already: a coordinator that was deposed must not touch the topic, nor one
        // whose
        // mirror was stopped meanwhile.
        if (!attempt(mirror, counter, () -> Commits.commit(state, image -> begin(image, mirror, plan)))) {
            return;
        }
        // Each for itself: this cluster may refuse a config that the source allows.
        boolean added = addsPartitions && attempt(mirror, counter, () -> addPartitions(mirror, plan));
        boolean configured =
                plan.changesConfigs() && attempt(mirror, counter, () -> configure(mirror, plan, configs, counter));
        if (added || configured) {
            counter.changed(1);
        }
    }

    private static boolean attempt(MirrorRecord mirror, TaskOutcome.Counter counter, Runnable step) {
        try {
            step.run();
            return true;
        } catch (RuntimeException e) {
            LOG.warn(
                    "Mirror topic {} could not follow its source's configs and partitions; trying again",
                    mirror.topic(),
                    e);
            counter.trouble(mirror.topic(), "FAILED", String.valueOf(e.getMessage()));
            if (!isRefusal(e)) {
                counter.incomplete();
            }
            return false;
        }
    }

    private static boolean isRefusal(RuntimeException e) {
        return e instanceof LinkException failure && !(failure.error().exception() instanceof RetriableException);
    }

    private void addPartitions(MirrorRecord mirror, TopicPlan plan) {
        changes.addPartitions(mirror.topic(), plan.partitions());
        LOG.info("Mirror topic {}: {} partitions, as its source", mirror.topic(), plan.partitions());
    }

    private void configure(MirrorRecord mirror, TopicPlan plan, Map<String, String> here, TaskOutcome.Counter counter) {
        Map<String, String> refused = changes.configureWhatMayBe(mirror.topic(), plan.set(), plan.delete());
        LOG.info(
                "Mirror topic {}: set {}, unset {}, but for what was refused: {}",
                mirror.topic(),
                plan.set(),
                plan.delete(),
                refused);
        refused.forEach((key, why) -> counter.trouble(
                mirror.topic(),
                "FAILED",
                "'" + key + "' does not follow the source, for this cluster refuses it (" + why
                        + "); change it there, or name it in " + LinkConfig.TOPIC_CONFIG_SYNC_EXCLUDE + "."));
        Map<String, String> putBack = new TreeMap<>(plan.edited());
        putBack.keySet().removeAll(refused.keySet());
        if (!putBack.isEmpty()) {
            counter.trouble(
                    mirror.topic(),
                    "EDITED_HERE",
                    inWords(putBack) + " follow the source and were put back; change them there, or name them in "
                            + LinkConfig.TOPIC_CONFIG_SYNC_EXCLUDE + ".");
        }
        Commits.commit(state, image -> end(image, mirror, plan.configsWithout(refused.keySet(), here)));
    }

    /** The number of partitions is what should be; the configs stay as they are here until they are changed. */
    private List<Change> begin(LinkImage image, MirrorRecord seen, TopicPlan plan) {
        MirrorRecord now = current(image, seen)
                .filter(mirror -> mirror.configs().equals(seen.configs()))
                .orElseThrow(() -> LinkException.unavailable("It was changed meanwhile."));
        Map<String, String> configs = plan.changesConfigs() ? now.configs() : plan.configs();
        // Always written: only a write proves that this broker still coordinates.
        return List.of(Change.put(withEvent(now.following(plan.sourceTopicId(), configs, plan.partitions()), plan)));
    }

    /** What is recorded as being here and is not any more was edited here. */
    private static List<Change> end(LinkImage image, MirrorRecord seen, Map<String, String> configs) {
        return current(image, seen)
                .filter(mirror -> !mirror.configs().equals(configs))
                .map(mirror -> List.<Change>of(Change.put(mirror.following(null, configs, mirror.partitions()))))
                .orElse(List.of());
    }

    private static Optional<MirrorRecord> current(LinkImage image, MirrorRecord seen) {
        return image.mirror(seen.topic()).filter(mirror -> mirror.topicId().equals(seen.topicId()) && follows(mirror));
    }

    private MirrorRecord withEvent(MirrorRecord mirror, TopicPlan plan) {
        return plan.edited().isEmpty()
                ? mirror
                : mirror.withEvent(new LinkEvent(
                        time.milliseconds(),
                        -1,
                        "Topic configs were changed here and put back as they are at the source: "
                                + inWords(plan.edited()) + "."));
    }

    private static String inWords(Map<String, String> edits) {
        return edits.entrySet().stream()
                .map(edit -> edit.getKey() + " (" + edit.getValue() + ")")
                .collect(Collectors.joining(", "));
    }
}
