// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.GroupOffsetState;
import io.clusterlinks.source.SourceOffsets;
import io.clusterlinks.sync.PartitionBounds.Bounds;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** Groups that the source does not have any more, or does not show. */
class DeletedGroupsTest extends OffsetCommitsScene {
    @Test
    void saysWhichGroupsWereDeletedAtTheSource() {
        bounds.put(PARTITION, new Bounds(0, 80));
        source(20);
        deleteAtSource();
        TaskOutcome.Counter counter = new TaskOutcome.Counter();
        GroupReport.trouble(GROUP, table.groups().get(GROUP), counter);
        assertThat(counter.outcome().troubles().get(0).state()).isEqualTo("DELETED_AT_SOURCE");
    }

    /** Refreshed lest it expire, it could never go: deleted here, too, it came back with the next refresh. */
    @Test
    void aGroupThatIsDeletedOnBothSidesIsGone() {
        bounds.put(PARTITION, new Bounds(0, 80));
        source(20);
        apply();
        deleteAtSource();
        time.sleep(REFRESH_MS);
        apply();
        assertThat(local.commits).isEqualTo(1);
        assertThat(state()).isEqualTo(GroupOffsetState.DELETED_AT_SOURCE);

        local.committed.clear();
        time.sleep(REFRESH_MS);
        apply();
        assertThat(table.groups()).hasSize(1);
        time.sleep(GroupTable.GONE_MS);
        apply();
        assertThat(table.groups()).isEmpty();
        assertThat(local.commits).isEqualTo(1);
    }

    /** It was about to be completed when it was found to be gone on both sides. */
    @Test
    void aGroupThatIsGoneIsNotCompletedAnyMore() {
        bounds.put(PARTITION, new Bounds(0, 80));
        source(100);
        apply();
        deleteAtSource();
        local.committed.clear();
        local.refusals.put(GROUP, org.apache.kafka.common.protocol.Errors.COORDINATOR_NOT_AVAILABLE);
        bounds.put(PARTITION, new Bounds(0, 90));
        apply();
        time.sleep(GroupTable.GONE_MS);
        apply();
        assertThat(table.groups()).isEmpty();
    }

    @Test
    void aGroupWithMembersIsLeftAloneWhileABrokerDoesNotSayWhoHasThem() {
        bounds.put(PARTITION, new Bounds(0, 80));
        local.members.add(GROUP);
        source(20);
        apply();
        local.members.clear();
        local.allAnswer = false;
        source(30);
        apply();
        assertThat(local.committed).isEmpty();

        local.allAnswer = true;
        time.sleep(10_000);
        apply();
        assertThat(here()).isEqualTo(30);
    }

    @Test
    void aGroupThatIsDeletedAtTheSourceWhileItIsBehindIsCompleted() {
        bounds.put(PARTITION, new Bounds(0, 80));
        source(100);
        apply();
        deleteAtSource();

        bounds.put(PARTITION, new Bounds(0, 120));
        apply();

        assertThat(here()).isEqualTo(100);
    }

    @Test
    void aGroupThatIsDeletedAtTheSourceAfterItCouldNotBeCommittedIsCommitted() {
        bounds.put(PARTITION, new Bounds(0, 80));
        local.refusals.put(GROUP, Errors.COORDINATOR_LOAD_IN_PROGRESS);
        source(10);
        apply();
        deleteAtSource();

        local.refusals.clear();
        time.sleep(OffsetCommits.RETRY_MS);
        apply();

        assertThat(here()).isEqualTo(10);
    }

    private void deleteAtSource() {
        table.update("", Set.of(), Set.of(), new SourceOffsets(Map.of(), Map.of()), Map.of());
    }

    @Test
    void whoCoordinatesNextFindsWhatTheSourceHasDeletedMeanwhile() {
        local.committed.put("east-" + GROUP, Map.of(PARTITION, new OffsetAndMetadata(20)));
        lose(GROUP, "never-committed-here");

        find();
        time.sleep(GroupTable.GONE_MS);
        find();

        assertThat(table.groups().keySet()).containsExactly("east-" + GROUP);
        TrackedGroup group = table.groups().get("east-" + GROUP);
        assertThat(group.state()).isEqualTo(GroupOffsetState.DELETED_AT_SOURCE);
        assertThat(GroupReport.status(PARTITION, group.offsets().get(PARTITION)).committedOffset())
                .isEqualTo(20);
        assertThat(table.followed()).containsExactly(GROUP);
        apply();
        assertThat(local.commits).isZero();
    }

    @Test
    void aGroupThatDoesNotSayWhatIsCommittedHereIsLookedForAgain() {
        local.committed.put("east-" + GROUP, Map.of(PARTITION, new OffsetAndMetadata(20)));
        local.unreadable.put("east-" + GROUP, Errors.NOT_COORDINATOR);
        lose(GROUP);
        find();
        assertThat(table.groups()).isEmpty();
        assertThat(table.followed()).containsExactly(GROUP);

        local.unreadable.clear();
        find();
        assertThat(table.groups()).hasSize(1);
    }

    /** Its new coordinator, which has not heard yet that what it holds is replicated, shows nothing at first. */
    @Test
    void aGroupThatShowsNothingForAMomentIsNotForgotten() {
        lose(GROUP);
        find();
        assertThat(table.followed()).containsExactly(GROUP);

        local.committed.put("east-" + GROUP, Map.of(PARTITION, new OffsetAndMetadata(20)));
        time.sleep(GroupTable.GONE_MS);
        find();
        assertThat(table.groups()).hasSize(1);
    }

    /** A group that the link's principal may not see is not taken for deleted, and not forgotten. */
    @Test
    void aGroupThatMayBeHiddenIsNotTakenForDeleted() {
        local.committed.put("east-" + GROUP, Map.of(PARTITION, new OffsetAndMetadata(20)));
        table.mayHide(true);
        lose(GROUP);

        find();

        assertThat(table.groups()).isEmpty();
        assertThat(table.followed()).containsExactly(GROUP);
    }

    /** The state names these groups, and the source does not list them. */
    private void lose(String... groups) {
        table.update("east-", Set.of(groups), Set.of(), new SourceOffsets(Map.of(), Map.of()), Map.of());
    }

    private void find() {
        commits.find(table, "east-", Set.of(PARTITION));
    }
}
