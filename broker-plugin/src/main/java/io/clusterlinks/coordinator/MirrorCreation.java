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
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Time;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a mirror from INITIALIZING to ACTIVE: waits until every live broker would refuse writes to the topic, and only
 * then creates it. If that fails the mirror ends; nothing half made stays behind. A coordinator that dies in between is
 * followed by one that goes on from the record.
 */
final class MirrorCreation {
    private static final Logger LOG = LoggerFactory.getLogger(MirrorCreation.class);

    private final LocalBroker broker;
    private final StateWriter writer;
    private final BrokerReports reports;
    private final TopicCreator topics;
    private final Time time;
    private final Set<String> underWay = ConcurrentHashMap.newKeySet();

    MirrorCreation(LocalBroker broker, StateWriter writer, BrokerReports reports, TopicCreator topics, Time time) {
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
        if (!underWay.add(mirror.topic())) {
            throw new LinkException(
                    Errors.TOPIC_ALREADY_EXISTS,
                    "Mirror topic '" + mirror.topic() + "' is being created by another command.");
        }
        return writer.commit(decision)
                .thenCompose(image -> finish(mirror, image.nextOffset(), false))
                .whenComplete((done, failure) -> underWay.remove(mirror.topic()));
    }

    /** Goes on with a creation that an earlier coordinator began; nothing if it is under way here. */
    void resume(LinkImage image, MirrorRecord mirror) {
        if (underWay.add(mirror.topic())) {
            LOG.info("Going on to create mirror topic {}", mirror.topic());
            finish(mirror, image.nextOffset(), true).whenComplete((done, failure) -> underWay.remove(mirror.topic()));
        }
    }

    private CompletableFuture<Void> finish(MirrorRecord mirror, long offset, boolean resumed) {
        return reports.awaitApplied(offset)
                .thenCompose(applied -> topics.create(mirror))
                .exceptionally(failure -> adoptOrThrow(mirror, failure, resumed))
                .thenCompose(id -> writer.commit(image -> activate(image, mirror, id)))
                .handle((image, failure) -> failure)
                .thenCompose(failure ->
                        failure == null ? CompletableFuture.<Void>completedFuture(null) : undo(mirror, failure));
    }

    /**
     * A topic that exists already was created by the coordinator that began, if there was one. Were it another's topic
     * it would hold records, and its partitions would fail to start for that.
     */
    private Uuid adoptOrThrow(MirrorRecord mirror, Throwable failure, boolean resumed) {
        LinkException cause = asLinkException(failure);
        if (cause.error() == Errors.TOPIC_ALREADY_EXISTS && resumed) {
            return broker.cluster().topic(mirror.topic()).map(TopicView::id).orElseThrow(() -> cause);
        }
        throw cause;
    }

    private List<Change> activate(LinkImage image, MirrorRecord mirror, Uuid id) {
        MirrorRecord now = image.mirror(mirror.topic())
                .filter(current -> current.state() == MirrorState.INITIALIZING)
                .orElseThrow(() -> LinkException.invalid("Mirror topic '" + mirror.topic()
                        + "' was failed over or deleted while it was being created."));
        return List.of(
                Change.put(now.withTopicId(id.toString()).withState(MirrorState.ACTIVE, null, time.milliseconds())));
    }

    private CompletableFuture<Void> undo(MirrorRecord mirror, Throwable failure) {
        LinkException cause = asLinkException(failure);
        LOG.warn("Could not create mirror topic {}: {}", mirror.topic(), cause.getMessage());
        return writer.commit(image -> image.mirror(mirror.topic())
                        .filter(now -> now.state() == MirrorState.INITIALIZING && now.topicId() == null)
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
