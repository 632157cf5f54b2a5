// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.protocol.GroupOffsetState;
import io.clusterlinks.protocol.GroupSummary;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;

/**
 * How the groups that follow a link fare together.
 *
 * @param states number of groups by state
 * @param maxLag offsets by which the group that is furthest behind the source is behind; a lag that is not known is none
 * @param sumLag of all groups
 */
public record GroupTotals(Map<GroupOffsetState, Integer> states, long maxLag, long sumLag) {
    public GroupTotals {
        states = Map.copyOf(states);
    }

    public static GroupTotals of(Collection<GroupSummary> groups) {
        Map<GroupOffsetState, Integer> states = new EnumMap<>(GroupOffsetState.class);
        long max = 0;
        long sum = 0;
        for (GroupSummary group : groups) {
            states.merge(group.state(), 1, Integer::sum);
            max = Math.max(max, group.lag());
            sum += Math.max(0, group.lag());
        }
        return new GroupTotals(states, max, sum);
    }

    public int groups() {
        return states.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** Groups that do not follow until somebody decides: ahead here, with members here, deleted at the source, or failed. */
    public int conflicting() {
        return states.entrySet().stream()
                .filter(entry -> switch (entry.getKey()) {
                    case AHEAD_HERE, ACTIVE_AT_DESTINATION, DELETED_AT_SOURCE, FAILED -> true;
                    case WAITING, SYNCED, COMPLETING -> false;
                })
                .mapToInt(Map.Entry::getValue)
                .sum();
    }
}
