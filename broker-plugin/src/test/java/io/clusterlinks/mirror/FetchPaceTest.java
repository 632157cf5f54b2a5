// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.source.SourceFetchClient.Pace;
import org.junit.jupiter.api.Test;

class FetchPaceTest {
    private static final int MB = 1024 * 1024;
    private static final FetchRound.Settings SETTINGS = new FetchRound.Settings(500, 1, 16 * MB, 2 * MB);

    private final FetchPace pace = new FetchPace();

    /** An answer of {@code bytes} over a line of {@code mbPerSecond}. */
    private void answer(int bytes, double waitMs, double mbPerSecond) {
        pace.onAnswer(new Pace(bytes, (long) (waitMs * 1e6), (long) (bytes / mbPerSecond * 1000), 0));
    }

    @Test
    void withoutDelayFetchesStaySmall() {
        answer(2 * MB, 0.2, 1000);

        assertThat(pace.wantedBytes()).isLessThan(MB);
        assertThat(FetchRound.Sizes.of(SETTINGS, pace.wantedBytes(), 32 * MB, 1).busyPartition())
                .isEqualTo(2 * MB);
    }

    @Test
    void theLongerAndFasterTheLineTheLargerTheFetch() {
        answer(2 * MB, 50, 100);
        assertThat(pace.wantedBytes()).isBetween(19_000_000L, 21_000_000L);

        for (int i = 0; i < 20; i++) {
            answer(2 * MB, 50, 10);
        }
        assertThat(pace.wantedBytes()).as("a slow line is full anyway").isBetween(1_900_000L, 2_200_000L);
    }

    @Test
    void aSourceThatIsSlowToAnswerNowAndThenIsNotFarAway() {
        answer(2 * MB, 300, 1000);
        answer(2 * MB, 0.5, 1000);
        answer(2 * MB, 300, 1000);

        assertThat(pace.wantedBytes()).isLessThan(3 * MB);
    }

    @Test
    void answersWithoutNewsSayNothing() {
        answer(100, 500, 0.1);

        assertThat(pace.wantedBytes()).isZero();
    }

    /** Half a minute is not enough for sixteen megabytes on a line that carries one in five seconds. */
    @Test
    void afterFetchesThatFailedLessIsAskedForAndMoreAgainAsAnswersComeQuickly() {
        FetchRound.Sizes whole = FetchRound.Sizes.of(SETTINGS, 0, 32 * MB, 1);
        assertThat(whole.divided(pace.parts())).isEqualTo(whole);

        pace.onFailure();
        assertThat(whole.divided(pace.parts())).isEqualTo(new FetchRound.Sizes(4 * MB, 2 * MB));
        pace.onFailure();
        assertThat(whole.divided(pace.parts())).isEqualTo(new FetchRound.Sizes(MB, MB));

        pace.onSuccess(new Pace(MB, 100_000_000, 5_000_000_000L, 0));
        assertThat(whole.divided(pace.parts()).response()).as("just so").isEqualTo(MB);
        pace.onSuccess(new Pace(1000, 100_000_000, 1_000, 0));
        assertThat(whole.divided(pace.parts()).response()).isEqualTo(2 * MB);

        for (int i = 0; i < 10; i++) {
            pace.onFailure();
        }
        assertThat(whole.divided(pace.parts()).response()).isEqualTo(64 * 1024);
        for (int i = 0; i < 10; i++) {
            pace.onSuccess(new Pace(1000, 100_000_000, 1_000, 0));
        }
        assertThat(whole.divided(pace.parts())).isEqualTo(whole);
    }

    @Test
    void aFetchNeverExceedsItsShareAndIsDividedAmongTheBusy() {
        FetchRound.Sizes alone = FetchRound.Sizes.of(SETTINGS, 60 * MB, 32 * MB, 1);
        assertThat(alone.response()).isBetween(31 * MB, 32 * MB - 1);
        assertThat(alone.busyPartition()).isEqualTo(alone.response());

        FetchRound.Sizes four = FetchRound.Sizes.of(SETTINGS, 32 * MB, 64 * MB, 4);
        assertThat(four.response()).isEqualTo(32 * MB);
        assertThat(four.busyPartition()).isEqualTo(8 * MB);

        FetchRound.Sizes cramped = FetchRound.Sizes.of(SETTINGS, 60 * MB, 1000, 1);
        assertThat(cramped.response()).isBetween(500, 1000);
        assertThat(cramped.busyPartition()).isEqualTo(cramped.response());
    }
}
