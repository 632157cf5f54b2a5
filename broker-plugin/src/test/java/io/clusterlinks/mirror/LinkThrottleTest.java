// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class LinkThrottleTest {
    private static final long MB = 1_000_000;

    private long nowNs = 5_000_000_000L;
    private final LinkThrottle throttle = new LinkThrottle(() -> nowNs);

    private void pass(double ms) {
        nowNs += (long) (ms * 1e6);
    }

    @Test
    void withoutALimitNobodyWaits() {
        throttle.onBytes(Long.MAX_VALUE / 2);

        assertThat(throttle.delayMs()).isZero();
        assertThat(throttle.fetchBytes()).isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void keepsToTheRateThoughAnswersOverdrawAndTakeTime() {
        Random random = new Random();
        for (long rate : new long[] {100_000, 5 * MB, 200 * MB}) {
            throttle.limit(rate);
            long startNs = nowNs;
            long bytes = 0;
            while (nowNs - startNs < 30_000_000_000L) {
                long delayMs = throttle.delayMs();
                if (delayMs > 0) {
                    pass(delayMs);
                    continue;
                }
                pass(1 + random.nextInt(40));
                int came = throttle.fetchBytes() / 2 + random.nextInt(throttle.fetchBytes());
                throttle.onBytes(came);
                bytes += came;
            }
            double seconds = (nowNs - startNs) / 1e9;
            double lastAnswer = 1.5 * throttle.fetchBytes() / seconds;
            assertThat(bytes / seconds).isCloseTo(rate, within(rate * 0.03 + lastAnswer));
        }
    }

    /** Each sees that there is something left, and none what the others ask for. */
    @Test
    void manyFetchersTogetherAskForNoMoreThanOne() {
        throttle.limit(20 * MB);
        int alone = throttle.fetchBytes();

        throttle.shareAmong(16);

        assertThat(16 * throttle.fetchBytes()).isLessThanOrEqualTo(alone);
    }

    @Test
    void aPauseIsNotCaughtUpOnByABurst() {
        throttle.limit(MB);
        pass(60_000);
        long atOnce = 0;
        while (throttle.delayMs() == 0) {
            throttle.onBytes(10_000);
            atOnce += 10_000;
        }

        assertThat(atOnce).isLessThanOrEqualTo(260_000);
    }

    @Test
    void aNewLimitTakesEffectAtOnce() {
        throttle.limit(MB);
        throttle.onBytes(100 * MB);
        assertThat(throttle.delayMs()).isGreaterThan(90_000);

        throttle.limit(10 * MB);

        assertThat(throttle.delayMs()).isLessThanOrEqualTo(1);
        throttle.limit(LinkThrottle.UNLIMITED);
        assertThat(throttle.delayMs()).isZero();
    }
}
