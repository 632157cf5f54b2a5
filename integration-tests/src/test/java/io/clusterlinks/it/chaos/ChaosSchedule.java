// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.chaos;

import io.clusterlinks.it.TestClusterBuilder.Controllers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;

/**
 * What goes wrong and when: a function of the seed and the duration, and of nothing else. Actions of one lane follow
 * each other; lanes run at the same time.
 */
record ChaosSchedule(long seed, long durationMs, Shape shape, List<Action> actions) {
    /** Nothing that takes longer than this begins so close to the end. */
    private static final long TAIL_MS = 2_000;

    /**
     * What the clusters are like.
     *
     * @param source where its controllers run
     * @param destination where its controllers run
     * @param proxiedDestination whether nodes of the destination reach each other, and clients them, through proxies
     * @param fewestReplicas replication factor that mirrors have at least; no more than 3 have any
     * @param proxiedSource the same of the source as of the destination
     */
    record Shape(
            Controllers source,
            Controllers destination,
            boolean proxiedDestination,
            int fewestReplicas,
            boolean proxiedSource) {
        private static final int MOST_REPLICAS = 3;

        /** Replication factor of a mirror topic, always the same. */
        int replicas(String topic) {
            return fewestReplicas + Math.floorMod(topic.hashCode(), 1 + MOST_REPLICAS - fewestReplicas);
        }
    }

    /** Who is acted upon; one action at a time in each. */
    enum Lane {
        DESTINATION,
        SOURCE,
        NETWORK,
        COMMANDS,
        MORE_COMMANDS,
        BELONGINGS;

        private boolean takesCommands() {
            return this == COMMANDS || this == MORE_COMMANDS;
        }
    }

    /** Kinds of faults and commands. */
    enum Kind {
        KILL_DESTINATION(Lane.DESTINATION, 5_000),
        KILL_COORDINATOR(Lane.DESTINATION, 5_000),
        KILL_TWO(Lane.DESTINATION, 8_000),
        KILL_ALL_DESTINATION(Lane.DESTINATION, 12_000),
        KILL_DESTINATION_CONTROLLER(Lane.DESTINATION, 5_000),
        FREEZE_DESTINATION(Lane.DESTINATION, 0),
        FREEZE_COORDINATOR(Lane.DESTINATION, 0),
        FREEZE_DESTINATION_CONTROLLER(Lane.DESTINATION, 0),
        ROLL_DESTINATION(Lane.DESTINATION, 20_000),
        SHUFFLE_DESTINATION(Lane.DESTINATION, 500),
        NARROW_DESTINATION(Lane.DESTINATION, 1_000),
        UNCLEAN_DESTINATION(Lane.DESTINATION, 15_000),
        WIPE_DESTINATION(Lane.DESTINATION, 12_000),
        MOVE_LOGS_DESTINATION(Lane.DESTINATION, 500),
        ISOLATE_DESTINATION(Lane.DESTINATION, 0),
        CUT_OFF_DESTINATION(Lane.DESTINATION, 6_000),
        CUT_OFF_COORDINATOR(Lane.DESTINATION, 6_000),
        STALL_DESTINATION(Lane.DESTINATION, 0),
        SLOW_DESTINATION(Lane.DESTINATION, 0),
        MOVE_COORDINATOR(Lane.DESTINATION, 500),
        KILL_SOURCE(Lane.SOURCE, 5_000),
        KILL_ALL_SOURCE(Lane.SOURCE, 12_000),
        KILL_SOURCE_CONTROLLER(Lane.SOURCE, 5_000),
        FREEZE_SOURCE(Lane.SOURCE, 0),
        FREEZE_SOURCE_CONTROLLER(Lane.SOURCE, 0),
        ROLL_SOURCE(Lane.SOURCE, 20_000),
        SHUFFLE_SOURCE(Lane.SOURCE, 500),
        CUT_OFF_SOURCE(Lane.SOURCE, 6_000),
        UNCLEAN_ELECTION(Lane.SOURCE, 12_000),
        DELETE_HEAD(Lane.SOURCE, 100),
        ADD_PARTITION(Lane.SOURCE, 100),
        CUT(Lane.NETWORK, 0),
        CUT_ONE(Lane.NETWORK, 0),
        SLOW(Lane.NETWORK, 0),
        STALL(Lane.NETWORK, 0),
        LEAD_ASTRAY(Lane.NETWORK, 0),
        SET_CONFIG(Lane.BELONGINGS, 300),
        ADD_ACL(Lane.BELONGINGS, 300),
        REMOVE_ACL(Lane.BELONGINGS, 300),
        COMMIT_OFFSET(Lane.BELONGINGS, 300),
        DELETE_GROUP(Lane.BELONGINGS, 300),
        DELETE_TOPIC(Lane.BELONGINGS, 300),
        RECREATE_TOPIC(Lane.BELONGINGS, 1_000),
        CREATE_MIRROR(null, 500),
        CREATE_SIDE_MIRROR(null, 500),
        PAUSE_MIRROR(null, 200),
        RESUME_MIRROR(null, 200),
        PROMOTE_MIRROR(null, 200),
        FAIL_OVER_MIRROR(null, 200),
        REPAIR_MIRROR(null, 200),
        FAIL_OVER_LENT(null, 200),
        ADOPT_LENT(null, 200),
        PAUSE_LINK(null, 200),
        RESUME_LINK(null, 200),
        ALTER_LINK(null, 200),
        CREATE_SIDE_LINK(null, 1_000),
        DELETE_SIDE_LINK(null, 500);

        /** Null: a command, for either of their lanes. */
        private final Lane lane;
        /** What it takes besides the time it is held. */
        private final long costMs;

        Kind(Lane lane, long costMs) {
            this.lane = lane;
            this.costMs = costMs;
        }

        private static List<Kind> of(Lane lane) {
            return Arrays.stream(values())
                    .filter(kind -> kind.lane == lane || (kind.isCommand() && lane.takesCommands()))
                    .toList();
        }

        private boolean isCommand() {
            return lane == null;
        }

        private boolean isShort() {
            return lane == Lane.BELONGINGS || (isCommand() && this != PAUSE_LINK && this != PAUSE_MIRROR);
        }
    }

    /**
     * One fault or command.
     *
     * @param afterMs since the start; one whose lane is busy then follows at once, or not at all if time is up
     * @param holdMs how long a fault lasts
     * @param pick chooses the broker, partition or topic
     */
    record Action(Lane lane, int index, Kind kind, long afterMs, long holdMs, int pick) {
        @Override
        public String toString() {
            return String.format("%6d ms %s-%d %s for %d ms, pick %d", afterMs, lane, index, kind, holdMs, pick);
        }
    }

    static ChaosSchedule of(long seed, long durationMs) {
        Random random = random(seed, -1);
        Shape shape = new Shape(
                pick(random, Controllers.values()),
                pick(random, Controllers.values()),
                random.nextBoolean(),
                1 + random.nextInt(Shape.MOST_REPLICAS),
                random.nextBoolean());
        List<Action> actions = new ArrayList<>();
        for (Lane lane : Lane.values()) {
            fill(lane, random(seed, lane.ordinal()), durationMs, actions);
        }
        actions.sort((one, other) -> Long.compare(one.afterMs(), other.afterMs()));
        return new ChaosSchedule(seed, durationMs, shape, List.copyOf(actions));
    }

    private static <T> T pick(Random random, T[] values) {
        return values[random.nextInt(values.length)];
    }

    /** Of small seeds that differ little {@link Random} makes first numbers that hardly differ. */
    private static Random random(long seed, int stream) {
        return new Random(new SplittableRandom(31 * seed + stream).nextLong());
    }

    /** Kinds are dealt like cards, so that none is missing for long. */
    private static void fill(Lane lane, Random random, long durationMs, List<Action> actions) {
        List<Kind> deck = new ArrayList<>();
        long at = random.nextInt(1_500);
        for (int index = 0; true; index++) {
            if (deck.isEmpty()) {
                deck.addAll(Kind.of(lane));
                if (deck.contains(Kind.CREATE_MIRROR)) {
                    // Half of the other commands need one.
                    deck.addAll(List.of(Kind.CREATE_MIRROR, Kind.CREATE_MIRROR, Kind.CREATE_SIDE_LINK));
                    deck.addAll(Collections.nCopies(3, Kind.CREATE_SIDE_MIRROR));
                    deck.addAll(List.of(Kind.FAIL_OVER_LENT, Kind.ADOPT_LENT, Kind.ADOPT_LENT));
                }
                if (deck.contains(Kind.COMMIT_OFFSET)) {
                    deck.addAll(List.of(Kind.SET_CONFIG, Kind.ADD_ACL, Kind.COMMIT_OFFSET, Kind.COMMIT_OFFSET));
                }
                Collections.shuffle(deck, random);
            }
            Kind kind = deck.remove(0);
            long holdMs = kind.isShort() ? 0 : 100 + random.nextInt(random.nextInt(4) == 0 ? 8_000 : 2_500);
            Action action = new Action(lane, index, kind, at, holdMs, random.nextInt(1 << 20));
            at += holdMs + kind.costMs + random.nextInt(kind.isCommand() ? 1_200 : 2_000);
            if (action.afterMs() > durationMs - TAIL_MS) {
                return;
            }
            if (at <= durationMs) {
                actions.add(action);
            }
        }
    }

    List<Action> of(Lane lane) {
        return actions.stream().filter(action -> action.lane() == lane).toList();
    }
}
