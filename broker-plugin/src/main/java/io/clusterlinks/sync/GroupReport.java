// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.protocol.GroupOffsetState;
import io.clusterlinks.protocol.GroupOffsetStatus;
import io.clusterlinks.protocol.GroupSummary;
import java.util.Collection;
import java.util.Locale;
import org.apache.kafka.common.TopicPartition;

/** Says of tracked groups what an operator should know. */
final class GroupReport {
    private static final String MOVED =
            "All its mirrors are topics of their own now; the group is its consumers' and the link leaves it alone.";

    private GroupReport() {}

    static GroupOffsetStatus status(TopicPartition partition, TrackedOffset offset) {
        return new GroupOffsetStatus(
                partition.topic(),
                partition.partition(),
                offset.source().offset(),
                here(offset),
                lag(offset),
                offset.committedMs(),
                offset.state(),
                offset.message());
    }

    private static long here(TrackedOffset offset) {
        return offset.committed() == null || offset.state() == GroupOffsetState.AHEAD_HERE
                ? offset.here()
                : offset.committed().offset();
    }

    private static long lag(TrackedOffset offset) {
        long here = here(offset);
        return here < 0 ? -1 : Math.max(0, offset.source().offset() - here);
    }

    static GroupSummary summary(String name, GroupKind kind, TrackedGroup group, long lastReadMs, boolean follows) {
        Collection<TrackedOffset> offsets = group.offsets().values();
        boolean known = offsets.stream().allMatch(offset -> lag(offset) >= 0);
        return new GroupSummary(
                name,
                group.sourceGroup(),
                kind.name().toLowerCase(Locale.ROOT),
                group.state(),
                offsets.size(),
                known ? offsets.stream().mapToLong(GroupReport::lag).sum() : -1,
                lastReadMs,
                offsets.stream().mapToLong(TrackedOffset::committedMs).max().orElse(-1),
                follows ? reason(group) : MOVED);
    }

    /** Why a group is not simply in step; null if it is. */
    static String reason(TrackedGroup group) {
        if (group.isDeletedAtSource()) {
            return "Deleted at the source; what was committed here stays. Delete the group here, too, if it is not needed any more.";
        }
        if (group.isActive()) {
            return "The group has members here and is left alone; stop them if it should follow the source.";
        }
        return group.offsets().values().stream()
                .filter(offset -> offset.state() == group.state() && offset.message() != null)
                .map(TrackedOffset::message)
                .findFirst()
                .orElse(null);
    }

    static void trouble(String name, TrackedGroup group, TaskOutcome.Counter counter) {
        switch (group.state()) {
            case AHEAD_HERE, ACTIVE_AT_DESTINATION, DELETED_AT_SOURCE, FAILED ->
                counter.trouble(name, group.state().name(), String.valueOf(reason(group)));
            case WAITING, SYNCED, COMPLETING -> {}
        }
    }
}
