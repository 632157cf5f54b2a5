// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import static io.clusterlinks.Records.image;
import static io.clusterlinks.Records.link;
import static io.clusterlinks.Records.mirror;
import static io.clusterlinks.Records.partition;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterlinks.Records;
import io.clusterlinks.protocol.DesiredState;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.AclRecord;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.protocol.record.RetiredRecord;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.LinkImage.Change;
import java.util.List;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MirrorTransitionsTest {
    private static final long NOW = 7;

    @Test
    void promotionDrainsFirstAndCanBeGivenUp() {
        MirrorRecord draining = only(desire(mirror(MirrorState.ACTIVE, StopMode.NONE), DesiredState.PROMOTED));
        MirrorRecord back = only(desire(draining, DesiredState.ACTIVE));

        assertThat(draining.state()).isEqualTo(MirrorState.PENDING_STOPPED);
        assertThat(draining.stop()).isEqualTo(StopMode.DRAIN);
        assertThat(back.state()).isEqualTo(MirrorState.ACTIVE);
        assertThat(back.stop()).isEqualTo(StopMode.NONE);
    }

    /** Its topic was created meanwhile and a partition failed: it was INITIALIZING for good, and no command helped. */
    @Test
    void aPromotionThatBeganBeforeTheTopicWasThereGoesBackToActive() {
        MirrorRecord creating = mirror(MirrorState.INITIALIZING, StopMode.NONE).withTopicId(null);

        MirrorRecord draining = only(desire(creating, DesiredState.PROMOTED));

        assertThat(draining.resumeState()).isEqualTo(MirrorState.ACTIVE);
    }

    @Test
    void aDrainingMirrorCanBeFailedOverAndNothingTurnsThatBack() {
        MirrorRecord draining = only(desire(mirror(MirrorState.ACTIVE, StopMode.NONE), DesiredState.PROMOTED));
        MirrorRecord failingOver = only(desire(draining, DesiredState.FAILED_OVER));

        assertThat(failingOver.stop()).isEqualTo(StopMode.FAILOVER);
        assertThatThrownBy(() -> desire(failingOver, DesiredState.ACTIVE)).isInstanceOf(LinkException.class);
        assertThatThrownBy(() -> desire(failingOver, DesiredState.PAUSED)).isInstanceOf(LinkException.class);
        assertThatThrownBy(() -> desire(failingOver, DesiredState.PROMOTED))
                .as("what a promotion promises does not hold")
                .hasMessageContaining("being failed over");
        assertThat(desire(mirror(MirrorState.STOPPED, StopMode.FAILOVER), DesiredState.PROMOTED))
                .isEmpty();
    }

    /** A coordinator that hears late of the cluster may not have heard of a partition that somebody leads already. */
    @Test
    void aMirrorHasStoppedWhenAllThatIsThereOrClaimedHas() {
        MirrorRecord mirror = mirror(MirrorState.PENDING_STOPPED, StopMode.FAILOVER);
        LinkImage one = image(link(), mirror, partition(0, Phase.STOPPED));
        LinkImage claimed = image(link(), mirror, partition(0, Phase.STOPPED), partition(1, Phase.STOPPING));
        LinkImage both = image(link(), mirror, partition(0, Phase.STOPPED), partition(1, Phase.STOPPED));

        assertThat(MirrorTransitions.isStopped(one, mirror, 1)).isTrue();
        assertThat(MirrorTransitions.isStopped(one, mirror, 2)).isFalse();
        assertThat(MirrorTransitions.isStopped(claimed, mirror, 1)).isFalse();
        assertThat(MirrorTransitions.isStopped(both, mirror, 1)).isTrue();
    }

    @ParameterizedTest
    @EnumSource(value = MirrorState.class, names = "STOPPED", mode = EnumSource.Mode.EXCLUDE)
    void everyStateBeforeStoppedCanBeFailedOver(MirrorState state) {
        StopMode stop = state == MirrorState.PENDING_STOPPED ? StopMode.DRAIN : StopMode.NONE;

        assertThat(only(desire(mirror(state, stop), DesiredState.FAILED_OVER)).stop())
                .isEqualTo(StopMode.FAILOVER);
    }

    @ParameterizedTest
    @EnumSource(value = DesiredState.class, names = "DELETED", mode = EnumSource.Mode.EXCLUDE)
    void repeatingAWishChangesNothing(DesiredState desired) {
        MirrorState first = desired == DesiredState.ACTIVE ? MirrorState.PAUSED : MirrorState.ACTIVE;
        MirrorRecord once = only(desire(mirror(first, StopMode.NONE), desired));

        assertThat(desire(once, desired)).isEmpty();
    }

    @Test
    void promotionIsRefusedWhereLevelCannotBeReached() {
        MirrorRecord mirror = mirror(MirrorState.ACTIVE, StopMode.NONE);
        LinkImage failed = image(link(), mirror, partition(1, Phase.FAILED));

        assertThatThrownBy(() -> MirrorTransitions.setDesired(failed, mirror, DesiredState.PROMOTED, NOW))
                .hasMessageContaining("partition 1 failed");
        assertThatThrownBy(() -> desire(mirror(MirrorState.PAUSED, StopMode.NONE), DesiredState.PROMOTED))
                .hasMessageContaining("is paused");
    }

    @Test
    void aMirrorWhoseTopicIsBeingCreatedStopsAfterThat() {
        // Ending it at once would leave its topic behind, created by a request that was under way.
        MirrorRecord mirror = mirror(MirrorState.INITIALIZING, StopMode.NONE).withTopicId(null);

        MirrorRecord stopping = only(desire(mirror, DesiredState.FAILED_OVER));
        assertThat(stopping.state()).isEqualTo(MirrorState.PENDING_STOPPED);
        assertThat(stopping.topicId()).isNull();
    }

    @Test
    void aLinkThatEndsLeavesNoTrace() {
        AclRecord acl = AclRecord.of(
                Records.LINK,
                new AclBinding(
                        new ResourcePattern(ResourceType.TOPIC, "a", PatternType.LITERAL),
                        new AccessControlEntry("User:a", "*", AclOperation.READ, AclPermissionType.ALLOW)));
        LinkImage image = image(link(), mirror(MirrorState.STOPPED, StopMode.PROMOTE), retired(1), acl);

        List<Change> changes = MirrorTransitions.endLink(image, link());

        assertThat(image.apply(changes, 9).records()).isEmpty();
    }

    private static RetiredRecord retired(long sinceMs) {
        return new RetiredRecord(1, Records.LINK, Records.TOPIC, Records.TOPIC, sinceMs);
    }

    private static List<Change> desire(MirrorRecord mirror, DesiredState desired) {
        return MirrorTransitions.setDesired(image(link(), mirror), mirror, desired, NOW);
    }

    private static MirrorRecord only(List<Change> changes) {
        assertThat(changes).hasSize(1);
        return (MirrorRecord) changes.get(0).value();
    }
}
