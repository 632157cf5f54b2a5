// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.protocol.GroupOffsetState;
import io.clusterlinks.protocol.GroupOffsetStatus;
import io.clusterlinks.protocol.GroupSummary;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;

/** Says of tracked groups what an operator should know. */
final class GroupReport {
    private static final int MAX_NAMES = 10;

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

    static GroupSummary summary(String name, GroupKind kind, TrackedGroup group, long lastReadMs) {
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
                reason(group));
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

    /** What became of the groups of a topic that stops, in one line. */
    static String summary(GroupKind kind, GroupTable table, String topic, String suffix) {
        Map<GroupOffsetState, List<String>> byState = new TreeMap<>();
        table.groups().forEach((name, group) -> group.offsets().entrySet().stream()
                .filter(entry -> entry.getKey().topic().equals(topic))
                .map(entry -> group.isActive()
                        ? GroupOffsetState.ACTIVE_AT_DESTINATION
                        : entry.getValue().state())
                .max(GroupOffsetState::compareTo)
                .ifPresent(state ->
                        byState.computeIfAbsent(state, key -> new ArrayList<>()).add(name)));
        if (byState.isEmpty() && kind == GroupKind.SHARE) {
            return "";
        }
        if (table.lastReadMs() < 0) {
            return "Consumer groups: not known, for the source did not answer since this broker coordinates; they stand"
                    + " where they were committed last.";
        }
        if (byState.isEmpty()) {
            return "Consumer groups: none had committed offsets of this topic" + suffix + ".";
        }
        List<String> parts = new ArrayList<>();
        byState.forEach((state, names) -> parts.add(text(state) + ": " + names(names, state)));
        return (kind == GroupKind.SHARE ? "Share groups" : "Consumer groups") + suffix + ": " + String.join("; ", parts)
                + ".";
    }

    private static String names(List<String> names, GroupOffsetState state) {
        if (state == GroupOffsetState.SYNCED && names.size() > MAX_NAMES) {
            return Integer.toString(names.size());
        }
        String some = String.join(", ", names.stream().sorted().limit(MAX_NAMES).toList());
        return names.size() + " (" + some + (names.size() > MAX_NAMES ? ", ..." : "") + ")";
    }

    private static String text(GroupOffsetState state) {
        return switch (state) {
            case SYNCED -> "in step with the source";
            case COMPLETING -> "at the end of the mirror, before their position at the source";
            case AHEAD_HERE -> "left alone, ahead here (AHEAD_HERE)";
            case ACTIVE_AT_DESTINATION -> "left alone, with members here (ACTIVE_AT_DESTINATION)";
            case DELETED_AT_SOURCE -> "deleted at the source";
            case WAITING -> "not committed, the partition's leader did not report";
            case FAILED -> "not committed";
        };
    }
}
