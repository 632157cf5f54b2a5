// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.host.ClusterView.TopicView;
import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.LinkImage.Change;
import io.clusterlinks.state.StateCommitter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Time;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a mirror from INITIALIZING to ACTIVE: waits until every live broker would refuse writes to the topic, and only
 * then creates it, or has the one that is here compared with the source. If that fails the mirror ends; nothing half made stays behind. A coordinator that dies in between is
 * followed by one that goes on from the record.
 */
final class MirrorCreation {
    private static final Logger LOG = LoggerFactory.getLogger(MirrorCreation.class);

    private static final long RETRY_MS = 1_000;

    /** Answers after which the topic certainly was not created by the request. */
    private static final Set<Errors> REFUSALS = Set.of(
            Errors.POLICY_VIOLATION,
            Errors.INVALID_REPLICATION_FACTOR,
            Errors.INVALID_PARTITIONS,
            Errors.INVALID_CONFIG,
            Errors.INVALID_TOPIC_EXCEPTION,
            Errors.INVALID_REQUEST,
            Errors.TOPIC_AUTHORIZATION_FAILED,
            Errors.CLUSTER_AUTHORIZATION_FAILED,
            Errors.TOPIC_ALREADY_EXISTS);

    private final LocalBroker broker;
    private final StateCommitter writer;
    private final BrokerReports reports;
    private final TopicCreator topics;
    private final Time time;
    /** Creations by topic, until they are done and, if they failed, may be tried again. */
    private final Map<String, CompletableFuture<Void>> underWay = new ConcurrentHashMap<>();

    MirrorCreation(LocalBroker broker, StateCommitter writer, BrokerReports reports, TopicCreator topics, Time time) {
        this.broker = broker;
        this.writer = writer;
        this.reports = reports;
        this.topics = topics;
        this.time = time;
    }

    CompletableFuture<Void> validate(MirrorRecord mirror) {
        return topics.validate(mirror);
    }

    /** Writes the record of a new mirror, as {@code decision} allows it, and creates its topic. */
    CompletableFuture<Void> start(MirrorRecord mirror, StateCommitter.Decision decision) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        // One that has failed only keeps the reconciler from trying again at once.
        if (underWay.merge(mirror.topic(), done, (now, next) -> now.isDone() ? next : now) != done) {
            throw new LinkException(
                    Errors.TOPIC_ALREADY_EXISTS,
                    "Mirror topic '" + mirror.topic() + "' is being created by another command.");
        }
        begin(mirror.topic(), done, () -> writer.commit(decision)
                .thenCompose(image -> finish(mirror, image.nextOffset())));
        return done;
    }

    private void begin(String topic, CompletableFuture<Void> done, Supplier<CompletableFuture<Void>> creation) {
        try {
            creation.get().whenComplete((nothing, failure) -> release(topic, done, failure));
        } catch (Throwable e) {
            release(topic, done, e);
        }
    }

    /** A failed attempt is not repeated at once. */
    private void release(String topic, CompletableFuture<Void> done, Throwable failure) {
        if (failure == null) {
            underWay.remove(topic, done);
            done.complete(null);
        } else {
            CompletableFuture.delayedExecutor(RETRY_MS, TimeUnit.MILLISECONDS)
                    .execute(() -> underWay.remove(topic, done));
            done.completeExceptionally(asLinkException(failure));
        }
    }

    /** Completes as the creation of {@code mirror} that is under way does. */
    CompletableFuture<Void> join(LinkImage image, MirrorRecord mirror) {
        resume(image, mirror);
        return underWay.getOrDefault(mirror.topic(), CompletableFuture.completedFuture(null));
    }

    /** Goes on with a creation that an earlier coordinator, or an earlier attempt, began; nothing if it is under way. */
    void resume(LinkImage image, MirrorRecord mirror) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        if (underWay.putIfAbsent(mirror.topic(), done) == null) {
            LOG.info("Going on to create mirror topic {}", mirror.topic());
            begin(mirror.topic(), done, () -> finish(mirror, image.nextOffset()));
        }
    }

    /**
     * Whether the topic of a mirror exists, which somebody may have deleted a moment ago. The controller is asked, for this
     * broker may hear late of both, and it is gone only if both say so. Fails where that is not to be told.
     */
    CompletableFuture<Boolean> isThere(MirrorRecord mirror) {
        return topics.validate(mirror)
                .handle((nothing, failure) -> isThere(mirror, failure == null ? null : asLinkException(failure)));
    }

    /** Given why the controller would not create a topic of that name; null if it would. */
    private boolean isThere(MirrorRecord mirror, LinkException refusal) {
        Optional<String> id =
                broker.cluster().topic(mirror.topic()).map(topic -> topic.id().toString());
        boolean known = id.equals(Optional.of(mirror.topicId()));
        if (refusal == null) {
            return orUnclear(mirror, !known, false);
        }
        if (refusal.error() == Errors.TOPIC_ALREADY_EXISTS) {
            return orUnclear(mirror, known || id.isEmpty(), true);
        }
        if (!known) {
            throw refusal;
        }
        return true;
    }

    private static boolean orUnclear(MirrorRecord mirror, boolean clear, boolean answer) {
        if (!clear) {
            throw LinkException.unavailable(
                    "Topic '" + mirror.topic()
                            + "' is not the one any more that was created for the mirror; repeat the command in a few seconds.");
        }
        return answer;
    }

    private CompletableFuture<Void> finish(MirrorRecord mirror, long offset) {
        return reports.awaitApplied(offset)
                .thenCompose(applied -> mirror.adopted() ? adopt(mirror) : topics.create(mirror))
                .exceptionally(failure -> adoptOrThrow(mirror, failure))
                .thenCompose(id -> writer.commit(image -> activate(image, mirror, id)))
                .handle((image, failure) -> failure)
                .thenCompose(failure ->
                        failure == null ? CompletableFuture.<Void>completedFuture(null) : undo(mirror, failure));
    }

    /** The topic that is here, which nobody can write to by now. */
    private CompletableFuture<Uuid> adopt(MirrorRecord mirror) {
        TopicView there = broker.cluster()
                .topic(mirror.topic())
                .orElseThrow(() -> LinkException.invalid("Topic '" + mirror.topic() + "' was deleted meanwhile."));
        if (there.partitions().size() != mirror.initialPartitions()) {
            throw LinkException.invalid(
                    "Topic '" + mirror.topic() + "' was given more partitions meanwhile; repeat the command.");
        }
        return CompletableFuture.completedFuture(there.id());
    }

    /**
     * A topic that exists was created by an earlier attempt whose answer was lost, for when the record was written there
     * was none. One of another shape came in between, as for a client that makes brokers create what it asks for. Were
     * one of this shape another's all the same it would hold records, and its partitions would fail to start for that.
     */
    private Uuid adoptOrThrow(MirrorRecord mirror, Throwable failure) {
        LinkException cause = asLinkException(failure);
        if (cause.error() != Errors.TOPIC_ALREADY_EXISTS) {
            throw cause;
        }
        TopicView there = broker.cluster()
                .topic(mirror.topic())
                .orElseThrow(() -> LinkException.unavailable(
                        "Topic '" + mirror.topic() + "' exists, but this broker has" + " not heard of it yet."));
        if (!hasShape(there, mirror)) {
            throw cause;
        }
        return there.id();
    }

    private static boolean hasShape(TopicView topic, MirrorRecord mirror) {
        return topic.partitions().size() == mirror.partitions()
                && (mirror.replicationFactor() < 0
                        || topic.partitions().stream()
                                .allMatch(partition -> partition.replicas().size() == mirror.replicationFactor()));
    }

    private List<Change> activate(LinkImage image, MirrorRecord mirror, Uuid id) {
        MirrorRecord now = image.mirror(mirror.topic())
                .filter(current -> current.topicId() == null)
                .orElseThrow(() -> LinkException.invalid(
                        "Mirror topic '" + mirror.topic() + "' was deleted while it was being created."));
        MirrorRecord created = now.withTopicId(id.toString());
        return List.of(Change.put(
                now.state() == MirrorState.INITIALIZING && !now.adopted()
                        ? created.withState(MirrorState.ACTIVE, null, time.milliseconds())
                        : created));
    }

    /**
     * Ends the mirror if its topic certainly does not exist, or is another's; otherwise the record stays, the fence with
     * it, and the reconciler tries again.
     */
    private CompletableFuture<Void> undo(MirrorRecord mirror, Throwable failure) {
        LinkException cause = asLinkException(failure);
        boolean created = !mirror.adopted()
                && broker.cluster()
                        .topic(mirror.topic())
                        .filter(topic -> hasShape(topic, mirror))
                        .isPresent();
        if (created || !REFUSALS.contains(cause.error())) {
            LOG.warn("Mirror topic {} is not created yet, trying again: {}", mirror.topic(), cause.getMessage());
            return CompletableFuture.failedFuture(cause);
        }
        LOG.warn("Could not create mirror topic {}: {}", mirror.topic(), cause.getMessage());
        return writer.commit(image -> image.mirror(mirror.topic())
                        .filter(now -> now.topicId() == null)
                        .map(now -> MirrorTransitions.endMirror(image, now))
                        .orElse(List.of()))
                .handle((image, undoFailure) -> {
                    throw cause;
                });
    }

    static LinkException asLinkException(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof LinkException link
                ? link
                : new LinkException(Errors.forException(cause), String.valueOf(cause.getMessage()), cause);
    }
}
