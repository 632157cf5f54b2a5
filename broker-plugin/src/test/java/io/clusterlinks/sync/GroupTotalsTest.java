// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.GroupOffsetState;
import io.clusterlinks.protocol.GroupSummary;
import java.util.List;
import org.junit.jupiter.api.Test;

class GroupTotalsTest {
    @Test
    void addsUpWhatIsKnown() {
        GroupTotals totals = GroupTotals.of(List.of(
                group(GroupOffsetState.SYNCED, 0),
                group(GroupOffsetState.COMPLETING, 7),
                group(GroupOffsetState.ACTIVE_AT_DESTINATION, 12),
                group(GroupOffsetState.DELETED_AT_SOURCE, 0),
                group(GroupOffsetState.WAITING, -1)));

        assertThat(totals.groups()).isEqualTo(5);
        assertThat(totals.conflicting()).isEqualTo(2);
        assertThat(totals.maxLag()).isEqualTo(12);
        assertThat(totals.sumLag()).isEqualTo(19);
        assertThat(totals.states()).containsEntry(GroupOffsetState.COMPLETING, 1);
    }

    @Test
    void aLinkWithoutGroupsHasNoLag() {
        GroupTotals totals = GroupTotals.of(List.of());

        assertThat(totals.groups()).isZero();
        assertThat(totals.conflicting()).isZero();
        assertThat(totals.maxLag()).isZero();
    }

    private static GroupSummary group(GroupOffsetState state, long lag) {
        return new GroupSummary("group", "group", "consumer", state, 1, lag, 0, 0, null);
    }
}
