// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ActivityTest {
    private final Activity activity = new Activity();

    @Test
    void recordsThatKeepComingMakeAPartitionActiveOnce() {
        assertThat(activity.onRecords(1000)).isFalse();
        assertThat(activity.onRecords(1500)).isFalse();
        assertThat(activity.isActive(1500)).isFalse();

        assertThat(activity.onRecords(2000)).isTrue();
        assertThat(activity.isActive(2000)).isTrue();
        assertThat(activity.onRecords(2001)).isFalse();
    }

    @Test
    void recordsNowAndThenDoNot() {
        for (long ms = 5_000; ms < 100_000; ms += 5_000) {
            assertThat(activity.onRecords(ms)).isFalse();
        }
    }

    @Test
    void aPartitionIsQuietWhenNothingHasComeForLong() {
        activity.onRecords(1000);
        activity.onRecords(1001);
        activity.onRecords(1002);
        assertThat(activity.isActive(11_002)).isTrue();
        assertThat(activity.isActive(11_003)).isFalse();

        assertThat(activity.onRecords(20_000)).isFalse();
        assertThat(activity.onRecords(20_001)).isFalse();
        assertThat(activity.onRecords(20_002)).isTrue();
    }
}
