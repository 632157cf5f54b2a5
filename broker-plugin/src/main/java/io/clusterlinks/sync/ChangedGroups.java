// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.common.utils.Utils;

/**
 * Which groups of a source may have changed since they were last read, so that thousands of idle ones cost nothing. A group
 * that commits, comes or goes appends to one partition of the source's log of groups, chosen by the group's name; where that
 * partition's end has not moved there is nothing to read. Everything is read now and then nevertheless, and for good once
 * that shows that a source keeps its groups otherwise. For one thread.
 */
final class ChangedGroups {
    /** How often everything is read though the ends say that there is nothing new. */
    static final long COMPLETE_MS = 10_000;

    /**
     * A source answers with what was committed a moment after it answers with the new end, so groups are read until so long
     * after a move.
     */
    static final long SETTLE_MS = 1_000;

    private final Map<Integer, Long> ends = new HashMap<>();
    /** When partitions were seen to have moved of which the groups have not been read late enough. */
    private final Map<Integer, Long> movedMs = new HashMap<>();
    /** Partitions whose groups have changed while their end had not moved: it must have by the next look. */
    private final Set<Integer> suspects = new HashSet<>();

    private Object basis;
    private long completeMs;
    private boolean distrusted;

    /**
     * What to read.
     *
     * @param everything whether that is every group
     * @param partitions those of the log of groups that have moved, as far as that is known
     * @param ends as they were before anything was read; empty if they are not known
     */
    record Reading(boolean everything, Set<Integer> partitions, Map<Integer, Long> ends, Object basis) {
        boolean isNothing() {
            return !everything && partitions.isEmpty();
        }

        boolean includes(String group) {
            return everything || isMoved(group);
        }

        boolean isMoved(String group) {
            return ends.isEmpty() || partitions.contains(partition(group, ends.size()));
        }
    }

    /** As brokers do it since there are groups in them. */
    static int partition(String group, int partitions) {
        return Utils.abs(group.hashCode()) % partitions;
    }

    /** Whether it is worth asking for ends. */
    boolean isTrusted() {
        return !distrusted;
    }

    /**
     * What to read now.
     *
     * @param now ends of the log of groups, empty if they are not known
     * @param newBasis what else decides about what is read: where it is another than the last, everything is read
     */
    Reading next(Map<Integer, Long> now, Object newBasis, long nowMs) {
        boolean known = !distrusted && !now.isEmpty() && now.size() == ends.size() && Objects.equals(basis, newBasis);
        if (!known) {
            return new Reading(true, Set.of(), distrusted ? Map.of() : now, newBasis);
        }
        for (int suspect : suspects) {
            distrusted |= Objects.equals(ends.get(suspect), now.get(suspect));
        }
        suspects.clear();
        if (distrusted) {
            return new Reading(true, Set.of(), Map.of(), newBasis);
        }
        now.forEach((partition, end) -> {
            if (!end.equals(ends.get(partition))) {
                movedMs.put(partition, nowMs);
            }
        });
        return new Reading(nowMs - completeMs >= COMPLETE_MS, Set.copyOf(movedMs.keySet()), now, newBasis);
    }

    /**
     * Takes note that what was to be read has been. Without this call the same is to be read again.
     *
     * @param changed groups that were found changed
     * @param nowMs as it was when that was decided
     */
    void done(Reading reading, Set<String> changed, long nowMs) {
        boolean compares = Objects.equals(basis, reading.basis())
                && ends.size() == reading.ends().size();
        if (compares && !reading.ends().isEmpty()) {
            changed.stream()
                    .filter(group -> !reading.isMoved(group))
                    .forEach(group ->
                            suspects.add(partition(group, reading.ends().size())));
            movedMs.values().removeIf(moved -> nowMs - moved >= SETTLE_MS);
        } else {
            suspects.clear();
            movedMs.clear();
            reading.ends().keySet().forEach(partition -> movedMs.put(partition, nowMs));
        }
        if (reading.everything()) {
            completeMs = nowMs;
        }
        basis = reading.basis();
        ends.clear();
        ends.putAll(reading.ends());
    }
}
