// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.protocol.DesiredState;
import io.clusterlinks.protocol.LinkEvent;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.RetiredRecord;
import io.clusterlinks.protocol.record.StateRecord;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.LinkImage.Change;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.kafka.common.protocol.Errors;

/** Pure functions from an image and a wish to the changes of the state that carry it out. */
final class MirrorTransitions {
    private MirrorTransitions() {}

    /** Changes a mirror to what an operator wants; none if it is so already. */
    static List<Change> setDesired(LinkImage image, MirrorRecord mirror, DesiredState desired, long nowMs) {
        return switch (desired) {
            case ACTIVE -> follow(mirror, MirrorState.ACTIVE, nowMs);
            case PAUSED -> follow(mirror, MirrorState.PAUSED, nowMs);
            case PROMOTED -> promote(image, mirror, nowMs);
            case FAILED_OVER -> stop(image, mirror, StopMode.FAILOVER, nowMs);
            case DELETED ->
                throw LinkException.invalid("A mirror is not deleted through its link: delete topic '" + mirror.topic()
                        + "' itself, or fail the mirror over to keep it.");
        };
    }

    private static List<Change> follow(MirrorRecord mirror, MirrorState to, long nowMs) {
        if (mirror.state() == to || (mirror.state() == MirrorState.INITIALIZING && to == MirrorState.ACTIVE)) {
            return List.of();
        }
        if (mirror.stop().isFinal()) {
            throw illegal(mirror, to);
        }
        return List.of(Change.put(transition(mirror, to).withState(to, null, nowMs)));
    }

    private static List<Change> promote(LinkImage image, MirrorRecord mirror, long nowMs) {
        if (mirror.awaitsComparison()) {
            throw new LinkException(
                    Errors.POLICY_VIOLATION,
                    "Topic '" + mirror.topic() + "' is still being compared with its source. Wait until it is adopted,"
                            + " or fail it over to leave it as it is.");
        }
        if (mirror.state() != MirrorState.STOPPED && mirror.stop() == StopMode.FAILOVER) {
            throw new LinkException(
                    Errors.POLICY_VIOLATION,
                    "Mirror topic '" + mirror.topic()
                            + "' is being failed over, and may lack what its source has: it is"
                            + " not promoted any more.");
        }
        if (mirror.state() == MirrorState.STOPPED || mirror.stop() != StopMode.NONE) {
            return List.of();
        }
        image.partitions(mirror.topic()).values().stream()
                .filter(partition -> partition.phase() == PartitionRecord.Phase.FAILED)
                .findAny()
                .ifPresent(failed -> {
                    throw new LinkException(
                            Errors.POLICY_VIOLATION,
                            "Mirror topic '" + mirror.topic() + "' cannot be level with its source, for partition "
                                    + failed.partition() + " failed: " + failed.reason()
                                    + " Fail it over instead to keep what is here.");
                });
        if (mirror.state() == MirrorState.PAUSED) {
            throw new LinkException(
                    Errors.POLICY_VIOLATION,
                    "Mirror topic '" + mirror.topic() + "' is paused and cannot become level with its source. Resume"
                            + " it first, or fail it over to keep what is here.");
        }
        return List.of(
                Change.put(transition(mirror, MirrorState.PENDING_STOPPED).withStop(StopMode.DRAIN, null, nowMs)));
    }

    /** Lets a mirror stop now, in that way; if its topic is still being created it stops after that. */
    static List<Change> stop(LinkImage image, MirrorRecord mirror, StopMode mode, long nowMs) {
        if (mirror.awaitsComparison()) {
            return notAdopted(image, mirror, "Not adopted: given up by an operator.", nowMs);
        }
        if (mirror.state() == MirrorState.STOPPED || mirror.stop().isFinal()) {
            return List.of();
        }
        return List.of(
                Change.put(transition(mirror, MirrorState.PENDING_STOPPED).withStop(mode, null, nowMs)));
    }

    /**
     * Whether every partition has stopped. One that was still to be added when the mirror was stopped does not count: it is
     * not among those that are {@code there}, as far as this broker has heard, and nobody has claimed it.
     */
    static boolean isStopped(LinkImage image, MirrorRecord mirror, int there) {
        Map<Integer, PartitionRecord> records = image.partitions(mirror.topic());
        return IntStream.range(0, mirror.partitions())
                .filter(partition -> partition < there || records.containsKey(partition))
                .allMatch(partition -> records.containsKey(partition)
                        && records.get(partition).phase() == PartitionRecord.Phase.STOPPED);
    }

    /** Leaves a topic that was to be adopted as it was. */
    static List<Change> notAdopted(LinkImage image, MirrorRecord mirror, String why, long nowMs) {
        List<Change> changes = new ArrayList<>();
        changes.add(Change.put(transition(mirror, MirrorState.STOPPED).notAdopted(why, nowMs)));
        image.partitions(mirror.topic()).values().forEach(partition -> changes.add(Change.delete(partition.key())));
        return changes;
    }

    /** What becomes of a topic that is to be adopted: nothing yet, or it follows, or it stays what it was. */
    static List<Change> adopt(LinkImage image, MirrorRecord mirror, long nowMs) {
        Map<Integer, PartitionRecord> partitions = image.partitions(mirror.topic());
        Optional<PartitionRecord> refused = partitions.values().stream()
                .filter(partition -> partition.phase() == PartitionRecord.Phase.FAILED)
                .findFirst();
        if (refused.isPresent()) {
            return notAdopted(
                    image,
                    mirror,
                    "Not adopted, an ordinary topic as before: " + refused.get().reason(),
                    nowMs);
        }
        boolean equal = IntStream.range(0, mirror.initialPartitions())
                .allMatch(id -> partitions.containsKey(id) && partitions.get(id).startOffset() >= 0);
        return equal
                ? List.of(Change.put(transition(mirror, MirrorState.ACTIVE)
                        .withState(MirrorState.ACTIVE, null, nowMs)
                        .withEvent(
                                new LinkEvent(nowMs, -1, "Adopted: what was here equals the source, batch by batch."))))
                : List.of();
    }

    /** Removes every trace of a mirror. */
    static List<Change> endMirror(LinkImage image, MirrorRecord mirror) {
        List<Change> changes = new ArrayList<>();
        changes.add(Change.delete(mirror.key()));
        image.partitions(mirror.topic()).values().forEach(partition -> changes.add(Change.delete(partition.key())));
        return changes;
    }

    /** Ends a mirror that somebody did away with here, so that discovery does not bring it back. */
    static List<Change> retire(LinkImage image, MirrorRecord mirror, long nowMs) {
        List<Change> changes = new ArrayList<>(endMirror(image, mirror));
        if (image.link(mirror.link()).isPresent()) {
            changes.add(Change.put(new RetiredRecord(
                    StateRecord.VERSION, mirror.link(), mirror.sourceTopic(), mirror.topic(), nowMs)));
        }
        return changes;
    }

    /** Removes every trace of a link and its mirrors; the ACLs that it created stay, as its topics do. */
    static List<Change> endLink(LinkImage image, LinkRecord link) {
        List<Change> changes = new ArrayList<>();
        changes.add(Change.delete(link.key()));
        image.mirrorsOf(link.link()).forEach(mirror -> changes.addAll(endMirror(image, mirror)));
        image.retired(link.link()).values().forEach(retired -> changes.add(Change.delete(retired.key())));
        image.acls(link.link()).forEach(acl -> changes.add(Change.delete(acl.key())));
        image.groups(link.link()).forEach(group -> changes.add(Change.delete(group.key())));
        return changes;
    }

    /** The mirror, if it may go to that state. A stop may be made more urgent without changing the state. */
    private static MirrorRecord transition(MirrorRecord mirror, MirrorState to) {
        if (mirror.state() != to && !mirror.state().canTransitionTo(to)) {
            throw illegal(mirror, to);
        }
        return mirror;
    }

    private static LinkException illegal(MirrorRecord mirror, MirrorState to) {
        return LinkException.invalid("Mirror topic '" + mirror.topic() + "' is " + mirror.state()
                + (mirror.stop().isFinal() ? " by " + mirror.stop() : "") + " and cannot become " + to + ".");
    }
}
