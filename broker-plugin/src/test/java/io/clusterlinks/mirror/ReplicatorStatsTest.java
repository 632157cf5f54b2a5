// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReplicatorStatsTest {
    private final ReplicatorStats stats = new ReplicatorStats();

    @Test
    void silenceKeepsALevelPartitionLevelWithoutALookAtItsLog() {
        stats.onFetch(1, 0, 50, 50, 1000);

        stats.onSilence(
                () -> {
                    throw new AssertionError("not asked for");
                },
                1500);

        assertThat(stats.lagMs(50, 1500)).isZero();
        assertThat(stats.lastFetchMs()).isEqualTo(1500);
    }

    /** All in one millisecond: level, then behind. What cannot be appended is not made level by a source that is silent. */
    @Test
    void silenceDoesNotMakeAPartitionLevelThatIsBehind() {
        stats.onFetch(1, 0, 50, 50, 1000);
        stats.onFetch(1, 0, 60, 50, 1000);

        stats.onSilence(() -> 50, 3000);

        assertThat(stats.lagMs(50, 3000)).isEqualTo(2000);
        stats.onSilence(() -> 60, 3500);
        assertThat(stats.lagMs(60, 3500)).isZero();
    }
}
