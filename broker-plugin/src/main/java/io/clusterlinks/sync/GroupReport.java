// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.protocol.GroupOffsetState;
import io.clusterlinks.protocol.GroupOffsetStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;

/** Says of tracked groups what an operator should know. */
final class GroupReport {
    private static final int MAX_NAMES = 10;

    private GroupReport() {}

    static GroupOffsetStatus status(TopicPartition partition, TrackedOffset offset) {
        long here = offset.committed() == null || offset.state() == GroupOffsetState.AHEAD_HERE
                ? offset.here()
                : offset.committed().offset();
        return new GroupOffsetStatus(
                partition.topic(),
                partition.partition(),
                offset.source().offset(),
                here,
                offset.state(),
                offset.message());
    }

    /** Why a group is not simply in step; null if it is. */
    static String reason(TrackedGroup group) {
        if (group.isDeletedAtSource()) {
            return "Deleted at the source; what was committed here stays. Delete the group here if it is not needed.";
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
        if (group.isDeletedAtSource()) {
            counter.trouble(name, "DELETED_AT_SOURCE", reason(group));
        } else {
            switch (group.state()) {
                case AHEAD_HERE, ACTIVE_AT_DESTINATION, FAILED ->
                    counter.trouble(name, group.state().name(), String.valueOf(reason(group)));
                case WAITING, SYNCED, COMPLETING -> {}
            }
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
            case WAITING -> "not committed, the partition's leader did not report";
            case FAILED -> "not committed";
        };
    }
}
