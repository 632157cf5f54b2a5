// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.PartitionClaim;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Cut;
import io.clusterlinks.protocol.record.PartitionRecord.LeaderEpochs;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.protocol.record.PartitionRecordBuilder;
import io.clusterlinks.protocol.record.PartitionTransition;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.LinkImage.Change;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.protocol.Errors;

/** Pure functions from an image and what leaders of mirror partitions ask for to the changes of the state. */
final class PartitionTransitions {
    private PartitionTransitions() {}

    /** The claims that may be written; a repeated one changes nothing. */
    static List<Change> claim(LinkImage image, List<PartitionClaim> claims) {
        List<Change> changes = new ArrayList<>();
        for (PartitionClaim claim : claims) {
            MirrorRecord mirror = image.mirror(claim.topic())
                    .filter(record -> claim.topicId().equals(record.topicId()))
                    .orElse(null);
            PartitionRecord before = image.partition(claim.topic(), claim.partition())
                    .filter(record -> record.topicId().equals(claim.topicId()))
                    .orElseGet(() -> PartitionRecord.first(claim.topic(), claim.partition(), claim.topicId(), -1));
            if (mirror != null && before.leaderEpoch() < claim.leaderEpoch()) {
                claimed(mirror, before, claim).map(Change::put).ifPresent(changes::add);
            }
        }
        return changes;
    }

    /**
     * Links append under claimed leader epochs only: what a mirror holds under another one makes room for the source's
     * records, if they still come. One that FAILED nobody has to claim before it is repaired or stops.
     */
    private static Optional<PartitionRecord> claimed(
            MirrorRecord mirror, PartitionRecord before, PartitionClaim claim) {
        PartitionRecordBuilder claimed = before.toBuilder().revision(claim.leaderEpoch(), 0);
        if (mirror.stop().isFinal() || before.startOffset() == PartitionRecord.NOT_STARTED) {
            return Optional.of(claimed.build());
        }
        if (before.phase() != Phase.MIRRORING) {
            return Optional.empty();
        }
        List<LeaderEpochs> unclaimed = new ArrayList<>(before.unclaimed());
        if (before.leaderEpoch() + 1 < claim.leaderEpoch()) {
            unclaimed.add(new LeaderEpochs(before.leaderEpoch() + 1, claim.leaderEpoch() - 1));
        }
        claim.held().stream()
                .filter(held -> unclaimed.stream().anyMatch(epochs -> epochs.contain(held.epoch())))
                .findFirst()
                .map(foreign -> new Cut(foreign.startOffset(), claim.leaderEpoch()))
                .ifPresent(cut -> claimed.cuts(cut.addedTo(before.cuts())));
        return Optional.of(claimed.unclaimed(unclaimed).build());
    }

    /**
     * Lets the partitions of {@code topic} that FAILED mirror again, each cut as deep as its source's loss takes. Under
     * their leader's claim, whose next change would be refused: it starts anew from the record. Repeating is safe.
     */
    static List<Change> repair(LinkImage image, String topic) {
        return image.partitions(topic).values().stream()
                .filter(record -> record.phase() == Phase.FAILED)
                .map(record -> Change.put(repairing(record)))
                .toList();
    }

    private static PartitionRecord repairing(PartitionRecord record) {
        return record.toBuilder()
                .revision(record.revision() + 1)
                .phase(Phase.MIRRORING, null)
                .repairing(true)
                .build();
    }

    /** What leaders propose, all or none; what is true already is left out, so that repeating is safe. */
    static List<Change> apply(LinkImage image, List<PartitionTransition> proposals) {
        Map<String, MirrorRecord> mirrors = new HashMap<>();
        List<Change> changes = new ArrayList<>();
        for (PartitionTransition proposal : proposals) {
            PartitionRecord after = proposal.record();
            MirrorRecord mirror = mirrors.containsKey(after.topic())
                    ? mirrors.get(after.topic())
                    : image.mirror(after.topic()).orElseThrow(() -> noMirror(after));
            PartitionRecord before = image.partition(after.topic(), after.partition())
                    .filter(record -> isClaimOf(record, after))
                    .orElseThrow(() -> fenced(after));
            if (after.equals(before)) {
                continue;
            }
            check(mirror, before, after);
            changes.add(Change.put(after));
            if (proposal.event() != null) {
                mirrors.put(after.topic(), mirror.withEvent(proposal.event()));
            }
        }
        mirrors.values().forEach(mirror -> changes.add(Change.put(mirror)));
        return changes;
    }

    private static boolean isClaimOf(PartitionRecord before, PartitionRecord after) {
        return before.leaderEpoch() == after.leaderEpoch() && before.topicId().equals(after.topicId());
    }

    private static LinkException noMirror(PartitionRecord record) {
        return LinkException.notFound("Topic '" + record.topic() + "' is no mirror any more.");
    }

    private static LinkException fenced(PartitionRecord record) {
        return new LinkException(
                Errors.FENCED_LEADER_EPOCH,
                "Partition " + record.topic() + "-" + record.partition() + " is not claimed under leader epoch "
                        + record.leaderEpoch() + ", or was changed since.");
    }

    private static void check(MirrorRecord mirror, PartitionRecord before, PartitionRecord after) {
        // Late, or by a leader that does not know of another change: it must look at the record again.
        if (after.revision() != before.revision() + 1) {
            throw fenced(after);
        }
        boolean stopping = after.phase() == Phase.STOPPING || after.phase() == Phase.STOPPED;
        boolean backwards = step(before.phase()) > step(after.phase());
        boolean stopOffsetMoved = before.phase() == Phase.STOPPING
                && before.stopOffset() != after.stopOffset()
                && !isLowered(before, after);
        boolean uncut = stopping && after.truncation() != null;
        boolean selfRepaired = (before.phase() == Phase.FAILED && after.phase() == Phase.MIRRORING)
                || (!before.repairing() && after.repairing());
        if (backwards
                || stopOffsetMoved
                || uncut
                || !areKept(before, after)
                || !(after.unclaimed().isEmpty() || after.unclaimed().equals(before.unclaimed()))
                || selfRepaired
                || (stopping && !mirror.stop().isFinal())) {
            throw LinkException.invalid("Partition " + after.topic() + "-" + after.partition() + " cannot become "
                    + after.phase() + " while it is " + before.phase() + " and its mirror is " + mirror.state() + ".");
        }
    }

    /** The records after it are lost here; then it may only be where the log ends, which holds what it held before. */
    private static boolean isLowered(PartitionRecord before, PartitionRecord after) {
        return after.phase() == Phase.STOPPING
                && after.stopOffset() < before.stopOffset()
                && after.stopOffset() >= before.startOffset()
                && after.startOffset() == before.startOffset()
                && after.lineage().equals(before.lineage())
                && before.truncation() == null
                && after.truncation() == null;
    }

    /** A leader adds cuts of its own epoch, in place of those that they imply, or finds that none is needed any more. */
    private static boolean areKept(PartitionRecord before, PartitionRecord after) {
        List<Cut> kept = after.cuts();
        return kept.isEmpty()
                || (after.phase() != Phase.STOPPED
                        && before.cuts().stream().allMatch(cut -> kept.stream().anyMatch(other -> other.implies(cut)))
                        && kept.stream()
                                .allMatch(cut ->
                                        before.cuts().contains(cut) || cut.leaderEpoch() == after.leaderEpoch()));
    }

    private static int step(Phase phase) {
        return switch (phase) {
            case MIRRORING, FAILED -> 0;
            case STOPPING -> 1;
            case STOPPED -> 2;
        };
    }
}
