// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.Records;
import io.clusterlinks.protocol.GroupOffsetState;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.source.SourceOffsets;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.sync.PartitionBounds.Bounds;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class OffsetCommitsTest extends OffsetCommitsScene {
    @Test
    @DisplayName("Pitfall: group offsets committed beyond the mirrored end")
    void commitsNoFurtherThanTheMirrorReachesAndCompletesAsItAdvances() {
        // Group offsets committed beyond the mirrored end: records would be skipped.
        bounds.put(PARTITION, new Bounds(0, 80));
        source(100);
        apply();
        assertThat(here()).isEqualTo(80);
        assertThat(state()).isEqualTo(GroupOffsetState.COMPLETING);

        bounds.put(PARTITION, new Bounds(0, 95));
        apply();
        assertThat(here()).isEqualTo(95);

        bounds.put(PARTITION, new Bounds(0, 300));
        apply();
        assertThat(here()).isEqualTo(100);
        assertThat(state()).isEqualTo(GroupOffsetState.SYNCED);
    }

    /** It lags behind for a moment after each change of leader; who reads the mirror would get records once more. */
    @Test
    void aNewLeadersHighWatermarkMovesNobodyBack() {
        bounds.put(PARTITION, new Bounds(0, 80, 85));
        source(100);
        apply();
        assertThat(here()).isEqualTo(80);

        bounds.put(PARTITION, new Bounds(0, 70, 82));
        apply();
        assertThat(here()).isEqualTo(80);
        assertThat(local.commits).isEqualTo(1);

        // What was cut off is gone, whatever the high watermark says.
        bounds.put(PARTITION, new Bounds(0, 70, 75));
        apply();
        assertThat(here()).isEqualTo(75);
    }

    @Test
    void commitsNothingBeforeTheLogBegins() {
        bounds.put(PARTITION, new Bounds(50, 80));
        source(10);
        apply();
        assertThat(here()).isEqualTo(50);
        assertThat(state()).isEqualTo(GroupOffsetState.SYNCED);
    }

    @Test
    void commitsNothingWhileThePartitionDoesNotReport() {
        source(10);
        apply();
        assertThat(local.committed).isEmpty();
        assertThat(state()).isEqualTo(GroupOffsetState.WAITING);
    }

    @Test
    void keepsMetadataAndDropsTheLeaderEpoch() {
        bounds.put(PARTITION, new Bounds(0, 80));
        source(new OffsetAndMetadata(7, Optional.of(3), "checkpoint"));
        apply();
        assertThat(local.committed.get(GROUP).get(PARTITION))
                .isEqualTo(new OffsetAndMetadata(7, Optional.empty(), "checkpoint"));
    }

    @Test
    void asksAndCommitsNothingWhereNothingChanged() {
        bounds.put(PARTITION, new Bounds(0, 80));
        source(10);
        apply();
        int asked = local.asked;

        time.sleep(1_000);
        source(10);
        apply();

        assertThat(local.asked).isEqualTo(asked);
        assertThat(local.commits).isEqualTo(1);
    }

    /** Somebody deleted the group here: it was said to be in step, and began anew after the failover. */
    @Test
    void theLastTimeItLooksAlsoWhereNothingChanged() {
        bounds.put(PARTITION, new Bounds(0, 80));
        source(10);
        apply();
        applyLast();
        assertThat(local.commits).isEqualTo(1);

        local.committed.remove(GROUP);
        applyLast();
        assertThat(here()).isEqualTo(10);
        assertThat(local.commits).isEqualTo(2);
    }

    /** Somebody read on here and left: what comes before is not theirs again, and that is said. */
    @Test
    void theLastTimeItSaysWhoIsAheadHere() {
        bounds.put(PARTITION, new Bounds(0, 80));
        source(10);
        apply();

        local.committed.get(GROUP).put(PARTITION, new OffsetAndMetadata(60));
        applyLast();
        assertThat(here()).isEqualTo(60);
        assertThat(state()).isEqualTo(GroupOffsetState.AHEAD_HERE);
    }

    @Test
    void commitsAgainBeforeAnUnchangedOffsetExpires() {
        bounds.put(PARTITION, new Bounds(0, 80));
        source(10);
        apply();

        time.sleep(REFRESH_MS);
        apply();

        assertThat(local.commits).isEqualTo(2);
    }

    /** It had members here once: then it expires by when they left, whatever was committed since. */
    @Test
    void commitsAgainWhatHasExpiredHere() {
        bounds.put(PARTITION, new Bounds(0, 80));
        source(10);
        OffsetCommits seldom = commits(Long.MAX_VALUE);
        LinkImage image = Records.image(Records.link(), mirror);
        seldom.apply(image, table, Set.of());
        local.committed.remove(GROUP);

        time.sleep(OffsetCommits.LOOK_MS);
        seldom.apply(image, table, Set.of());
        assertThat(here()).isEqualTo(10);

        // Where nothing is missing nothing is committed
        time.sleep(OffsetCommits.LOOK_MS);
        seldom.apply(image, table, Set.of());
        assertThat(local.commits).isEqualTo(2);
    }

    @Test
    void leavesAGroupWithMembersHereAlone() {
        bounds.put(PARTITION, new Bounds(0, 80));
        local.members.add(GROUP);
        source(10);
        apply();
        assertThat(local.committed).isEmpty();
        assertThat(state()).isEqualTo(GroupOffsetState.ACTIVE_AT_DESTINATION);

        // and follows again soon after the members have left
        local.members.clear();
        time.sleep(10_000);
        apply();
        assertThat(here()).isEqualTo(10);
        assertThat(state()).isEqualTo(GroupOffsetState.SYNCED);
    }

    @Test
    void leavesAGroupAloneThatIsJoinedInBetween() {
        bounds.put(PARTITION, new Bounds(0, 80));
        local.joinedLate.add(GROUP);
        source(10);
        apply();
        assertThat(state()).isEqualTo(GroupOffsetState.ACTIVE_AT_DESTINATION);
    }

    @Test
    void neverMovesBackWhatOthersCommittedHere() {
        bounds.put(PARTITION, new Bounds(0, 80));
        source(10);
        apply();
        local.committed.get(GROUP).put(PARTITION, new OffsetAndMetadata(40));

        source(20);
        apply();
        assertThat(here()).isEqualTo(40);
        assertThat(state()).isEqualTo(GroupOffsetState.AHEAD_HERE);

        // until the source has passed it
        source(50);
        apply();
        assertThat(here()).isEqualTo(50);
        assertThat(state()).isEqualTo(GroupOffsetState.SYNCED);
    }

    @Test
    void doesNotKnowWhoCommittedBeforeItBeganAndLeavesThatAlone() {
        bounds.put(PARTITION, new Bounds(0, 80));
        local.committed.put(GROUP, new HashMap<>(Map.of(PARTITION, new OffsetAndMetadata(30))));
        source(20);
        apply();
        assertThat(here()).isEqualTo(30);
        assertThat(state()).isEqualTo(GroupOffsetState.AHEAD_HERE);
    }

    /** Another broker committed it before this one coordinated; whoever went on there would skip what comes next. */
    @Test
    void whatStandsBeyondAMirrorThatHasLostItsEndIsMovedBack() {
        bounds.put(PARTITION, new Bounds(0, 90));
        local.committed.put(GROUP, new HashMap<>(Map.of(PARTITION, new OffsetAndMetadata(100))));
        source(100);

        // Where the mirror ends may have been said too early
        apply();
        assertThat(here()).isEqualTo(100);
        assertThat(state()).isEqualTo(GroupOffsetState.AHEAD_HERE);

        time.sleep(10_000);
        apply();
        assertThat(here()).isEqualTo(90);
        assertThat(state()).isEqualTo(GroupOffsetState.COMPLETING);
    }

    @Test
    void theLastTimeNobodyStandsBeyondTheMirrorsEnd() {
        bounds.put(PARTITION, new Bounds(0, 90));
        local.committed.put(GROUP, new HashMap<>(Map.of(PARTITION, new OffsetAndMetadata(100))));
        source(100);

        applyLast();

        assertThat(here()).isEqualTo(90);
    }

    /** Partitions of a topic that stops become writable one by one. */
    @Test
    void theLastTimeWhoHasReadOnInLocalRecordsIsLeftAlone() {
        bounds.put(PARTITION, new Bounds(0, 90, 90, 120));
        local.committed.put(GROUP, new HashMap<>(Map.of(PARTITION, new OffsetAndMetadata(110))));
        source(50);
        applyLast();
        applyLast();
        assertThat(here()).isEqualTo(110);

        // Reported a moment ago
        local.committed.put(GROUP, new HashMap<>(Map.of(PARTITION, new OffsetAndMetadata(125))));
        applyLast();
        assertThat(here()).isEqualTo(125);
        assertThat(state()).isEqualTo(GroupOffsetState.AHEAD_HERE);
    }

    /** The mirror had grown since it was said where it ends. */
    @Test
    void whoStandsAheadWithinAMirrorThatGrewIsLeftAlone() {
        bounds.put(PARTITION, new Bounds(0, 90));
        local.committed.put(GROUP, new HashMap<>(Map.of(PARTITION, new OffsetAndMetadata(95))));
        source(50);
        apply();

        time.sleep(10_000);
        bounds.put(PARTITION, new Bounds(0, 100));
        apply();
        applyLast();

        assertThat(here()).isEqualTo(95);
        assertThat(state()).isEqualTo(GroupOffsetState.AHEAD_HERE);
    }

    @Test
    void followsAResetOfTheGroupAtTheSource() {
        bounds.put(PARTITION, new Bounds(0, 80));
        source(70);
        apply();
        source(5);
        apply();
        assertThat(here()).isEqualTo(5);
        assertThat(state()).isEqualTo(GroupOffsetState.SYNCED);
    }

    @Test
    void oneGroupThatFailsDoesNotKeepTheOthers() {
        bounds.put(PARTITION, new Bounds(0, 80));
        local.refusals.put("bad", Errors.GROUP_AUTHORIZATION_FAILED);
        update(Map.of(
                "bad",
                Map.of(PARTITION, new OffsetAndMetadata(1)),
                GROUP,
                Map.of(PARTITION, new OffsetAndMetadata(2))));
        apply();
        assertThat(here()).isEqualTo(2);
        assertThat(table.groups().get("bad").state()).isEqualTo(GroupOffsetState.FAILED);
        assertThat(table.groups().get("bad").offsets().get(PARTITION).message()).contains("READ on GROUP 'bad'");
    }

    @Test
    void namesThePermissionThatIsMissingToLookWhatIsHere() {
        bounds.put(PARTITION, new Bounds(0, 80));
        local.unreadable.put(GROUP, Errors.GROUP_AUTHORIZATION_FAILED);
        source(10);
        apply();
        assertThat(local.committed).isEmpty();
        assertThat(table.groups().get(GROUP).offsets().get(PARTITION).message())
                .contains("DESCRIBE on GROUP '" + GROUP + "'");
    }

    @Test
    void triesAgainWhatFailedForAMoment() {
        bounds.put(PARTITION, new Bounds(0, 80));
        local.refusals.put(GROUP, Errors.NOT_COORDINATOR);
        source(10);
        apply();
        assertThat(state()).isEqualTo(GroupOffsetState.FAILED);

        local.refusals.clear();
        time.sleep(500);
        apply();
        assertThat(here()).isEqualTo(10);
    }

    @Test
    void commitsNothingForAMirrorThatHasStopped() {
        bounds.put(PARTITION, new Bounds(0, 80));
        source(10);
        apply();
        mirror = Records.mirror(MirrorState.STOPPED, StopMode.PROMOTE);
        source(20);
        apply();
        assertThat(here()).isEqualTo(10);
    }

    @Test
    void aMirrorWithAnotherNameIsMappedAndGroupsArePrefixed() {
        TopicPartition atSource = new TopicPartition("orders-at-source", 0);
        bounds.put(PARTITION, new Bounds(0, 80));
        table.update(
                "east-",
                Set.of(),
                Set.of(GROUP),
                new SourceOffsets(Map.of(GROUP, Map.of(atSource, new OffsetAndMetadata(9))), Map.of()),
                Map.of("orders-at-source", List.of(mirror)));
        apply();
        assertThat(local.committed.get("east-" + GROUP).get(PARTITION).offset()).isEqualTo(9);
    }

    @Test
    void forgetsAGroupThatTheFiltersExcludeNow() {
        bounds.put(PARTITION, new Bounds(0, 80));
        source(20);
        table.retain(group -> false, Map.of(Records.TOPIC, "id"));
        assertThat(table.groups()).isEmpty();
    }

    /** The broker forgets what was committed of a topic that is deleted: of the new one nothing was. */
    @Test
    void aMirrorThatWasDeletedAndCreatedAgainHasItsOffsetsCommittedAgain() {
        bounds.put(PARTITION, new Bounds(0, 80));
        table.retain(group -> true, Map.of(Records.TOPIC, "id"));
        source(20);
        apply();
        table.retain(group -> true, Map.of(Records.TOPIC, "id"));
        assertThat(table.groups()).containsKey(GROUP);
        local.committed.clear();

        table.retain(group -> true, Map.of(Records.TOPIC, "another id"));
        source(20);
        apply();

        assertThat(here()).isEqualTo(20);
    }

    @Test
    void restsWhereAllStandAsAtTheSourceUntilSomethingIsReadOrTimeHasPassed() {
        LinkImage image = Records.image(Records.link(), mirror);
        bounds.put(PARTITION, new Bounds(0, 300));
        source(100);
        commits.apply(image, table, Set.of());
        commits.apply(image, table, Set.of());
        assertThat(table.isResting(image, time.milliseconds())).isTrue();

        source(200);
        commits.apply(image, table, Set.of());
        assertThat(here()).isEqualTo(200);
        commits.apply(image, table, Set.of());

        // The log's start passes the group's position, which nobody says
        bounds.put(PARTITION, new Bounds(250, 300));
        time.sleep(5_000);
        commits.apply(image, table, Set.of());
        assertThat(here()).isEqualTo(250);
    }

    @Test
    void doesNotRestWhileAGroupIsToBeCompleted() {
        LinkImage image = Records.image(Records.link(), mirror);
        bounds.put(PARTITION, new Bounds(0, 80));
        source(100);
        commits.apply(image, table, Set.of());
        commits.apply(image, table, Set.of());

        bounds.put(PARTITION, new Bounds(0, 90));
        commits.apply(image, table, Set.of());

        assertThat(here()).isEqualTo(90);
    }

    @Test
    void doesNotRestForAnotherImage() {
        bounds.put(PARTITION, new Bounds(0, 300));
        source(100);
        apply();
        apply();
        bounds.put(PARTITION, new Bounds(0, 50));
        apply();

        assertThat(here()).isEqualTo(50);
    }
}
