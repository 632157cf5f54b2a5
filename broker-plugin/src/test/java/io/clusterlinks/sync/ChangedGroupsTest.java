// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.sync.ChangedGroups.Reading;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ChangedGroupsTest {
    private static final Map<Integer, Long> ENDS = Map.of(0, 10L, 1, 20L);
    private static final String BASIS = "mirrors and filters";

    /** "a" is 97 and belongs to partition 1 of two, "b" to partition 0. */
    private static final String OF_ONE = "a";

    private static final String OF_ZERO = "b";

    private final ChangedGroups changed = new ChangedGroups();
    private long nowMs = 1_000_000;

    @Test
    void readsEverythingAtFirstAndWhereEndsAreNotKnown() {
        assertThat(changed.next(ENDS, BASIS, nowMs).everything()).isTrue();
        round(ENDS);

        assertThat(changed.next(Map.of(), BASIS, nowMs).everything()).isTrue();
    }

    @Test
    void readsNothingWhereNothingMoved() {
        settled();

        assertThat(changed.next(ENDS, BASIS, nowMs).isNothing()).isTrue();
    }

    @Test
    void readsTheGroupsOfAPartitionThatMovedUntilItHasSettled() {
        settled();
        Map<Integer, Long> moved = Map.of(0, 10L, 1, 21L);

        Reading first = round(moved);
        nowMs += ChangedGroups.SETTLE_MS;
        Reading second = round(moved);
        nowMs += 1000;
        Reading third = round(moved);

        assertThat(first.everything()).isFalse();
        assertThat(first.includes(OF_ONE)).isTrue();
        assertThat(first.includes(OF_ZERO)).isFalse();
        assertThat(second.includes(OF_ONE)).isTrue();
        assertThat(third.isNothing()).isTrue();
    }

    @Test
    void readsAgainWhatCouldNotBeRead() {
        settled();
        Map<Integer, Long> moved = Map.of(0, 11L, 1, 20L);
        assertThat(changed.next(moved, BASIS, nowMs).includes(OF_ZERO)).isTrue();

        nowMs += ChangedGroups.SETTLE_MS + 1;
        assertThat(changed.next(moved, BASIS, nowMs).includes(OF_ZERO)).isTrue();
    }

    @Test
    void readsOnceMoreHoweverLongThatTakes() {
        settled();
        Map<Integer, Long> moved = Map.of(0, 11L, 1, 20L);
        round(moved);

        // Meanwhile the source did not answer, or the interval is a long one
        nowMs += ChangedGroups.COMPLETE_MS / 2;
        Reading later = round(moved);

        assertThat(later.includes(OF_ZERO)).isTrue();
        assertThat(changed.next(moved, BASIS, nowMs).isNothing()).isTrue();
    }

    @Test
    void aLogOfGroupsThatLostItsEndHasMovedToo() {
        settled();

        assertThat(changed.next(Map.of(0, 10L, 1, 15L), BASIS, nowMs).includes(OF_ONE))
                .isTrue();
    }

    @Test
    void readsEverythingNowAndThenAndWhereTheBasisChanged() {
        settled();
        assertThat(changed.next(ENDS, "another mirror", nowMs).everything()).isTrue();

        nowMs += ChangedGroups.COMPLETE_MS;
        assertThat(changed.next(ENDS, BASIS, nowMs).everything()).isTrue();
    }

    @Test
    void doesNotTrustASourceThatKeepsItsGroupsElsewhere() {
        settled();
        nowMs += ChangedGroups.COMPLETE_MS;
        changed.done(changed.next(ENDS, BASIS, nowMs), Set.of(OF_ONE), nowMs);

        assertThat(changed.next(ENDS, BASIS, nowMs + 1000).everything()).isTrue();
        assertThat(changed.isTrusted()).isFalse();
    }

    @Test
    void trustsASourceThatCommittedBetweenTheTwoQuestions() {
        settled();
        nowMs += ChangedGroups.COMPLETE_MS;
        changed.done(changed.next(ENDS, BASIS, nowMs), Set.of(OF_ONE), nowMs);

        Reading next = changed.next(Map.of(0, 10L, 1, 21L), BASIS, nowMs + 1000);

        assertThat(next.everything()).isFalse();
        assertThat(next.includes(OF_ONE)).isTrue();
        assertThat(changed.isTrusted()).isTrue();
    }

    private void settled() {
        round(ENDS);
        nowMs += ChangedGroups.SETTLE_MS + 1;
        round(ENDS);
    }

    private Reading round(Map<Integer, Long> ends) {
        Reading reading = changed.next(ends, BASIS, nowMs);
        changed.done(reading, Set.of(), nowMs);
        return reading;
    }
}
