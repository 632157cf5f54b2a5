// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.coordinator.Command.CreateMirror;
import io.clusterlinks.coordinator.Command.RepairMirror;
import io.clusterlinks.coordinator.Command.SetMirrorState;
import io.clusterlinks.host.ClusterView.PartitionView;
import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.DesiredState;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.RetiredRecord;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.LinkImage.Change;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Time;

/** Creates mirror topics and changes what is wanted of them. */
final class MirrorCommands {
    private final LocalBroker broker;
    private final StateWriter writer;
    private final SilentBrokers silent;
    private final MirrorDrafts drafts;
    private final MirrorCreation creation;
    private final LinkThreads workers;
    private final Time time;
    private final Map<CreateMirror, CompletableFuture<Void>> underWay = new ConcurrentHashMap<>();

    MirrorCommands(
            LocalBroker broker,
            StateWriter writer,
            SilentBrokers silent,
            MirrorDrafts drafts,
            MirrorCreation creation,
            LinkThreads workers,
            Time time) {
        this.broker = broker;
        this.writer = writer;
        this.silent = silent;
        this.drafts = drafts;
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
        } catch (Throwable e) {
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
                image.mirror(command.topic()).filter(there -> drafts.isRepeated(link, command, there));
        if (repeated.isPresent()) {
            return repeat(image, command, repeated.get(), validateOnly);
        }
        check(image, link, command);
        CompletableFuture<MirrorRecord> plan = CompletableFuture.supplyAsync(
                        () -> drafts.draft(link, command), workers.of(command.link()))
                .thenApply(mirror -> checkOnce(image, mirror))
                .thenCompose(mirror -> validate(mirror).thenApply(valid -> mirror));
        if (validateOnly) {
            return plan.thenApply(mirror -> null);
        }
        return plan.thenCompose(mirror -> creation.start(mirror, now -> {
            LinkRecord current = now.link(command.link()).orElseThrow(() -> LinkCommands.unknown(command.link()));
            check(now, current, command);
            return creation(now, checkOnce(now, mirror));
        }));
    }

    private CompletableFuture<Void> repeat(
            LinkImage image, CreateMirror command, MirrorRecord there, boolean validateOnly) {
        if (there.topicId() == null) {
            return creation.join(image, there);
        }
        return creation.isThere(there).thenCompose(exists -> {
            if (validateOnly) {
                return CompletableFuture.completedFuture(null);
            }
            return exists
                    ? writer.confirm(now -> List.of()).thenApply(now -> null)
                    : endGone(there).thenCompose(ended -> createNow(command, false));
        });
    }

    /** Who deleted its topic and wants the mirror back does not have to wait until it is known to have ended. */
    private CompletableFuture<LinkImage> endGone(MirrorRecord gone) {
        return writer.commit(image -> image.mirror(gone.topic())
                .filter(now -> gone.topicId().equals(now.topicId()))
                .map(now -> MirrorTransitions.retire(image, now, time.milliseconds()))
                .orElse(List.of()));
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

    private CompletableFuture<Void> validate(MirrorRecord mirror) {
        return mirror.adopted() ? CompletableFuture.completedFuture(null) : creation.validate(mirror);
    }

    /** Who asks for a mirror wants it back, whatever was done away with before; what an earlier one left is void. */
    private static List<Change> creation(LinkImage image, MirrorRecord mirror) {
        List<Change> changes = new ArrayList<>();
        changes.add(Change.put(mirror));
        image.partitions(mirror.topic()).values().forEach(partition -> changes.add(Change.delete(partition.key())));
        RetiredRecord retired = image.retired(mirror.link()).get(mirror.sourceTopic());
        if (retired != null) {
            changes.add(Change.delete(retired.key()));
        }
        return changes;
    }

    private void check(LinkImage image, LinkRecord link, CreateMirror command) {
        if (link.deleting()) {
            throw LinkException.invalid("Link '" + link.link() + "' is being deleted.");
        }
        String topic = command.topic();
        LinkResource.validateTopicName(topic);
        if (LinkResource.isReserved(topic) || Topic.isInternal(topic)) {
            throw new LinkException(
                    Errors.INVALID_TOPIC_EXCEPTION, "Topic name '" + topic + "' is reserved; use another.");
        }
        image.mirror(topic)
                .filter(mirror -> !command.adopt() || mirror.state() != MirrorState.STOPPED)
                .ifPresent(mirror -> {
                    throw new LinkException(
                            Errors.DUPLICATE_RESOURCE,
                            "Topic '" + topic + "' is already a mirror over link '" + mirror.link() + "' ("
                                    + mirror.state() + ")." + remedy(mirror));
                });
        boolean exists = broker.cluster().topic(topic).isPresent();
        if (exists && !command.adopt()) {
            throw new LinkException(
                    Errors.TOPIC_ALREADY_EXISTS,
                    "Topic '" + topic + "' exists in this cluster and is no mirror. Delete it, or adopt it (--adopt) if"
                            + " it is a copy of the source's, or mirror under another name with --topic NAME"
                            + " --source-topic " + topic + ".");
        }
        if (!exists && command.adopt()) {
            throw new LinkException(
                    Errors.UNKNOWN_TOPIC_OR_PARTITION,
                    "Topic '" + topic + "' does not exist in this cluster, so that it cannot be adopted; create the"
                            + " mirror without --adopt.");
        }
    }

    private static String remedy(MirrorRecord mirror) {
        return mirror.state() == MirrorState.STOPPED
                ? " It is an ordinary topic now: adopt it (--adopt) if its log equals the source's, or delete it first."
                : "";
    }

    /** Changes what is wanted of a mirror. Completes when the wish is durable. */
    CompletableFuture<Void> setState(SetMirrorState command, boolean validateOnly) {
        decide(writer.image(), command);
        return validateOnly
                ? CompletableFuture.completedFuture(null)
                : writer.confirm(image -> decide(image, command)).thenApply(image -> null);
    }

    /** Has failed partitions try again, and a paused mirror follow. Completes when that is durable. */
    CompletableFuture<Void> repair(RepairMirror command, boolean validateOnly) {
        decide(writer.image(), command);
        return validateOnly
                ? CompletableFuture.completedFuture(null)
                : writer.confirm(image -> decide(image, command)).thenApply(image -> null);
    }

    private List<Change> decide(LinkImage image, RepairMirror command) {
        MirrorRecord mirror = mirror(image, command.link(), command.topic());
        List<Change> changes =
                new ArrayList<>(MirrorTransitions.setDesired(image, mirror, DesiredState.ACTIVE, time.milliseconds()));
        changes.addAll(PartitionTransitions.repair(image, mirror.topic()));
        return changes;
    }

    private static MirrorRecord mirror(LinkImage image, String link, String topic) {
        String known =
                image.link(link).orElseThrow(() -> LinkCommands.unknown(link)).link();
        return image.mirror(topic)
                .filter(candidate -> candidate.link().equals(known))
                .orElseThrow(() -> unknown(link, topic));
    }

    private List<Change> decide(LinkImage image, SetMirrorState command) {
        MirrorRecord mirror = mirror(image, command.link(), command.topic());
        LinkRecord link = image.link(command.link()).orElseThrow();
        if (command.desired() == DesiredState.PROMOTED && Describer.isPaused(link)) {
            throw new LinkException(
                    Errors.POLICY_VIOLATION,
                    "Link '" + link.link() + "' is paused, so mirror topic '" + mirror.topic()
                            + "' cannot become level with its source. Resume the link first, or fail the mirror over.");
        }
        if (command.desired() == DesiredState.PROMOTED) {
            checkProtected(mirror);
        }
        return MirrorTransitions.setDesired(image, mirror, command.desired(), time.milliseconds());
    }

    /** What clients wrote to a mirror past the fence would be taken for a part of the copy. */
    private void checkProtected(MirrorRecord mirror) {
        List<Integer> leaders = broker.cluster().topic(mirror.topic()).stream()
                .flatMap(topic -> topic.partitions().stream())
                .map(PartitionView::leader)
                .filter(silent.ids()::contains)
                .distinct()
                .sorted()
                .toList();
        if (!leaders.isEmpty()) {
            throw new LinkException(
                    Errors.POLICY_VIOLATION,
                    "Mirror topic '" + mirror.topic() + "' cannot become level with its source: "
                            + SilentBrokers.warning(leaders));
        }
    }

    static LinkException unknown(String link, String topic) {
        return LinkException.notFound("Topic '" + topic + "' is no mirror over link '" + link
                + "'. List the mirrors there are: kafka-cluster-links.sh mirrors list.");
    }
}
