// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.LocalPartition;
import io.clusterlinks.protocol.LinkState;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.state.BrokerReport.ObservedLink;
import io.clusterlinks.state.BrokerReport.ObservedPartition;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.utils.Time;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts together what is observed of mirror partitions. Thread-safe. */
final class Observations {
    private static final Logger log = LoggerFactory.getLogger(Observations.class);

    private final int broker;
    private final LinkWorkers workers;
    private final StopWorker stops;
    private final Claims claims;
    private final Time time;
    /** What was last known of partitions that are not followed any more: paused, failed or stopping ones. */
    private final Map<TopicPartition, ReplicatorStats> kept = new ConcurrentHashMap<>();

    Observations(int broker, LinkWorkers workers, StopWorker stops, Claims claims, Time time) {
        this.broker = broker;
        this.workers = workers;
        this.stops = stops;
        this.claims = claims;
        this.time = time;
    }

    void keep(PartitionTask task) {
        kept.put(task.partition().local(), task.replicator().stats());
    }

    void forgetAllBut(Set<TopicPartition> led) {
        kept.keySet().retainAll(led);
    }

    List<ObservedPartition> partitions(Collection<Duty> duties) {
        List<ObservedPartition> observed = new ArrayList<>(duties.size());
        for (Duty duty : duties) {
            try {
                observed.add(observe(duty));
            } catch (ApiException e) {
                // The topic was deleted here a moment ago: there is nothing to observe.
                log.debug("{} is not on this broker any more", duty.partition().local(), e);
            }
        }
        return observed;
    }

    long records(Duty duty) {
        LinkWorker worker = workers.worker(duty.mirror().link());
        TopicPartition id = duty.partition().local();
        return stats(id, worker == null ? null : worker.task(id)).records();
    }

    private ReplicatorStats stats(TopicPartition id, PartitionTask task) {
        return task != null ? task.replicator().stats() : kept.getOrDefault(id, new ReplicatorStats());
    }

    private ObservedPartition observe(Duty duty) {
        TopicPartition id = duty.partition().local();
        LinkWorker worker = workers.worker(duty.mirror().link());
        PartitionTask task = worker == null ? null : worker.task(id);
        ReplicatorStats stats = stats(id, task);
        LocalPartition local = duty.local();
        ObservedLink link = workers.observed(duty.mirror().link()).orElse(null);
        MirrorState state = state(duty, task, link);
        return new ObservedPartition(
                id.topic(),
                duty.partition().leaderEpoch(),
                duty.record() == null ? -1 : duty.record().revision(),
                local.highWatermark(),
                task != null && duty.isDraining() ? task.drainedSinceMs(time.milliseconds()) : Drain.NONE,
                task != null && duty.isDraining() ? task.drain().sourcePace() : DrainPace.UNKNOWN,
                stats.status(
                        id.partition(),
                        state,
                        broker,
                        task == null ? -1 : task.leader().broker(),
                        local.logStartOffset(),
                        local.logEndOffset(),
                        time.milliseconds(),
                        error(duty, state, task, link)));
    }

    private static MirrorState state(Duty duty, PartitionTask task, ObservedLink link) {
        Phase phase = duty.record() == null ? Phase.MIRRORING : duty.record().phase();
        MirrorState durable = duty.mirror().state();
        if (phase == Phase.STOPPED || durable == MirrorState.STOPPED) {
            return MirrorState.STOPPED;
        }
        boolean failed = task != null && task.replicator().stage() == Replicator.Stage.FAILED;
        if (duty.mirror().stop().isFinal()) {
            return MirrorState.PENDING_STOPPED;
        }
        if (phase == Phase.FAILED || failed || durable == MirrorState.FAILED) {
            return MirrorState.FAILED;
        }
        // Also while a promotion drains: the failed partition is what it waits for.
        if (durable != MirrorState.ACTIVE) {
            return durable;
        }
        if (duty.kind() == Duty.Kind.NONE) {
            return MirrorState.PAUSED;
        }
        if (link != null && link.state() == LinkState.FAILED) {
            return MirrorState.FAILED;
        }
        boolean reachable = (link == null || link.state() == LinkState.ACTIVE)
                && (task == null || task.replicator().stats().isSourceAvailable());
        if (!reachable) {
            return MirrorState.SOURCE_UNAVAILABLE;
        }
        return task == null || task.replicator().stage() == Replicator.Stage.STARTING
                ? MirrorState.INITIALIZING
                : MirrorState.ACTIVE;
    }

    private String error(Duty duty, MirrorState state, PartitionTask task, ObservedLink link) {
        ReplicatorStats stats = stats(duty.partition().local(), task);
        PartitionStop stop = stops.stop(duty.partition().local());
        if (stop != null) {
            return stop.error();
        }
        if (state == MirrorState.PAUSED || state == MirrorState.STOPPED) {
            return null;
        }
        if (duty.kind() == Duty.Kind.CLAIM && claims.error() != null) {
            return claims.error();
        }
        if (state == MirrorState.FAILED
                && duty.record() != null
                && duty.record().reason() != null) {
            return duty.record().reason();
        }
        if (link != null && link.reason() != null) {
            return link.reason();
        }
        if (stats.error() == null && task != null) {
            return task.drain().error();
        }
        return stats.error();
    }
}
