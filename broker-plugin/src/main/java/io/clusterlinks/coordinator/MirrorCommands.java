// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.coordinator.Command.CreateMirror;
import io.clusterlinks.coordinator.Command.SetMirrorState;
import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.DesiredState;
import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.RetiredRecord;
import io.clusterlinks.protocol.record.StateRecord;
import io.clusterlinks.source.SourceTopic;
import io.clusterlinks.state.LinkConfigResolver;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.LinkImage.Change;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Time;

/** Creates mirror topics and changes what is wanted of them. */
final class MirrorCommands {
    private static final Duration SOURCE_TIMEOUT = Duration.ofSeconds(6);

    private final LocalBroker broker;
    private final StateWriter writer;
    private final SourceAdmins sources;
    private final LinkConfigResolver configs;
    private final MirrorCreation creation;
    private final Executor workers;
    private final Time time;
    private final Map<CreateMirror, CompletableFuture<Void>> underWay = new ConcurrentHashMap<>();

    MirrorCommands(
            LocalBroker broker,
            StateWriter writer,
            SourceAdmins sources,
            LinkConfigResolver configs,
            MirrorCreation creation,
            Executor workers,
            Time time) {
        this.broker = broker;
        this.writer = writer;
        this.sources = sources;
        this.configs = configs;
        this.creation = creation;
        this.workers = workers;
        this.time = time;
    }

    /**
     * Creates a mirror: everything that can be refused is refused before anything is written. Completes when the topic
     * exists and every live broker keeps clients from writing to it. A command whose answer was lost comes again: what
     * is there just as it asks for is what was asked for.
     */
    CompletableFuture<Void> create(CreateMirror command, boolean validateOnly) {
        if (validateOnly) {
            return createNow(command, true);
        }
        CompletableFuture<Void> done = new CompletableFuture<>();
        CompletableFuture<Void> before = underWay.putIfAbsent(command, done);
        if (before != null) {
            return before.copy();
        }
        CompletableFuture<Void> creation;
        try {
            creation = createNow(command, false);
        } catch (RuntimeException e) {
            creation = CompletableFuture.failedFuture(e);
        }
        creation.whenComplete((nothing, failure) -> {
            underWay.remove(command);
            if (failure == null) {
                done.complete(null);
            } else {
                done.completeExceptionally(MirrorCreation.asLinkException(failure));
            }
        });
        return done.copy();
    }

    private CompletableFuture<Void> createNow(CreateMirror command, boolean validateOnly) {
        LinkImage image = writer.image();
        LinkRecord link = image.link(command.link()).orElseThrow(() -> LinkCommands.unknown(command.link()));
        Optional<MirrorRecord> repeated =
                image.mirror(command.topic()).filter(there -> isRepeated(link, command, there));
        if (repeated.isPresent()) {
            return creation.join(image, repeated.get());
        }
        checkFree(image, link, command.topic());
        CompletableFuture<MirrorRecord> plan = CompletableFuture.supplyAsync(() -> plan(link, command), workers)
                .thenApply(mirror -> checkOnce(image, mirror))
                .thenCompose(mirror -> creation.validate(mirror).thenApply(valid -> mirror));
        if (validateOnly) {
            return plan.thenApply(mirror -> null);
        }
        return plan.thenCompose(mirror -> creation.start(mirror, now -> {
            LinkRecord current = now.link(command.link()).orElseThrow(() -> LinkCommands.unknown(command.link()));
            checkFree(now, current, mirror.topic());
            return creation(now, checkOnce(now, mirror));
        }));
    }

    /** Whether {@code there} is what {@code command} asks for, and follows or is about to. */
    private boolean isRepeated(LinkRecord link, CreateMirror command, MirrorRecord there) {
        if (!there.link().equals(link.link())
                || (there.state() != MirrorState.INITIALIZING && there.state() != MirrorState.ACTIVE)) {
            return false;
        }
        LinkConfig config = configs.resolve(link);
        return there.sourceTopic()
                        .equals(command.sourceTopic().orElseGet(() -> withoutPrefix(link, config, command.topic())))
                && there.replicationFactor() == command.replicationFactor()
                && there.startOffsetSpec().equals(startOffsetSpec(command, config))
                && there.configs().entrySet().containsAll(command.configs().entrySet());
    }

    private static String startOffsetSpec(CreateMirror command, LinkConfig config) {
        return command.startOffsetSpec().orElse(config.getString(LinkConfig.START_OFFSET_SPEC));
    }

    /** A link fetches each source topic once: a second mirror of it would get no records. */
    private static MirrorRecord checkOnce(LinkImage image, MirrorRecord wanted) {
        image.mirrorsOf(wanted.link())
                .filter(mirror -> mirror.sourceTopic().equals(wanted.sourceTopic()))
                .filter(mirror -> mirror.state() != MirrorState.STOPPED)
                .findFirst()
                .ifPresent(mirror -> {
                    throw new LinkException(
                            Errors.TOPIC_ALREADY_EXISTS,
                            "Source topic '" + wanted.sourceTopic() + "' is mirrored over link '" + wanted.link()
                                    + "' already, as '" + mirror.topic() + "'. Use another link for a second mirror.");
                });
        return wanted;
    }

    /** Who asks for a mirror wants it back, whatever was done away with before. */
    private static List<Change> creation(LinkImage image, MirrorRecord mirror) {
        RetiredRecord retired = image.retired(mirror.link()).get(mirror.sourceTopic());
        return retired == null
                ? List.of(Change.put(mirror))
                : List.of(Change.put(mirror), Change.delete(retired.key()));
    }

    private void checkFree(LinkImage image, LinkRecord link, String topic) {
        if (link.deleting()) {
            throw LinkException.invalid("Link '" + link.link() + "' is being deleted.");
        }
        LinkResource.validateTopicName(topic);
        if (LinkResource.isReserved(topic) || Topic.isInternal(topic)) {
            throw new LinkException(
                    Errors.INVALID_TOPIC_EXCEPTION, "Topic name '" + topic + "' is reserved; use another.");
        }
        image.mirror(topic).ifPresent(mirror -> {
            throw new LinkException(
                    Errors.DUPLICATE_RESOURCE,
                    "Topic '" + topic + "' is already a mirror over link '" + mirror.link() + "' (" + mirror.state()
                            + ").");
        });
        if (broker.cluster().topic(topic).isPresent()) {
            throw new LinkException(
                    Errors.TOPIC_ALREADY_EXISTS,
                    "Topic '" + topic + "' exists in this cluster and is no mirror. Delete it, or mirror under another"
                            + " name with --topic NAME --source-topic " + topic + ".");
        }
    }

    private MirrorRecord plan(LinkRecord link, CreateMirror command) {
        LinkConfig config = configs.resolve(link);
        String sourceName = command.sourceTopic().orElseGet(() -> withoutPrefix(link, config, command.topic()));
        SourceTopic source = sources.of(link).topic(sourceName, SOURCE_TIMEOUT);
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
                startOffsetSpec(command, config),
                MirrorState.INITIALIZING,
                StopMode.NONE,
                null,
                null,
                time.milliseconds(),
                List.of());
    }

    private static String withoutPrefix(LinkRecord link, LinkConfig config, String topic) {
        String prefix = config.prefix();
        if (!topic.startsWith(prefix) || topic.length() == prefix.length()) {
            throw LinkException.invalid("Mirrors of link '" + link.link() + "' are named with its prefix '" + prefix
                    + "': use --topic " + prefix + topic + ", or name the source with --source-topic.");
        }
        return topic.substring(prefix.length());
    }

    /** Changes what is wanted of a mirror. Completes when the wish is durable. */
    CompletableFuture<Void> setState(SetMirrorState command, boolean validateOnly) {
        decide(writer.image(), command);
        return validateOnly
                ? CompletableFuture.completedFuture(null)
                : writer.commit(image -> decide(image, command)).thenApply(image -> null);
    }

    private List<Change> decide(LinkImage image, SetMirrorState command) {
        LinkRecord link = image.link(command.link()).orElseThrow(() -> LinkCommands.unknown(command.link()));
        MirrorRecord mirror = image.mirror(command.topic())
                .filter(candidate -> candidate.link().equals(link.link()))
                .orElseThrow(() -> unknown(command.link(), command.topic()));
        if (command.desired() == DesiredState.PROMOTED && configs.resolve(link).paused()) {
            throw new LinkException(
                    Errors.POLICY_VIOLATION,
                    "Link '" + link.link() + "' is paused, so mirror topic '" + mirror.topic()
                            + "' cannot become level with its source. Resume the link first, or fail the mirror over.");
        }
        return MirrorTransitions.setDesired(image, mirror, command.desired(), time.milliseconds());
    }

    static LinkException unknown(String link, String topic) {
        return LinkException.notFound("Topic '" + topic + "' is no mirror over link '" + link
                + "'. List the mirrors there are: kafka-cluster-links.sh mirrors list.");
    }
}
