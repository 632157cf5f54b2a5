// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import static io.clusterlinks.Records.TOPIC;
import static io.clusterlinks.Records.image;
import static io.clusterlinks.Records.link;
import static io.clusterlinks.Records.mirror;
import static io.clusterlinks.Records.partition;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterlinks.protocol.LinkEvent;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.PartitionClaim;
import io.clusterlinks.protocol.record.PartitionClaim.HeldEpoch;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Cut;
import io.clusterlinks.protocol.record.PartitionRecord.LeaderEpochs;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.protocol.record.PartitionRecord.Truncation;
import io.clusterlinks.protocol.record.PartitionTransition;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.LinkImage.Change;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class PartitionTransitionsTest {
    private static final MirrorRecord ACTIVE = mirror(MirrorState.ACTIVE, StopMode.NONE);
    private static final MirrorRecord STOPPING = mirror(MirrorState.PENDING_STOPPED, StopMode.PROMOTE);
    private static final PartitionRecord MIRRORING = partition(0, Phase.MIRRORING);

    @Test
    void theFirstClaimMakesARecordThatHasNotStarted() {
        PartitionRecord first = only(claim(image(ACTIVE), claimOf(3)));

        assertThat(first.leaderEpoch()).isEqualTo(3);
        assertThat(first.startOffset()).isEqualTo(-1);
    }

    @Test
    void aNewLeaderTakesOverWhatIsRecorded() {
        PartitionRecord claimed = only(claim(image(ACTIVE, MIRRORING), claimOf(6)));

        assertThat(claimed.leaderEpoch()).isEqualTo(6);
        assertThat(claimed.lineage()).isEqualTo(MIRRORING.lineage());
    }

    @Test
    void aClaimIsRepeatedWithoutEffectAndNeverGoesBack() {
        LinkImage image = image(ACTIVE, MIRRORING);

        assertThat(claim(image, claimOf(5))).isEmpty();
        assertThat(claim(image, claimOf(4))).isEmpty();
        assertThat(claim(image, new PartitionClaim(TOPIC, 0, "another-id", 9, List.of())))
                .isEmpty();
        assertThat(claim(image(link()), claimOf(9))).isEmpty();
    }

    @Test
    void whatWasAppendedUnderAnEpochThatNobodyClaimedIsCutOff() {
        PartitionRecord claimed = only(claim(
                image(ACTIVE, MIRRORING),
                claimOf(9, new HeldEpoch(4, 0), new HeldEpoch(5, 30), new HeldEpoch(7, 40), new HeldEpoch(8, 50))));

        assertThat(claimed.cuts()).containsExactly(new Cut(40, 9));
        assertThat(claimed.unclaimed()).containsExactly(new LeaderEpochs(6, 8));
        assertThat(claimed.leaderEpoch()).isEqualTo(9);
    }

    /** The leader of the epoch after may not have heard of it, and yet its replicas lead again one day. */
    @Test
    void whatNoLeaderHasHeldSinceIsCutOffWhenOneDoes() {
        LinkImage image = image(ACTIVE, MIRRORING);
        image = image.apply(claim(image, claimOf(7)), 9);
        image = image.apply(claim(image, claimOf(8)), 10);

        PartitionRecord claimed = only(claim(image, claimOf(10, new HeldEpoch(6, 40), new HeldEpoch(9, 50))));

        assertThat(claimed.cuts()).containsExactly(new Cut(40, 10));
        assertThat(claimed.unclaimed()).containsExactly(new LeaderEpochs(6, 6), new LeaderEpochs(9, 9));
    }

    @Test
    void aLeaderForgetsUnclaimedEpochsAltogetherOrNotAtAll() {
        LinkImage image = image(ACTIVE, MIRRORING);
        image = image.apply(claim(image, claimOf(7)), 9);
        image = image.apply(claim(image, claimOf(9)), 10);
        PartitionRecord record =
                image.partition(TOPIC, 0).orElseThrow().toBuilder().revision(1).build();

        assertRefused(image, with(record, List.of(new LeaderEpochs(6, 6))));
        assertRefused(image, with(record, List.of(new LeaderEpochs(5, 8))));
        assertThat(propose(image, record)).hasSize(1);
        assertThat(propose(image, with(record, List.of()))).hasSize(1);
    }

    private static PartitionRecord with(PartitionRecord record, List<LeaderEpochs> unclaimed) {
        return record.toBuilder().unclaimed(unclaimed).build();
    }

    /** A claim tells more than is news to a coordinator that is ahead of the leader's image. */
    @Test
    void whatWasAppendedUnderClaimedEpochsStays() {
        LinkImage image = image(ACTIVE, MIRRORING);
        LinkImage claimed = image.apply(claim(image, claimOf(7)), 9);

        assertThat(only(claim(claimed, claimOf(8, new HeldEpoch(7, 40)))).cuts())
                .isEmpty();
    }

    /** One adds to what is to be cut already, and takes the place of what it implies. */
    @Test
    void aCutThatComesWithAClaimJoinsTheOthers() {
        PartitionRecord cut = MIRRORING.toBuilder()
                .cuts(List.of(new Cut(20, 3), new Cut(60, 5)))
                .build();

        assertThat(only(claim(image(ACTIVE, cut), claimOf(9, new HeldEpoch(7, 40))))
                        .cuts())
                .containsExactly(new Cut(20, 3), new Cut(40, 9));
    }

    /** The source's records that it had left to copy do not come any more: there is nothing to make room for. */
    @Test
    void whatClientsWroteToAMirrorThatStopsStays() {
        for (Phase phase : List.of(Phase.MIRRORING, Phase.FAILED, Phase.STOPPING)) {
            LinkImage image = image(STOPPING, partition(0, phase));

            assertThat(only(claim(image, claimOf(9, new HeldEpoch(7, 40)))).cuts())
                    .isEmpty();
        }
    }

    /** Its claim could not be told from one that comes after the repair, of a log in which was looked for clients' records. */
    @Test
    void whatFailedIsClaimedOnlyOnceItIsRepaired() {
        LinkImage image = image(ACTIVE, partition(0, Phase.FAILED));
        assertThat(claim(image, claimOf(9))).isEmpty();

        image = image.apply(PartitionTransitions.repair(image, TOPIC), 9);

        assertThat(only(claim(image, claimOf(9, new HeldEpoch(7, 40)))).cuts()).containsExactly(new Cut(40, 9));
    }

    /** What it holds before it begins to mirror is refused, or compared. */
    @Test
    void nothingIsCutOffAMirrorThatHasNotStarted() {
        LinkImage image = image(ACTIVE);
        LinkImage claimed = image.apply(claim(image, claimOf(3)), 9);

        assertThat(only(claim(claimed, claimOf(5, new HeldEpoch(4, 0)))).cuts()).isEmpty();
    }

    @Test
    void aLeaderOfAnOlderEpochLoses() {
        LinkImage image = image(ACTIVE, MIRRORING);
        LinkImage claimed = image.apply(claim(image, claimOf(6)), 9);

        assertFenced(claimed, next(MIRRORING, Phase.FAILED, 1));
    }

    /** The request of a leader may be carried out long after the leader has repeated it and gone on. */
    @Test
    void aChangeThatArrivesLateUndoesNothing() {
        PartitionRecord one = next(MIRRORING, Phase.MIRRORING, 1);
        PartitionRecord two = next(MIRRORING, Phase.FAILED, 2);
        LinkImage image = image(ACTIVE, MIRRORING);
        image = image.apply(propose(image, one), 9);
        image = image.apply(propose(image, two), 10);

        assertFenced(image, one);
        assertThat(propose(image, two)).isEmpty();
    }

    @Test
    void aPartitionCannotStopBeforeItsMirrorMayAndNeverGoesBack() {
        LinkImage active = image(ACTIVE, MIRRORING);
        LinkImage draining = image(mirror(MirrorState.PENDING_STOPPED, StopMode.DRAIN), MIRRORING);
        PartitionRecord stopped = partition(0, Phase.STOPPED);

        assertRefused(active, next(MIRRORING, Phase.STOPPING, 1));
        assertRefused(draining, next(MIRRORING, Phase.STOPPED, 1));
        assertRefused(image(STOPPING, stopped), next(stopped, Phase.MIRRORING, 1));
        assertThat(propose(image(STOPPING, stopped), stopped)).isEmpty();
        assertThat(propose(image(STOPPING, MIRRORING), next(MIRRORING, Phase.STOPPING, 1)))
                .hasSize(1);
    }

    @Test
    void aPartitionCannotStopWhileItHoldsWhatMustBeCutOff() {
        PartitionRecord uncut = next(MIRRORING, Phase.STOPPING, 1).toBuilder()
                .truncation(new Truncation(3, 6, List.of(1, 2)))
                .stop(7, -1)
                .build();

        assertRefused(image(STOPPING, MIRRORING), uncut);
    }

    @Test
    void eventsOfAProposalAreKeptWithTheMirrorTheLastTwentyOfThemAndToldOnce() {
        MirrorRecord mirror = ACTIVE;
        for (int i = 0; i < 25; i++) {
            mirror = mirror.withEvent(new LinkEvent(i, 0, "event " + i));
        }
        LinkImage image = image(link(), mirror, MIRRORING);
        PartitionTransition proposal =
                new PartitionTransition(next(MIRRORING, Phase.MIRRORING, 1), new LinkEvent(99, 0, "the newest"));

        List<Change> changes = PartitionTransitions.apply(image, List.of(proposal));

        assertThat(changes).hasSize(2);
        assertThat(((MirrorRecord) changes.get(1).value()).events())
                .hasSize(20)
                .last()
                .isEqualTo(proposal.event());
        assertThat(PartitionTransitions.apply(image.apply(changes, 9), List.of(proposal)))
                .isEmpty();
    }

    @Test
    void aRepairLetsTheFailedPartitionsMirrorAgainAndIsRepeatedWithoutEffect() {
        LinkImage image = image(ACTIVE, next(MIRRORING, Phase.FAILED, 3), partition(1, Phase.MIRRORING));

        List<Change> changes = PartitionTransitions.repair(image, TOPIC);

        PartitionRecord repaired = only(changes);
        assertThat(repaired.partition()).isZero();
        assertThat(repaired.phase()).isEqualTo(Phase.MIRRORING);
        assertThat(repaired.repairing()).isTrue();
        assertThat(repaired.reason()).isNull();
        assertThat(repaired.lineage()).isEqualTo(MIRRORING.lineage());
        assertThat(PartitionTransitions.repair(image.apply(changes, 9), TOPIC)).isEmpty();
    }

    /** Its leader may still repeat that the partition has failed, or not know that it was repaired. */
    @Test
    void aLeaderThatDoesNotKnowOfARepairIsFenced() {
        PartitionRecord failed = next(MIRRORING, Phase.FAILED, 1);
        LinkImage image = image(ACTIVE, MIRRORING);
        image = image.apply(propose(image, failed), 9);
        image = image.apply(PartitionTransitions.repair(image, TOPIC), 10);

        assertFenced(image, failed);
        assertFenced(image, next(MIRRORING, Phase.FAILED, 2));
        assertThat(propose(image, next(MIRRORING, Phase.FAILED, 3))).hasSize(1);
    }

    @Test
    void aLeaderCannotRepairItself() {
        PartitionRecord failed = next(MIRRORING, Phase.FAILED, 1);

        assertRefused(image(ACTIVE, failed), next(MIRRORING, Phase.MIRRORING, 2));
    }

    @Test
    void aProposalForATopicThatIsNoMirrorIsRefused() {
        assertThatThrownBy(() -> propose(image(link()), MIRRORING)).hasMessageContaining(TOPIC);
    }

    private static PartitionRecord next(PartitionRecord of, Phase phase, int revision) {
        return of.toBuilder().revision(revision).phase(phase, null).build();
    }

    private static PartitionClaim claimOf(int leaderEpoch, HeldEpoch... held) {
        return new PartitionClaim(TOPIC, 0, "topic-id", leaderEpoch, List.of(held));
    }

    private static List<Change> claim(LinkImage image, PartitionClaim claim) {
        return PartitionTransitions.claim(image, List.of(claim));
    }

    private static List<Change> propose(LinkImage image, PartitionRecord record) {
        return PartitionTransitions.apply(image, List.of(new PartitionTransition(record, null)));
    }

    private static void assertFenced(LinkImage image, PartitionRecord record) {
        assertThatThrownBy(() -> propose(image, record))
                .isInstanceOfSatisfying(
                        LinkException.class, e -> assertThat(e.error()).isEqualTo(Errors.FENCED_LEADER_EPOCH));
    }

    private static void assertRefused(LinkImage image, PartitionRecord record) {
        assertThatThrownBy(() -> propose(image, record))
                .isInstanceOfSatisfying(
                        LinkException.class, e -> assertThat(e.error()).isNotEqualTo(Errors.FENCED_LEADER_EPOCH));
    }

    private static PartitionRecord only(List<Change> changes) {
        assertThat(changes).hasSize(1);
        return (PartitionRecord) changes.get(0).value();
    }
}
