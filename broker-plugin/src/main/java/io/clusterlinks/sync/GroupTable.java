// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.source.SourceOffsets;
import io.clusterlinks.state.LinkImage;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** The consumer groups that a link follows, by their name here. Written under the link's lock, read by any thread. */
final class GroupTable {
    /**
     * How long a group must have nothing committed here to be gone: a broker that has just become the coordinator of a share
     * group, or of one that gives no settled answer, shows only what is below its high watermark, which may be behind.
     */
    static final long GONE_MS = 5_000;

    private final Map<String, TrackedGroup> groups = new ConcurrentHashMap<>();
    private final ChangedGroups changes = new ChangedGroups();
    private volatile Map<String, String> unreadable = Map.of();
    private final Lock reading = new ReentrantLock();
    private volatile boolean wasRead;
    /** Groups that were followed before this broker coordinated, and that the source does not list. */
    private volatile Set<String> lost = Set.of();
    /** Topics here, with their ids, that were mirrors when the source was last read. */
    private Map<String, String> topicIds = Map.of();

    /** Since when groups, by their name here, have had nothing committed. */
    private final Map<String, Long> absentSinceMs = new HashMap<>();

    private volatile boolean hidden;
    private volatile boolean listedAny = true;
    private volatile long lastReadMs = -1;
    private long membersSeenMs;
    private long lookedMs = -1;
    private LinkImage restingImage;
    private long restUntilMs;

    /** Held while the source is read: one that waits for open transactions is not to be overtaken by one that does not. */
    Lock reading() {
        return reading;
    }

    Map<String, TrackedGroup> groups() {
        return groups;
    }

    /** What of the source has to be read again; for the thread that reads at intervals. */
    ChangedGroups changes() {
        return changes;
    }

    /** Whether nothing has to be read of a source whose log of groups has not moved. */
    boolean isIdle(GroupKind kind) {
        return kind.keepsOffsetsInGroupLog() ? unreadable.isEmpty() : !listedAny;
    }

    /** Why offsets could not be read, by the group's name at the source. */
    Map<String, String> unreadable() {
        return unreadable;
    }

    /** When the source last answered, -1 if it never did. */
    long lastReadMs() {
        return lastReadMs;
    }

    /** Whether the source may have groups that the link's principal does not see. */
    boolean mayHide() {
        return hidden;
    }

    void mayHide(boolean now) {
        hidden = now;
    }

    /** Whether a group that was there is not among {@code listed}: deleted, or out of sight. */
    boolean misses(Set<String> listed) {
        return groups.values().stream().anyMatch(group -> !listed.contains(group.sourceGroup()));
    }

    void read(long nowMs) {
        lastReadMs = nowMs;
    }

    /** When it was last seen which groups have members here. */
    long membersSeenMs() {
        return membersSeenMs;
    }

    /** Whether it is time to compare all with what is committed here; {@code true} once each {@code everyMs}. */
    boolean looks(long nowMs, long everyMs) {
        if (lookedMs >= 0 && nowMs - lookedMs < everyMs) {
            return false;
        }
        lookedMs = nowMs;
        return true;
    }

    /** A group of which no broker says whether it has members is taken to have them if it had. */
    void membersSeen(LocalGroups.Active seen, long nowMs) {
        membersSeenMs = nowMs;
        groups.forEach(
                (name, group) -> group.active(seen.names().contains(name) || (group.isActive() && !seen.complete())));
    }

    /**
     * Takes over what was read at the source, by who holds {@link #reading}.
     *
     * @param followed every group that the link followed up to now, by its name at the source
     * @param listed every group of the source that takes part
     * @param read what was read of them, which may be some only
     * @param mirrors mirrors that still follow, by the name of their source topic
     * @return groups of which something was found changed, by their name at the source
     */
    Set<String> update(
            String prefix,
            Set<String> followed,
            Set<String> listed,
            SourceOffsets read,
            Map<String, List<MirrorRecord>> mirrors) {
        wasRead = true;
        unreadable = unreadable(listed, read, mirrors);
        listedAny = !listed.isEmpty();
        groups.values().forEach(group -> group.deletedAtSource(!hidden && !listed.contains(group.sourceGroup())));
        lost = followed.stream()
                .filter(group -> !listed.contains(group) && !groups.containsKey(prefix + group))
                .collect(Collectors.toSet());
        Set<String> changed = new HashSet<>();
        restingImage = null;
        read.offsets().forEach((group, offsets) -> {
            if (update(prefix, group, offsets, mirrors)) {
                changed.add(group);
            }
        });
        return changed;
    }

    private Map<String, String> unreadable(
            Set<String> listed, SourceOffsets read, Map<String, List<MirrorRecord>> mirrors) {
        Map<String, String> why = new HashMap<>(read.failures());
        if (hidden) {
            Set<String> topics = mirrors.values().stream()
                    .flatMap(List::stream)
                    .map(MirrorRecord::topic)
                    .collect(Collectors.toSet());
            groups.values().stream()
                    .filter(group -> !listed.contains(group.sourceGroup()) && group.isIn(topics))
                    .forEach(group -> why.put(group.sourceGroup(), outOfSight(group.sourceGroup())));
        }
        return Map.copyOf(why);
    }

    private static String outOfSight(String group) {
        return "The source does not show it any more: deleted there, or the link's principal needs the ACL DESCRIBE on GROUP '"
                + group + "' at the source.";
    }

    /** Source topics in which {@code read} shows a group before where it was. */
    Set<String> wentBack(String prefix, SourceOffsets read, Map<String, List<MirrorRecord>> mirrors) {
        Set<String> topics = new HashSet<>();
        read.offsets().forEach((group, offsets) -> {
            TrackedGroup tracked = groups.get(prefix + group);
            if (tracked != null) {
                offsets.forEach((partition, offset) -> {
                    List<MirrorRecord> of = mirrors.getOrDefault(partition.topic(), List.of());
                    if (offset != null
                            && of.stream().anyMatch(mirror -> isBefore(offset, tracked, mirror, partition))) {
                        topics.add(partition.topic());
                    }
                });
            }
        });
        return topics;
    }

    private static boolean isBefore(
            OffsetAndMetadata offset, TrackedGroup tracked, MirrorRecord mirror, TopicPartition partition) {
        TrackedOffset before = tracked.offsets().get(new TopicPartition(mirror.topic(), partition.partition()));
        return before != null && offset.offset() < before.source().offset();
    }

    private boolean update(
            String prefix,
            String group,
            Map<TopicPartition, OffsetAndMetadata> offsets,
            Map<String, List<MirrorRecord>> mirrors) {
        boolean changed = false;
        TrackedGroup tracked = groups.get(prefix + group);
        for (Map.Entry<TopicPartition, OffsetAndMetadata> entry : offsets.entrySet()) {
            Collection<MirrorRecord> of = mirrors.get(entry.getKey().topic());
            if (of == null || entry.getValue() == null) {
                continue;
            }
            if (tracked == null) {
                tracked = groups.computeIfAbsent(prefix + group, name -> new TrackedGroup(group));
            }
            for (MirrorRecord mirror : of) {
                TopicPartition here =
                        new TopicPartition(mirror.topic(), entry.getKey().partition());
                TrackedOffset before = tracked.offsets().get(here);
                TrackedOffset now =
                        before == null ? TrackedOffset.of(entry.getValue()) : before.withSource(entry.getValue());
                if (now != before) {
                    tracked.offsets().put(here, now);
                    changed = true;
                }
            }
        }
        return changed;
    }

    /** Nothing is to be committed, as far as {@code image} goes, until the source is read again or {@code untilMs}. */
    void rest(LinkImage image, long untilMs) {
        restingImage = image;
        restUntilMs = untilMs;
    }

    boolean isResting(LinkImage image, long nowMs) {
        return image == restingImage && nowMs < restUntilMs;
    }

    /** Groups that the source has deleted while nobody knew where they stand; none where it may have hidden them. */
    Set<String> lost() {
        return hidden ? Set.of() : Set.copyOf(lost);
    }

    /** What became of groups that were {@link #lost}: by name at the source, what is committed here of each. */
    void found(String prefix, Map<String, Map<TopicPartition, Long>> here) {
        here.forEach((group, offsets) -> {
            TrackedGroup tracked = new TrackedGroup(group);
            tracked.deletedAtSource(true);
            offsets.forEach((partition, offset) -> tracked.offsets().put(partition, TrackedOffset.found(offset)));
            if (!offsets.isEmpty()) {
                groups.putIfAbsent(prefix + group, tracked);
            }
        });
        lost = lost.stream().filter(group -> !here.containsKey(group)).collect(Collectors.toSet());
    }

    /** Whether a group is gone here, given whether it was found to have nothing committed just now. */
    boolean isGoneHere(String name, boolean absent, long nowMs) {
        if (!absent) {
            absentSinceMs.remove(name);
            return false;
        }
        boolean gone = nowMs - absentSinceMs.computeIfAbsent(name, first -> nowMs) >= GONE_MS;
        if (gone) {
            // Should there be one of that name again, it is given the same time.
            absentSinceMs.remove(name);
        }
        return gone;
    }

    /** Every group that is followed, by its name at the source; also those that cannot be read now. */
    Set<String> followed() {
        Set<String> followed = new HashSet<>(lost);
        followed.addAll(unreadable.keySet());
        groups.values().forEach(group -> followed.add(group.sourceGroup()));
        return followed;
    }

    /** Whether the source has said which groups it has. */
    boolean wasRead() {
        return wasRead;
    }

    /** Groups that the source has no more, with the partitions of which they have offsets here. */
    Map<String, Set<TopicPartition>> deletedAtSource() {
        Map<String, Set<TopicPartition>> deleted = new HashMap<>();
        groups.forEach((name, group) -> {
            if (group.isDeletedAtSource()) {
                deleted.put(name, Set.copyOf(group.offsets().keySet()));
            }
        });
        return deleted;
    }

    /**
     * Forgets groups that the filters do not include any more, and offsets of topics that are not mirrored any more: with a
     * topic its offsets are gone here, also if there is another of that name.
     *
     * @param topics ids of the mirrors here, by name
     */
    void retain(Predicate<String> sourceGroups, Map<String, String> topics) {
        Map<String, String> before = topicIds;
        topicIds = topics;
        lost = lost.stream().filter(sourceGroups).collect(Collectors.toSet());
        groups.values().removeIf(group -> !sourceGroups.test(group.sourceGroup()));
        groups.values().forEach(group -> group.offsets()
                .keySet()
                .removeIf(it -> isGone(before.get(it.topic()), topics.get(it.topic()))));
        groups.values().removeIf(group -> group.offsets().isEmpty());
    }

    private static boolean isGone(String idBefore, String idNow) {
        return idNow == null || (idBefore != null && !idBefore.equals(idNow));
    }
}
