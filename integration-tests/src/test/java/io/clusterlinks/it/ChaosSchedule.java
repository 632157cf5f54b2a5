// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** What goes wrong and when: a function of the seed and nothing else. */
record ChaosSchedule(long seed, List<Action> actions) {
    /** Kinds of faults and commands. */
    enum Kind {
        KILL_DESTINATION,
        KILL_SOURCE,
        FREEZE_DESTINATION,
        FREEZE_SOURCE,
        MOVE_DESTINATION,
        MOVE_SOURCE,
        MOVE_COORDINATOR,
        CUT,
        PAUSE_MIRROR,
        PAUSE_LINK,
        NEW_MIRROR,
        FAIL_OVER_MIRROR,
        ALTER_LINK
    }

    /**
     * One fault.
     *
     * @param afterMs since the first action; one that comes late follows at once
     * @param holdMs how long it lasts
     * @param pick chooses the broker, partition or topic
     */
    record Action(int index, Kind kind, long afterMs, long holdMs, int pick) {}

    static ChaosSchedule of(long seed, long durationMs) {
        Random random = new Random(seed);
        List<Action> actions = new ArrayList<>();
        for (long at = 500; at < durationMs; at += 500 + random.nextInt(2500)) {
            Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
            actions.add(new Action(actions.size(), kind, at, 200 + random.nextInt(4000), random.nextInt(1 << 20)));
        }
        return new ChaosSchedule(seed, List.copyOf(actions));
    }
}
