// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DrainPaceTest {
    private static final long PROMOTION = 1000;

    private final DrainPace pace = new DrainPace();

    @Test
    void oneAnswerSaysNothing() {
        hear(PROMOTION, 0, 10);

        assertThat(pace.recordsPerSecond(PROMOTION)).isEqualTo(DrainPace.UNKNOWN);
    }

    @Test
    void anEndThatIsTheSameHalfASecondLaterStandsStill() {
        hear(PROMOTION, 0, 10);
        hear(PROMOTION, 300, 10);
        assertThat(pace.recordsPerSecond(PROMOTION)).isNotZero();

        hear(PROMOTION, 500, 10);
        assertThat(pace.recordsPerSecond(PROMOTION)).isZero();
    }

    @Test
    void anEndThatMovesTellsHowFast() {
        for (int i = 0; i <= 20; i++) {
            hear(PROMOTION, 500L * i, 100L * i);
        }

        assertThat(pace.recordsPerSecond(PROMOTION)).isEqualTo(200);
    }

    @Test
    void whatMovesSlowlyMovesNevertheless() {
        hear(PROMOTION, 0, 10);
        hear(PROMOTION, 4000, 11);

        assertThat(pace.recordsPerSecond(PROMOTION)).isEqualTo(1);
    }

    @Test
    void anotherPromotionBeginsAnew() {
        hear(PROMOTION, 0, 10);
        hear(PROMOTION, 500, 10);

        assertThat(pace.recordsPerSecond(PROMOTION + 1)).isEqualTo(DrainPace.UNKNOWN);
        hear(PROMOTION + 1, 600, 10);
        assertThat(pace.recordsPerSecond(PROMOTION + 1)).isEqualTo(DrainPace.UNKNOWN);
    }

    private void hear(long promotion, long askedMs, long end) {
        pace.heard(new Drain.End(promotion, 0, askedMs, end));
    }
}
