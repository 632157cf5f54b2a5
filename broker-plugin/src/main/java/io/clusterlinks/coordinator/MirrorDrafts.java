// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.coordinator.Command.CreateMirror;
import io.clusterlinks.host.ClusterView;
import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.StateRecord;
import io.clusterlinks.source.SourceTopic;
import io.clusterlinks.state.LinkConfigResolver;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Time;

/** Makes out of what an operator asks for, and of what the source has, the record of a new mirror. */
final class MirrorDrafts {
    private static final Duration SOURCE_TIMEOUT = Duration.ofSeconds(6);
    /** A cluster that has just answered, or not, is asked which one it is. */
    private static final Duration IDENTITY_TIMEOUT = Duration.ofSeconds(2);

    private final LocalBroker broker;
    private final SourceAdmins sources;
    private final LinkConfigResolver configs;
    private final Time time;

    MirrorDrafts(LocalBroker broker, SourceAdmins sources, LinkConfigResolver configs, Time time) {
        this.broker = broker;
        this.sources = sources;
        this.configs = configs;
        this.time = time;
    }

    /** The record of a mirror that is being created; asks the source, and whether it still is that. Blocking. */
    MirrorRecord draft(LinkRecord link, CreateMirror command) {
        try {
            MirrorRecord mirror = ask(link, command);
            sources.of(link).requireCluster(link.sourceClusterId(), IDENTITY_TIMEOUT);
            return mirror;
        } catch (LinkException e) {
            throw sources.of(link).reason(e, link.sourceClusterId(), IDENTITY_TIMEOUT);
        }
    }

    private MirrorRecord ask(LinkRecord link, CreateMirror command) {
        LinkConfig config = configs.resolve(link);
        String sourceName = command.sourceTopic().orElseGet(() -> withoutPrefix(link, config, command.topic()));
        long deadlineNs = System.nanoTime() + SOURCE_TIMEOUT.toNanos();
        SourceTopic source = sources.of(link).topic(sourceName, SOURCE_TIMEOUT);
        if (command.adopt()) {
            return adopted(link, command.topic(), config, source);
        }
        Map<String, String> topicConfigs = new HashMap<>(source.configs());
        topicConfigs.keySet().retainAll(config.syncedTopicConfigs());
        command.configs().forEach((key, value) -> {
            if (config.syncedTopicConfigs().contains(key)) {
                throw LinkException.invalidConfig("Topic config '" + key + "' of mirror '" + command.topic()
                        + "' follows the source. Exclude it from the link first: "
                        + LinkConfig.TOPIC_CONFIG_SYNC_EXCLUDE
                        + ".");
            }
            topicConfigs.put(key, value);
        });
        String startOffsetSpec = startOffsetSpec(command, config);
        return new MirrorRecord(
                StateRecord.VERSION,
                link.link(),
                command.topic(),
                sourceName,
                null,
                source.id(),
                source.partitions(),
                source.partitions(),
                command.replicationFactor(),
                topicConfigs,
                startOffsetSpec,
                startOffsets(link, source, startOffsetSpec, deadlineNs),
                false,
                MirrorState.INITIALIZING,
                StopMode.NONE,
                null,
                null,
                time.milliseconds(),
                List.of());
    }

    /** Whether {@code there} is what {@code command} asks for, and follows or is about to. */
    boolean isRepeated(LinkRecord link, CreateMirror command, MirrorRecord there) {
        if (!there.link().equals(link.link())
                || there.adopted() != command.adopt()
                || (there.state() != MirrorState.INITIALIZING && there.state() != MirrorState.ACTIVE)) {
            return false;
        }
        LinkConfig config = configs.resolve(link);
        String source = command.sourceTopic().orElseGet(() -> withoutPrefix(link, config, command.topic()));
        return there.sourceTopic().equals(source)
                && (command.adopt()
                        || (there.replicationFactor() == command.replicationFactor()
                                && there.startOffsetSpec().equals(startOffsetSpec(command, config))
                                && there.configs()
                                        .entrySet()
                                        .containsAll(command.configs().entrySet())));
    }

    private static String startOffsetSpec(CreateMirror command, LinkConfig config) {
        return command.startOffsetSpec().orElse(config.getString(LinkConfig.START_OFFSET_SPEC));
    }

    /** A topic that is here, with its own configs as those that were synced last: the source's are set where they differ. */
    private MirrorRecord adopted(LinkRecord link, String topic, LinkConfig config, SourceTopic source) {
        ClusterView cluster = broker.cluster();
        int here = cluster.topic(topic)
                .map(view -> view.partitions().size())
                .orElseThrow(() -> LinkException.invalid("Topic '" + topic + "' was deleted meanwhile."));
        if (here > source.partitions()) {
            throw LinkException.invalid("Topic '" + topic + "' has " + here + " partitions and '" + source.name()
                    + "' at the source " + source.partitions() + "; it is no copy and cannot be adopted.");
        }
        Map<String, String> topicConfigs = new HashMap<>(cluster.topicConfigs(topic));
        topicConfigs.keySet().retainAll(config.syncedTopicConfigs());
        return new MirrorRecord(
                StateRecord.VERSION,
                link.link(),
                topic,
                source.name(),
                null,
                source.id(),
                source.partitions(),
                here,
                (short) -1,
                topicConfigs,
                LinkConfig.EARLIEST,
                List.of(),
                true,
                MirrorState.INITIALIZING,
                StopMode.NONE,
                null,
                null,
                time.milliseconds(),
                List.of());
    }

    /** Resolved before the creation is answered: what the source takes after that belongs to the mirror. */
    private List<Long> startOffsets(LinkRecord link, SourceTopic source, String spec, long deadlineNs) {
        if (spec.equals(LinkConfig.EARLIEST)) {
            return List.of();
        }
        List<TopicPartition> partitions = IntStream.range(0, source.partitions())
                .mapToObj(id -> new TopicPartition(source.name(), id))
                .toList();
        Duration left = Duration.ofNanos(Math.max(1_000_000, deadlineNs - System.nanoTime()));
        Map<TopicPartition, Long> offsets = sources.of(link).startOffsets(Set.copyOf(partitions), spec, left);
        return partitions.stream().map(offsets::get).toList();
    }

    private static String withoutPrefix(LinkRecord link, LinkConfig config, String topic) {
        String prefix = config.prefix();
        if (!topic.startsWith(prefix) || topic.length() == prefix.length()) {
            throw LinkException.invalid("Mirrors of link '" + link.link() + "' are named with its prefix '" + prefix
                    + "': use --topic " + prefix + topic + ", or name the source with --source-topic.");
        }
        return topic.substring(prefix.length());
    }
}
