// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.protocol.GroupOffsetState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What the last sync of a topic's groups has come to. */
final class LastGroups {
    private static final int MAX_NAMES = 10;

    private final GroupKind kind;
    private final GroupTable table;
    private final Set<String> unread;
    private final String from;

    /**
     * @param unread groups that the source has and that could not be read now, by their name there
     * @param from says since when the source's positions are known, if it is not since now
     */
    LastGroups(GroupKind kind, GroupTable table, Set<String> unread, String from) {
        this.kind = kind;
        this.table = table;
        this.unread = unread;
        this.from = from;
    }

    /** Whether trying again would be in vain, as far as this cluster goes. */
    boolean isSettled(String topic, long nowMs) {
        return offsets(topic).noneMatch(offset -> offset.isPassing(nowMs));
    }

    private Stream<TrackedOffset> offsets(String topic) {
        return table.groups().values().stream().flatMap(group -> offsets(group, topic));
    }

    private static Stream<TrackedOffset> offsets(TrackedGroup group, String topic) {
        return group.offsets().entrySet().stream()
                .filter(entry -> entry.getKey().topic().equals(topic))
                .map(Map.Entry::getValue);
    }

    /** In one line; empty for share groups if there are none. */
    String summary(String topic) {
        Map<GroupOffsetState, List<String>> byState = byState(topic);
        if (byState.isEmpty() && unread.isEmpty() && kind == GroupKind.SHARE) {
            return "";
        }
        if (table.lastReadMs() < 0) {
            return "Consumer groups: not known, for the source did not answer since this broker coordinates; they stand"
                    + " where they were committed last.";
        }
        if (byState.isEmpty() && unread.isEmpty()) {
            return "Consumer groups: none had committed offsets of this topic" + from + ".";
        }
        List<String> parts = new ArrayList<>();
        byState.forEach((state, names) ->
                parts.add(text(state) + ": " + (state == GroupOffsetState.SYNCED ? few(names) : names(names))));
        if (!unread.isEmpty()) {
            parts.add("could not be read at the source now, as last read: " + names(unread));
        }
        return (kind == GroupKind.SHARE ? "Share groups" : "Consumer groups") + from + ": " + String.join("; ", parts)
                + ".";
    }

    private Map<GroupOffsetState, List<String>> byState(String topic) {
        Map<GroupOffsetState, List<String>> byState = new TreeMap<>();
        table.groups().forEach((name, group) -> offsets(group, topic)
                .map(offset -> state(group, offset))
                .max(GroupOffsetState::compareTo)
                .ifPresent(state ->
                        byState.computeIfAbsent(state, key -> new ArrayList<>()).add(name)));
        return byState;
    }

    private static GroupOffsetState state(TrackedGroup group, TrackedOffset offset) {
        if (group.isActive()) {
            return GroupOffsetState.ACTIVE_AT_DESTINATION;
        }
        return group.isDeletedAtSource() && offset.state() == GroupOffsetState.SYNCED
                ? GroupOffsetState.DELETED_AT_SOURCE
                : offset.state();
    }

    private static String few(Collection<String> names) {
        return names.size() > MAX_NAMES ? Integer.toString(names.size()) : names(names);
    }

    private static String names(Collection<String> names) {
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
