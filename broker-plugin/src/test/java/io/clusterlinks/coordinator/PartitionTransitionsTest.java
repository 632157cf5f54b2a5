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
import io.clusterlinks.protocol.record.PartitionRecord;
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
        PartitionRecord first = only(claim(image(ACTIVE), new PartitionClaim(TOPIC, 0, "topic-id", 3)));

        assertThat(first.leaderEpoch()).isEqualTo(3);
        assertThat(first.startOffset()).isEqualTo(-1);
    }

    @Test
    void aNewLeaderTakesOverWhatIsRecorded() {
        PartitionRecord claimed = only(claim(image(ACTIVE, MIRRORING), new PartitionClaim(TOPIC, 0, "topic-id", 6)));

        assertThat(claimed.leaderEpoch()).isEqualTo(6);
        assertThat(claimed.lineage()).isEqualTo(MIRRORING.lineage());
    }

    @Test
    void aClaimIsRepeatedWithoutEffectAndNeverGoesBack() {
        LinkImage image = image(ACTIVE, MIRRORING);

        assertThat(claim(image, new PartitionClaim(TOPIC, 0, "topic-id", 5))).isEmpty();
        assertThat(claim(image, new PartitionClaim(TOPIC, 0, "topic-id", 4))).isEmpty();
        assertThat(claim(image, new PartitionClaim(TOPIC, 0, "another-id", 9))).isEmpty();
        assertThat(claim(image(link()), new PartitionClaim(TOPIC, 0, "topic-id", 9)))
                .isEmpty();
    }

    @Test
    void aLeaderOfAnOlderEpochLoses() {
        LinkImage image = image(ACTIVE, MIRRORING);
        LinkImage claimed = image.apply(claim(image, new PartitionClaim(TOPIC, 0, "topic-id", 6)), 9);

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
