// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.host.ClusterView;
import io.clusterlinks.host.ClusterView.PartitionView;
import io.clusterlinks.host.ClusterView.TopicView;
import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.LinkEvent;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.state.BrokerReport.ObservedPartition;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.LinkImage.Change;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.kafka.common.utils.Time;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the desired state true, step by step: every tick compares the image with what the brokers report and commits
 * the next durable transition of each mirror and link. Holds no state that a new coordinator would miss.
 */
final class Reconciler {
    private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);

    /**
     * A topic must be missing for so long before its mirror ends, and the metadata must be so much newer than the mirror: of
     * a new topic a broker may hear late.
     */
    private static final long TOPIC_GONE_MS = 5_000;

    /** How soon everything is looked at again though nothing waits for a step and nothing has changed. */
    private static final long REST_MS = 1_000;
    /** After a transition that could not be written. */
    private static final long RETRY_MS = 1_000;
    /** Of one decision, which is one batch of the state topic; the others follow at the next tick. */
    private static final int MAX_STEPS = 500;

    private final LocalBroker broker;
    private final StateWriter writer;
    private final BrokerReports reports;
    private final MirrorCreation creation;
    private final Predicate<MirrorRecord> synced;
    private final StopBarrier barrier;
    private final Time time;
    private final Map<String, Long> missingSinceMs = new HashMap<>();
    private LinkImage restingImage;
    private ClusterView restingCluster;
    private long restUntilMs;
    /** When transitions could last not be written; -1 if they could. */
    private long failedMs = -1;

    /** {@code synced} says whether what a promoted mirror takes over besides records has been looked at since. */
    Reconciler(
            LocalBroker broker,
            StateWriter writer,
            BrokerReports reports,
            MirrorCreation creation,
            Predicate<MirrorRecord> synced,
            StopBarrier barrier,
            Time time) {
        this.broker = broker;
        this.writer = writer;
        this.reports = reports;
        this.creation = creation;
        this.synced = synced;
        this.barrier = barrier;
        this.time = time;
    }

    /** Looks at everything once; on the event thread, while coordinating. */
    void tick() {
        LinkImage image = writer.image();
        ClusterView cluster = broker.cluster();
        if (image == restingImage && cluster.isLike(restingCluster) && time.milliseconds() < restUntilMs) {
            return;
        }
        image.mirrors().stream()
                .filter(mirror -> mirror.topicId() == null)
                .forEach(mirror -> creation.resume(image, mirror));
        boolean due = !nextSteps(image).isEmpty();
        barrier.tick(image);
        if (due && (failedMs < 0 || time.milliseconds() - failedMs >= RETRY_MS)) {
            write();
        }
        boolean rests = !due && missingSinceMs.isEmpty() && isAtRest(image);
        restingImage = rests ? image : null;
        restingCluster = cluster;
        restUntilMs = time.milliseconds() + REST_MS;
    }

    /** Everything that is due; what is said of it is said once it is so. */
    private void write() {
        List<Step> steps = new ArrayList<>();
        writer.commit(image -> {
                    steps.addAll(nextSteps(image));
                    return steps.stream()
                            .flatMap(step -> step.changes().stream())
                            .toList();
                })
                .whenComplete((written, failure) -> {
                    if (failure == null) {
                        failedMs = -1;
                        steps.forEach(step -> step.news().run());
                    } else {
                        onFailure(failure);
                    }
                });
    }

    private void onFailure(Throwable failure) {
        if (failedMs < 0) {
            LOG.info("State transition was not written, trying again: {}", failure.getMessage());
        }
        failedMs = time.milliseconds();
    }

    /**
     * A durable transition.
     *
     * @param news tells the log
     */
    private record Step(List<Change> changes, Runnable news) {
        private static final Runnable NONE = () -> {};

        static List<Step> of(Change change, Runnable news) {
            return List.of(new Step(List.of(change), news));
        }

        /** None without changes. */
        static List<Step> of(List<Change> changes, Runnable news) {
            return changes.isEmpty() ? List.of() : List.of(new Step(changes, news));
        }
    }

    /** Whether no mirror and no link waits for a step: only a change of the image or of the cluster makes for one. */
    private static boolean isAtRest(LinkImage image) {
        return image.links().stream().noneMatch(LinkRecord::deleting)
                && image.mirrors().stream()
                        .allMatch(mirror -> mirror.topicId() != null
                                && !mirror.awaitsComparison()
                                && (mirror.state() == MirrorState.STOPPED || mirror.stop() == StopMode.NONE));
    }

    /** The durable transitions that are due, given an image and what the brokers report. */
    private List<Step> nextSteps(LinkImage image) {
        List<Step> steps = new ArrayList<>();
        Set<String> topicIds = new HashSet<>();
        for (MirrorRecord mirror : image.mirrors()) {
            if (mirror.topicId() != null) {
                topicIds.add(mirror.topicId());
                if (steps.size() < MAX_STEPS) {
                    steps.addAll(safeNext(image, mirror));
                }
            }
        }
        missingSinceMs.keySet().retainAll(topicIds);
        for (LinkRecord link : image.links()) {
            steps.addAll(endIfStopped(image, link));
        }
        return steps;
    }

    /** One mirror that makes trouble must not keep the others from their next step. */
    private List<Step> safeNext(LinkImage image, MirrorRecord mirror) {
        try {
            return next(image, mirror);
        } catch (RuntimeException e) {
            LOG.error("Could not look after mirror topic {}; trying again", mirror.topic(), e);
            return List.of();
        }
    }

    private List<Step> next(LinkImage image, MirrorRecord mirror) {
        if (topicIsGone(mirror)) {
            return Step.of(
                    MirrorTransitions.retire(image, mirror, time.milliseconds()),
                    () -> LOG.warn(
                            "Topic {} was deleted: it is no mirror over link {} any more",
                            mirror.topic(),
                            mirror.link()));
        }
        if (mirror.awaitsComparison()) {
            List<Change> changes = MirrorTransitions.adopt(image, mirror, time.milliseconds());
            return Step.of(changes, () -> tellOfAdoption(changes));
        }
        if (mirror.stop() == StopMode.DRAIN) {
            return drain(image, mirror);
        }
        if (mirror.state() == MirrorState.PENDING_STOPPED && mirror.stop().isFinal() && isStopped(image, mirror)) {
            return barrier.result(image, mirror)
                    .map(groups -> stopped(mirror, groups))
                    .orElse(List.of());
        }
        return List.of();
    }

    private List<Step> drain(LinkImage image, MirrorRecord mirror) {
        Optional<PartitionRecord> failed = failedPartition(image, mirror);
        if (failed.isPresent()) {
            return giveUp(mirror, failed.get());
        }
        return isDrained(mirror) && synced.test(mirror)
                ? Step.of(
                        Change.put(mirror.withStop(StopMode.PROMOTE, null, time.milliseconds())),
                        () -> LOG.info("Mirror topic {} is level with its source; stopping it", mirror.topic()))
                : List.of();
    }

    private static void tellOfAdoption(List<Change> changes) {
        changes.stream()
                .map(Change::value)
                .filter(MirrorRecord.class::isInstance)
                .map(MirrorRecord.class::cast)
                .forEach(now -> LOG.info("Topic {}: {} {}", now.topic(), now.state(), now.reason()));
    }

    private List<Step> giveUp(MirrorRecord mirror, PartitionRecord failed) {
        String reason =
                "The promotion was given up, for partition " + failed.partition() + " failed: " + failed.reason();
        return Step.of(
                Change.put(mirror.withState(mirror.resumeState(), reason, time.milliseconds())),
                () -> LOG.warn("Promotion of mirror topic {} is given up: {}", mirror.topic(), failed.reason()));
    }

    private static Optional<PartitionRecord> failedPartition(LinkImage image, MirrorRecord mirror) {
        return image.partitions(mirror.topic()).values().stream()
                .filter(partition -> partition.phase() == PartitionRecord.Phase.FAILED)
                .findFirst();
    }

    private List<Step> stopped(MirrorRecord mirror, String groups) {
        MirrorRecord stopped = mirror.stopped(null, time.milliseconds());
        return Step.of(
                Change.put(
                        groups.isEmpty() ? stopped : stopped.withEvent(new LinkEvent(time.milliseconds(), -1, groups))),
                () -> LOG.info("Mirror topic {} has stopped and is writable. {}", mirror.topic(), groups));
    }

    private boolean topicIsGone(MirrorRecord mirror) {
        boolean there = broker.cluster()
                .topic(mirror.topic())
                .filter(topic -> topic.id().toString().equals(mirror.topicId()))
                .isPresent();
        if (there) {
            missingSinceMs.remove(mirror.topicId());
            return false;
        }
        long now = time.milliseconds();
        boolean longMissing = now - missingSinceMs.computeIfAbsent(mirror.topicId(), id -> now) >= TOPIC_GONE_MS;
        return longMissing && broker.cluster().knownUntilMs() - mirror.sinceMs() >= TOPIC_GONE_MS;
    }

    private boolean isDrained(MirrorRecord mirror) {
        Optional<TopicView> topic = broker.cluster().topic(mirror.topic());
        if (topic.isEmpty() || topic.get().partitions().size() < mirror.partitions()) {
            return false;
        }
        for (int partition = 0; partition < mirror.partitions(); partition++) {
            PartitionView view = topic.get().partitions().get(partition);
            Optional<ObservedPartition> observed = reports.partition(view.leader(), mirror.topic(), partition);
            if (observed.filter(report -> report.isDrained(mirror.sinceMs(), view.leaderEpoch()))
                    .isEmpty()) {
                return false;
            }
        }
        return true;
    }

    private boolean isStopped(LinkImage image, MirrorRecord mirror) {
        int there = broker.cluster()
                .topic(mirror.topic())
                .map(topic -> topic.partitions().size())
                .orElse(mirror.partitions());
        return MirrorTransitions.isStopped(image, mirror, there);
    }

    private static List<Step> endIfStopped(LinkImage image, LinkRecord link) {
        boolean stopped = image.mirrorsOf(link.link()).allMatch(mirror -> mirror.state() == MirrorState.STOPPED);
        return link.deleting() && stopped ? Step.of(MirrorTransitions.endLink(image, link), Step.NONE) : List.of();
    }

    /** This broker does not coordinate: what it observed as a coordinator is out of date. */
    void reset() {
        missingSinceMs.clear();
        restingImage = null;
        failedMs = -1;
    }
}
