// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.ClusterView;
import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.host.LocalPartition;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.PartitionClaim;
import io.clusterlinks.protocol.record.PartitionClaim.HeldEpoch;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.LeaderEpochs;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.state.LinkImage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Predicate;
import org.apache.kafka.common.TopicPartition;

/**
 * What this broker has to do for a mirror partition it leads. A duty that changes anything is derived from an image
 * that holds this leader's claim, and thereby everything that leaders before it have written.
 *
 * @param record the partition's record, null if it has none
 */
record Duty(Kind kind, MirrorPartition partition, LocalPartition local, PartitionRecord record, MirrorRecord mirror) {
    /** What to do. */
    enum Kind {
        /** Claim the partition: it has to follow or stop, but the image may be behind. */
        CLAIM,
        /** Fetch and append. */
        FOLLOW,
        /** Carry out the stop steps. */
        STOP,
        /** Only report it. */
        NONE
    }

    boolean isDraining() {
        return kind == Kind.FOLLOW && mirror.stop() == StopMode.DRAIN;
    }

    /** @throws org.apache.kafka.common.errors.ApiException if the log is not here any more */
    PartitionClaim claim() {
        int first = record == null
                ? 0
                : record.unclaimed().stream()
                        .map(LeaderEpochs::first)
                        .findFirst()
                        .orElse(record.leaderEpoch() + 1);
        List<HeldEpoch> held = new ArrayList<>();
        local.epochStarts().headMap(partition.leaderEpoch()).forEach((epoch, startOffset) -> {
            if (epoch >= first && isHeld(epoch, startOffset)) {
                held.add(new HeldEpoch(epoch, startOffset));
            }
        });
        return new PartitionClaim(
                partition.local().topic(),
                partition.local().partition(),
                partition.topicId(),
                partition.leaderEpoch(),
                held);
    }

    private boolean isHeld(int epoch, long startOffset) {
        if (startOffset >= local.logEndOffset()) {
            return false;
        }
        ByteBuffer first = local.read(startOffset, 1);
        return first.hasRemaining() && first.getInt(first.position() + BatchFormat.LEADER_EPOCH) == epoch;
    }

    /**
     * The duties of {@code broker}, by destination partition.
     *
     * @param isPaused links that must not fetch
     */
    static Map<TopicPartition, Duty> of(
            LinkImage image, ClusterView cluster, LocalBroker broker, Predicate<LinkRecord> isPaused) {
        Map<TopicPartition, Duty> duties = new HashMap<>();
        for (MirrorRecord mirror : image.mirrors()) {
            Optional<ClusterView.TopicView> topic = cluster.topic(mirror.topic());
            if (topic.isEmpty()) {
                continue;
            }
            boolean paused = image.link(mirror.link()).map(isPaused::test).orElse(true);
            for (int id = 0; id < topic.get().partitions().size(); id++) {
                if (topic.get().partitions().get(id).leader() == broker.nodeId()) {
                    PartitionRecord record = image.partition(mirror.topic(), id).orElse(null);
                    duty(mirror, id, record, broker, paused)
                            .ifPresent(duty -> duties.put(duty.partition().local(), duty));
                }
            }
        }
        return duties;
    }

    private static Optional<Duty> duty(
            MirrorRecord mirror, int id, PartitionRecord record, LocalBroker broker, boolean paused) {
        // A topic of the same name with another id is not the mirror, and a record of one says nothing.
        Optional<LocalPartition> local = broker.partition(new TopicPartition(mirror.topic(), id))
                .filter(partition -> partition.topicId().toString().equals(mirror.topicId()));
        OptionalInt epoch = local.map(LocalPartition::leaderEpoch).orElse(OptionalInt.empty());
        if (epoch.isEmpty()) {
            return Optional.empty();
        }
        PartitionRecord own = record != null && record.topicId().equals(mirror.topicId()) ? record : null;
        MirrorPartition partition = MirrorPartition.of(mirror, id, epoch.getAsInt());
        Kind kind = kind(mirror, own, paused);
        boolean claimed = own != null && own.leaderEpoch() == epoch.getAsInt();
        return Optional.of(
                new Duty(claimed || kind == Kind.NONE ? kind : Kind.CLAIM, partition, local.get(), own, mirror));
    }

    private static Kind kind(MirrorRecord mirror, PartitionRecord record, boolean paused) {
        Phase phase = record == null ? Phase.MIRRORING : record.phase();
        if (mirror.state() == MirrorState.PENDING_STOPPED && mirror.stop().isFinal()) {
            return phase == Phase.STOPPED ? Kind.NONE : Kind.STOP;
        }
        boolean follows = mirror.state() == MirrorState.ACTIVE
                || mirror.awaitsComparison()
                || (mirror.state() == MirrorState.PENDING_STOPPED && mirror.stop() == StopMode.DRAIN);
        return follows && !paused && phase == Phase.MIRRORING ? Kind.FOLLOW : Kind.NONE;
    }
}
