// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ActivityTest {
    private final Activity activity = new Activity();

    @Test
    void recordsThatKeepComingMakeAPartitionActiveOnce() {
        assertThat(activity.onRecords(1000, false)).isFalse();
        assertThat(activity.onRecords(1500, false)).isFalse();
        assertThat(activity.isActive(1500)).isFalse();

        assertThat(activity.onRecords(2000, false)).isTrue();
        assertThat(activity.isActive(2000)).isTrue();
        assertThat(activity.onRecords(2001, false)).isFalse();
    }

    @Test
    void recordsNowAndThenDoNot() {
        for (long ms = 5_000; ms < 100_000; ms += 5_000) {
            assertThat(activity.onRecords(ms, false)).isFalse();
        }
    }

    /** As after a pause, or of a topic whose mirror is new. */
    @Test
    void aPartitionOfWhichTheSourceHasMoreIsActiveAtOnce() {
        assertThat(activity.onRecords(1000, true)).isTrue();
        assertThat(activity.onRecords(1001, true)).isFalse();
        assertThat(activity.isActive(1001)).isTrue();
    }

    @Test
    void aPartitionThatIsNewIsActiveForAWhile() {
        activity.onArrival(1000);

        assertThat(activity.keepsComing(1000)).isFalse();
        assertThat(activity.isActive(11_000)).isTrue();
        assertThat(activity.isActive(11_001)).isFalse();
    }

    /** Else every partition of a crowd would stay active that gets a record now and then. */
    @Test
    void recordsNowAndThenDoNotKeepItActiveLonger() {
        activity.onArrival(0);

        assertThat(activity.onRecords(5_000, false)).isFalse();
        assertThat(activity.onRecords(9_900, false)).isFalse();
        assertThat(activity.isActive(10_001)).isFalse();
    }

    @Test
    void aPartitionThatIsNewAndHasMuchToFetchStaysActive() {
        activity.onArrival(0);

        assertThat(activity.onRecords(9_000, true)).isFalse();
        assertThat(activity.isActive(19_000)).isTrue();
        assertThat(activity.isActive(19_001)).isFalse();
    }

    @Test
    void aPartitionIsQuietWhenNothingHasComeForLong() {
        activity.onRecords(1000, false);
        activity.onRecords(1001, false);
        activity.onRecords(1002, false);
        assertThat(activity.isActive(11_002)).isTrue();
        assertThat(activity.isActive(11_003)).isFalse();

        assertThat(activity.onRecords(20_000, false)).isFalse();
        assertThat(activity.onRecords(20_001, false)).isFalse();
        assertThat(activity.onRecords(20_002, false)).isTrue();
    }
}
