// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.source.SourceOffsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/** The consumer groups that a link follows, by their name here. Written under the link's lock, read by any thread. */
final class GroupTable {
    private final Map<String, TrackedGroup> groups = new ConcurrentHashMap<>();
    private volatile Map<String, String> unreadable = Map.of();
    private long readStartedNs;
    private boolean wasRead;
    private volatile boolean hidden;
    private volatile long lastReadMs = -1;
    private long membersSeenMs;

    Map<String, TrackedGroup> groups() {
        return groups;
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

    void membersSeen(Set<String> active, long nowMs) {
        membersSeenMs = nowMs;
        groups.forEach((name, group) -> group.active(active.contains(name)));
    }

    /**
     * Takes over what was read at the source; of two reads the one that began later wins.
     *
     * @param listed every group of the source that takes part
     * @param mirrors mirrors that still follow, by the name of their source topic
     */
    void update(
            long startedNs,
            String prefix,
            Set<String> listed,
            SourceOffsets read,
            Map<String, List<MirrorRecord>> mirrors) {
        if (wasRead && startedNs - readStartedNs < 0) {
            return;
        }
        wasRead = true;
        readStartedNs = startedNs;
        unreadable = Map.copyOf(read.failures());
        groups.values().forEach(group -> group.deletedAtSource(!hidden && !listed.contains(group.sourceGroup())));
        read.offsets().forEach((group, offsets) -> update(prefix, group, offsets, mirrors));
    }

    private void update(
            String prefix,
            String group,
            Map<TopicPartition, OffsetAndMetadata> offsets,
            Map<String, List<MirrorRecord>> mirrors) {
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
                }
            }
        }
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

    /** Forgets groups that the filters do not include any more, and offsets of topics that are not mirrored any more. */
    void retain(Predicate<String> sourceGroups, Set<String> topics) {
        groups.values().removeIf(group -> !sourceGroups.test(group.sourceGroup()));
        groups.values().forEach(group -> group.offsets().keySet().removeIf(it -> !topics.contains(it.topic())));
        groups.values().removeIf(group -> group.offsets().isEmpty());
    }
}
