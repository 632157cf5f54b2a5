// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol.record;

import java.util.ArrayList;
import java.util.List;

/**
 * The durable part of where a mirror partition stands.
 *
 * @param version schema, see {@link StateRecord#VERSION}
 * @param topic name at the destination
 * @param partition the partition
 * @param topicId topic id at the destination: a record of an earlier topic of the same name means nothing
 * @param leaderEpoch destination leader epoch of the leader that claimed the partition last; only it writes this record
 * @param revision counts the changes under this leader epoch: a change is written only on top of the one before it, so
 *     that one that arrives late undoes nothing
 * @param startOffset offset at which the mirror begins, resolved once from the start offset spec, and moved only past a
 *     log end that the source's start has passed: a log that ends below it is emptied and starts there; -1 before that
 * @param lineage source leader epochs with the offset at which each begins in the mirror, ascending; recorded before
 *     the first batch of the epoch is appended
 * @param truncation what must be cut off before anything else is appended; null if nothing
 * @param cuts where replicas that were away may hold what is not the mirror's any more, by ascending offset and leader
 *     epoch; recorded with whatever this record says of offsets past the end of its leader's log, taken back once every
 *     replica is known to follow, or the partition has stopped
 * @param unclaimed leader epochs that nobody has claimed, ascending: whatever a replica holds of them clients wrote, through
 *     a leader that ran without the plugin; taken back as the cuts are
 * @param phase how far the partition has been stopped
 * @param stopOffset log end offset before abort markers were written, -1 until known; failback truncates to it. Lowered
 *     only if this cluster itself loses records before the partition has stopped
 * @param stopSourceEpoch source leader epoch of the last mirrored batch, -1 if unknown
 * @param reason why the partition FAILED; null otherwise
 * @param repairing whether an operator has it repaired: until it agrees with its source again it may be cut as deep as
 *     that takes; granted by the coordinator, taken back by the leader before anything new is appended
 */
public record PartitionRecord(
        int version,
        String topic,
        int partition,
        String topicId,
        int leaderEpoch,
        int revision,
        long startOffset,
        List<SourceEpoch> lineage,
        Truncation truncation,
        List<Cut> cuts,
        List<LeaderEpochs> unclaimed,
        Phase phase,
        long stopOffset,
        int stopSourceEpoch,
        String reason,
        boolean repairing)
        implements StateRecord {
    /** Start offset of a partition that has not begun to mirror. */
    public static final long NOT_STARTED = -1;

    /** A source leader epoch and the offset of its first batch. */
    public record SourceEpoch(int epoch, long startOffset) {}

    /**
     * The source lost its tail: everything from {@code target} on goes, on every replica, one that is away included.
     * That takes a leader of a newer epoch than the records that go, so that a replica can tell them from later ones.
     *
     * @param target offset of the first record that goes
     * @param minLeaderEpoch lowest destination leader epoch under which the log may be cut
     * @param replicas the partition's replicas in the order they had, for moving the leader changes it
     */
    public record Truncation(long target, int minLeaderEpoch, List<Integer> replicas) {
        public Truncation {
            replicas = List.copyOf(replicas);
        }
    }

    /**
     * Whatever the mirror holds from {@code offset} on was appended under {@code leaderEpoch} or a later one. A replica
     * that holds anything older there was away when another leader cut it off, or never had it; or it is what clients
     * wrote under an epoch that nobody claimed. As a follower it is told so by Kafka; should it lead, it cuts that off
     * before anything else.
     *
     * @param leaderEpoch destination leader epoch
     */
    public record Cut(long offset, int leaderEpoch) {
        /** Whether a log that keeps to this cut keeps to {@code other} too. */
        public boolean implies(Cut other) {
            return offset <= other.offset && leaderEpoch >= other.leaderEpoch;
        }

        /** {@code cuts} with this one, which is not of an older leader epoch; those that it implies go. */
        public List<Cut> addedTo(List<Cut> cuts) {
            if (cuts.stream().anyMatch(cut -> cut.implies(this))) {
                return cuts;
            }
            List<Cut> with = new ArrayList<>(cuts);
            with.removeIf(this::implies);
            with.add(this);
            return with;
        }
    }

    /** The destination leader epochs from {@code first} to {@code last}. */
    public record LeaderEpochs(int first, int last) {
        public boolean contain(int epoch) {
            return epoch >= first && epoch <= last;
        }
    }

    /** How far a partition has been stopped. */
    public enum Phase {
        MIRRORING,
        /** Stopped until an operator repairs or fails over; the reason says why. */
        FAILED,
        /** The stop offset is recorded; open transactions are being aborted. */
        STOPPING,
        /** Everything is replicated; the fence is released. Final. */
        STOPPED
    }

    public PartitionRecord {
        lineage = List.copyOf(lineage);
        cuts = cuts == null ? List.of() : List.copyOf(cuts);
        unclaimed = unclaimed == null ? List.of() : List.copyOf(unclaimed);
    }

    /** As the first leader claims it. */
    public static PartitionRecord first(String topic, int partition, String topicId, int leaderEpoch) {
        return new PartitionRecord(
                VERSION,
                topic,
                partition,
                topicId,
                leaderEpoch,
                0,
                NOT_STARTED,
                List.of(),
                null,
                List.of(),
                List.of(),
                Phase.MIRRORING,
                -1,
                -1,
                null,
                false);
    }

    /** The same with some things changed. */
    public PartitionRecordBuilder toBuilder() {
        return new PartitionRecordBuilder(this);
    }

    @Override
    public StateKey key() {
        return new StateKey.OfPartition(topic, partition);
    }
}
