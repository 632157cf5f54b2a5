// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.protocol.GroupOffsetState;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.sync.PartitionBounds.Bounds;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Time;

/**
 * Commits here what is tracked, as far as the mirrors have come. The cost is that of what changed: a group of which
 * nothing changed is only looked at in memory.
 *
 * <p>Invariant: for every partition, {@code committed here <= max(what others committed here, end of the mirror)}, so no
 * consumer that moves here skips a record.
 */
final class OffsetCommits {
    /** How soon a group that was left alone, or failed, is tried again though nothing has changed. */
    private static final long HOLD_MS = 10_000;

    /** The same for what failed for a reason that passes. */
    static final long RETRY_MS = 500;

    /** Groups per round of requests, so that no more wait in a queue than are answered in time. */
    private static final int CHUNK = 250;

    /** How often groups with members here are looked for though nothing is to be committed. */
    private static final long ACTIVE_MS = 5_000;

    /**
     * How often all is compared with what is committed here: a group that once had members expires by when the last of them
     * left, whatever was committed since, and somebody may have deleted or reset it.
     */
    static final long LOOK_MS = 600_000;

    /** How soon all is looked at again where every group stands as at the source and nothing has been read since. */
    private static final long REST_MS = 5_000;

    private static final Set<Errors> HAS_MEMBERS = Set.of(
            Errors.UNKNOWN_MEMBER_ID,
            Errors.ILLEGAL_GENERATION,
            Errors.FENCED_MEMBER_EPOCH,
            Errors.STALE_MEMBER_EPOCH,
            Errors.REBALANCE_IN_PROGRESS,
            Errors.INCONSISTENT_GROUP_PROTOCOL,
            Errors.NON_EMPTY_GROUP);

    private final LocalGroups local;
    private final PartitionBounds bounds;
    private final Time time;
    private final long refreshMs;

    /**
     * @param refreshMs after which an offset that did not change is committed again, lest it expire
     */
    OffsetCommits(LocalGroups local, PartitionBounds bounds, Time time, long refreshMs) {
        this.local = local;
        this.bounds = bounds;
        this.time = time;
        this.refreshMs = refreshMs;
    }

    /**
     * Brings groups here up to date.
     *
     * @param last topics here of which what was left alone or failed is tried again without waiting, and at which all is
     *     looked here: somebody may have deleted or reset a group since
     * @return number of groups of which something was committed
     */
    int apply(LinkImage image, GroupTable table, Set<String> last) {
        long now = time.milliseconds();
        Map<String, Map<TopicPartition, OffsetAndMetadata>> due = due(image, table, last, now);
        if (!due.isEmpty() || !last.isEmpty() || now - table.membersSeenMs() >= ACTIVE_MS) {
            table.membersSeen(local.active(), now);
            forgetDeleted(table, now);
            due.keySet().retainAll(table.groups().keySet());
        }
        due.forEach((name, offsets) -> {
            TrackedGroup group = table.groups().get(name);
            if (group.isActive()) {
                offsets.forEach((partition, target) -> {
                    if (!group.offsets().get(partition).isCommitted(target)) {
                        leaveToMembers(group, partition, target, now);
                    }
                });
            }
        });
        due.keySet().removeIf(name -> table.groups().get(name).isActive());
        int committed = 0;
        List<String> names = List.copyOf(due.keySet());
        for (int from = 0; from < names.size(); from += CHUNK) {
            Map<String, Map<TopicPartition, OffsetAndMetadata>> chunk = new HashMap<>();
            names.subList(from, Math.min(names.size(), from + CHUNK)).forEach(name -> chunk.put(name, due.get(name)));
            yieldToOthers(image, table, chunk, last, now);
            committed += commit(table, chunk, now);
        }
        return committed;
    }

    /** Looks here for groups that were followed before and that the source has no more; of {@code partitions}. */
    void find(GroupTable table, String prefix, Set<TopicPartition> partitions) {
        List<String> lost = List.copyOf(table.lost());
        for (int from = 0; from < lost.size(); from += CHUNK) {
            // The mirrors have more partitions than any group has positions.
            Map<String, Set<TopicPartition>> asked = new HashMap<>();
            lost.subList(from, Math.min(lost.size(), from + CHUNK))
                    .forEach(group -> asked.put(prefix + group, LocalGroups.ALL));
            long now = time.milliseconds();
            Map<String, Map<TopicPartition, Long>> found = new HashMap<>();
            local.committed(asked).offsets().forEach((name, offsets) -> {
                Map<TopicPartition, Long> inMirrors = new HashMap<>(offsets);
                inMirrors.keySet().retainAll(partitions);
                if (table.isGoneHere(name, inMirrors.isEmpty(), now) || !inMirrors.isEmpty()) {
                    found.put(name.substring(prefix.length()), inMirrors);
                }
            });
            table.found(prefix, found);
        }
    }

    /** A group that is gone on both sides is nobody's concern any more. */
    private void forgetDeleted(GroupTable table, long nowMs) {
        Map<String, Set<TopicPartition>> deleted = table.deletedAtSource();
        if (!deleted.isEmpty()) {
            local.committed(deleted).offsets().forEach((name, offsets) -> {
                if (table.isGoneHere(name, offsets.isEmpty(), nowMs)) {
                    table.groups().remove(name);
                }
            });
        }
    }

    private Map<String, Map<TopicPartition, OffsetAndMetadata>> due(
            LinkImage image, GroupTable table, Set<String> last, long nowMs) {
        if (last.isEmpty() && table.isResting(image, nowMs)) {
            return new HashMap<>();
        }
        Map<String, Map<TopicPartition, OffsetAndMetadata>> due = lookForDue(image, table, last, nowMs);
        if (due.isEmpty() && table.groups().values().stream().allMatch(TrackedGroup::isSettled)) {
            table.rest(image, nowMs + REST_MS);
        }
        return due;
    }

    private Map<String, Map<TopicPartition, OffsetAndMetadata>> lookForDue(
            LinkImage image, GroupTable table, Set<String> last, long nowMs) {
        Map<TopicPartition, Optional<Bounds>> known = new HashMap<>();
        Map<String, Map<TopicPartition, OffsetAndMetadata>> due = new HashMap<>();
        boolean looks = table.looks(nowMs, LOOK_MS);
        table.groups().forEach((name, group) -> group.offsets().forEach((partition, offset) -> {
            Optional<MirrorRecord> mirror = image.mirror(partition.topic()).filter(OffsetCommits::follows);
            if (mirror.isEmpty()) {
                return;
            }
            Optional<Bounds> range =
                    known.computeIfAbsent(partition, key -> bounds.of(image, mirror.get(), partition.partition()));
            if (range.isEmpty()) {
                if (offset.state() != GroupOffsetState.WAITING) {
                    group.offsets()
                            .put(partition, offset.waiting("The mirror partition does not report where it stands."));
                }
                return;
            }
            OffsetAndMetadata target = offset.target(range.get());
            if (isDue(group, offset, target, last.contains(partition.topic()), looks, nowMs)) {
                due.computeIfAbsent(name, key -> new HashMap<>()).put(partition, target);
            } else if (offset.state() == GroupOffsetState.WAITING
                    || (offset.heldFor() == null && !target.equals(offset.committed()))
                    || (offset.state() == GroupOffsetState.SYNCED)
                            != (target.offset() >= offset.source().offset())) {
                group.offsets().put(partition, settled(offset, target));
            }
        }));
        return due;
    }

    /** A group that the source has deleted is completed where it is not, and then left to expire or to be deleted. */
    private boolean isDue(
            TrackedGroup group,
            TrackedOffset offset,
            OffsetAndMetadata target,
            boolean last,
            boolean looks,
            long nowMs) {
        if (group.isDeletedAtSource()) {
            boolean incomplete =
                    offset.state() == GroupOffsetState.COMPLETING || offset.state() == GroupOffsetState.FAILED;
            return incomplete
                    && !target.equals(offset.committed())
                    && offset.isDue(target, last ? Long.MAX_VALUE : nowMs, Long.MAX_VALUE);
        }
        return last || (looks && offset.isCommitted(target)) || offset.isDue(target, nowMs, refreshMs);
    }

    /** Nothing is to be committed, but the source has moved on or back beyond the mirror's end. */
    private static TrackedOffset settled(TrackedOffset offset, OffsetAndMetadata target) {
        return offset.heldFor() != null ? offset : offset.committed(target, offset.committedMs());
    }

    static boolean follows(MirrorRecord mirror) {
        return mirror.state() != MirrorState.STOPPED && mirror.state() != MirrorState.INITIALIZING;
    }

    static boolean isFollowing(LinkImage image, TrackedGroup group) {
        return group.offsets().keySet().stream().anyMatch(partition -> image.mirror(partition.topic())
                .filter(OffsetCommits::follows)
                .isPresent());
    }

    private static void leaveToMembers(
            TrackedGroup group, TopicPartition partition, OffsetAndMetadata target, long nowMs) {
        group.offsets()
                .computeIfPresent(
                        partition,
                        (key, offset) -> offset.held(
                                target,
                                offset.here(),
                                GroupOffsetState.ACTIVE_AT_DESTINATION,
                                "The group has members here and commits for itself; stop them if it should follow the source.",
                                nowMs + HOLD_MS));
    }

    private void yieldToOthers(
            LinkImage image,
            GroupTable table,
            Map<String, Map<TopicPartition, OffsetAndMetadata>> due,
            Set<String> last,
            long nowMs) {
        if (due.isEmpty()) {
            return;
        }
        Map<String, Set<TopicPartition>> asked = new HashMap<>();
        due.forEach((name, offsets) -> asked.put(name, new HashSet<>(offsets.keySet())));
        LocalGroups.Committed found = local.committed(asked);
        due.forEach((name, offsets) -> {
            TrackedGroup group = table.groups().get(name);
            Map<TopicPartition, Long> here = found.offsets().get(name);
            Errors failure = found.failures().getOrDefault(name, Errors.COORDINATOR_NOT_AVAILABLE);
            // Without knowing what is here nothing is committed: it might be moved back.
            offsets.entrySet().removeIf(entry -> {
                if (here == null) {
                    failed(
                            group,
                            entry.getKey(),
                            entry.getValue(),
                            failure,
                            missingAcl(failure, "DESCRIBE", name, entry.getKey()),
                            nowMs);
                    return true;
                }
                Long position = here.get(entry.getKey());
                boolean isLast = last.contains(entry.getKey().topic());
                return stands(group, entry.getKey(), entry.getValue(), position, nowMs)
                        || (!isBeyondEnd(image, group, entry.getKey(), position, isLast)
                                && yields(group, entry.getKey(), entry.getValue(), position, nowMs));
            });
        });
        due.values().removeIf(Map::isEmpty);
    }

    /** Whether it stands where it should, and does not expire soon. */
    private boolean stands(
            TrackedGroup group, TopicPartition partition, OffsetAndMetadata target, Long found, long nowMs) {
        TrackedOffset offset = group.offsets().get(partition);
        return found != null && found == target.offset() && !offset.isDue(target, nowMs, refreshMs);
    }

    /**
     * The mirror has lost its end since that was committed, by whomever: whoever goes on there skips what comes next. Where
     * the mirror ends is reported late, so that is believed the second time; the last time, if it may be the link's doing.
     */
    private boolean isBeyondEnd(
            LinkImage image, TrackedGroup group, TopicPartition partition, Long found, boolean isLast) {
        TrackedOffset offset = group.offsets().get(partition);
        return found != null
                && (offset.isAheadAt(found)
                        || (isLast && found <= offset.source().offset()))
                && image.mirror(partition.topic())
                        .flatMap(mirror -> bounds.of(image, mirror, partition.partition()))
                        .filter(range -> found > range.localEnd())
                        .isPresent();
    }

    private static boolean yields(
            TrackedGroup group, TopicPartition partition, OffsetAndMetadata target, Long found, long nowMs) {
        TrackedOffset offset = group.offsets().get(partition);
        if (found == null || !offset.yieldsTo(found, target)) {
            return false;
        }
        group.offsets()
                .put(
                        partition,
                        offset.held(
                                target,
                                found,
                                GroupOffsetState.AHEAD_HERE,
                                "Committed here at " + found + ", ahead of the source's "
                                        + offset.source().offset()
                                        + (target.offset() < offset.source().offset()
                                                ? " as far as it is mirrored (" + target.offset() + ")"
                                                : "")
                                        + "; not moved back. Reset the group here if it should follow the source.",
                                nowMs + HOLD_MS));
        return true;
    }

    private int commit(GroupTable table, Map<String, Map<TopicPartition, OffsetAndMetadata>> due, long nowMs) {
        if (due.isEmpty()) {
            return 0;
        }
        Map<String, Map<TopicPartition, Errors>> answers = local.commit(due);
        answers.forEach((name, results) -> {
            TrackedGroup group = table.groups().get(name);
            results.forEach((partition, error) -> {
                OffsetAndMetadata target = due.get(name).get(partition);
                if (error == Errors.NONE) {
                    group.offsets().computeIfPresent(partition, (key, offset) -> offset.committed(target, nowMs));
                } else if (HAS_MEMBERS.contains(error)) {
                    group.active(true);
                    leaveToMembers(group, partition, target, nowMs);
                } else {
                    failed(group, partition, target, error, missingAcl(error, "READ", name, partition), nowMs);
                }
            });
        });
        return (int) answers.values().stream()
                .filter(results -> results.containsValue(Errors.NONE))
                .count();
    }

    /** What the brokers' principal lacks, null if that is not what is wrong. */
    private static String missingAcl(Errors error, String operation, String group, TopicPartition partition) {
        return switch (error) {
            case GROUP_AUTHORIZATION_FAILED -> operation + " on GROUP '" + group + "'";
            case TOPIC_AUTHORIZATION_FAILED -> operation + " on TOPIC '" + partition.topic() + "'";
            default -> null;
        };
    }

    private static void failed(
            TrackedGroup group,
            TopicPartition partition,
            OffsetAndMetadata target,
            Errors error,
            String missingAcl,
            long nowMs) {
        boolean soon = error.exception() instanceof org.apache.kafka.common.errors.RetriableException;
        String why = missingAcl == null
                ? error.message() + " Tried again."
                : "the brokers' own principal needs the ACL " + missingAcl
                        + " in this cluster; grant it, or make it a super user.";
        group.offsets()
                .computeIfPresent(
                        partition,
                        (key, offset) -> offset.held(
                                target,
                                offset.here(),
                                GroupOffsetState.FAILED,
                                "Could not be committed here: " + why,
                                nowMs + (soon ? RETRY_MS : HOLD_MS)));
    }
}
