// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import static io.clusterlinks.Records.image;
import static io.clusterlinks.Records.link;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterlinks.Records;
import io.clusterlinks.guard.MirrorFence;
import io.clusterlinks.protocol.DesiredState;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.protocol.record.StateRecord;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.LinkImage.Change;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What becomes of a topic that is to be adopted: all of it, or nothing. */
class AdoptionTransitionsTest {
    private static final long NOW = 7;
    private static final MirrorRecord ADOPTING = new MirrorRecord(
            1,
            Records.LINK,
            Records.TOPIC,
            Records.TOPIC,
            "topic-id",
            "source-id",
            3,
            2,
            (short) -1,
            Map.of(),
            "earliest",
            List.of(),
            true,
            MirrorState.INITIALIZING,
            StopMode.NONE,
            null,
            null,
            1,
            List.of());

    @Test
    void nothingHappensUntilEveryPartitionThatIsHereIsKnownToBeEqual() {
        assertThat(adopt(equal(0))).isEmpty();
        assertThat(adopt(equal(0), claimed(1))).isEmpty();
    }

    @Test
    void thenTheMirrorFollows() {
        LinkImage after = after(equal(0), equal(1));

        assertThat(after.mirror(Records.TOPIC).orElseThrow().state()).isEqualTo(MirrorState.ACTIVE);
        assertThat(after.mirror(Records.TOPIC).orElseThrow().events()).hasSize(1);
        assertThat(after.partitions(Records.TOPIC)).hasSize(2);
        assertThat(new MirrorFence(after, true).refusal(Records.TOPIC, 0)).isPresent();
    }

    @Test
    void oneThatDiffersLeavesTheWholeTopicAsItWas() {
        LinkImage before = image(link(), ADOPTING, equal(0), failed(1));
        assertThat(new MirrorFence(before, true).refusal(Records.TOPIC, 0)).isPresent();

        LinkImage after = after(equal(0), failed(1));

        MirrorRecord mirror = after.mirror(Records.TOPIC).orElseThrow();
        assertThat(mirror.state()).isEqualTo(MirrorState.STOPPED);
        assertThat(mirror.reason()).contains("Not adopted").contains("differs at offset 7");
        assertThat(after.partitions(Records.TOPIC)).isEmpty();
        assertThat(new MirrorFence(after, true).refusal(Records.TOPIC, 0)).isEmpty();
    }

    /** Its stop steps would have written abort markers into a topic that is not the link's. */
    @Test
    void aFailoverGivesUpWithoutTouchingTheTopic() {
        LinkImage image = image(link(), ADOPTING, equal(0), claimed(1));

        LinkImage after = image.apply(MirrorTransitions.setDesired(image, ADOPTING, DesiredState.FAILED_OVER, NOW), 9);

        assertThat(after.mirror(Records.TOPIC).orElseThrow().state()).isEqualTo(MirrorState.STOPPED);
        assertThat(after.partitions(Records.TOPIC)).isEmpty();
    }

    @Test
    void aPromotionHasToWait() {
        assertThatThrownBy(() ->
                        MirrorTransitions.setDesired(image(link(), ADOPTING), ADOPTING, DesiredState.PROMOTED, NOW))
                .isInstanceOf(LinkException.class)
                .hasMessageContaining("still being compared");
    }

    private static List<Change> adopt(StateRecord... partitions) {
        return MirrorTransitions.adopt(with(partitions), ADOPTING, NOW);
    }

    private static LinkImage after(StateRecord... partitions) {
        return with(partitions).apply(adopt(partitions), 9);
    }

    private static LinkImage with(StateRecord... partitions) {
        StateRecord[] all = new StateRecord[partitions.length + 2];
        all[0] = link();
        all[1] = ADOPTING;
        System.arraycopy(partitions, 0, all, 2, partitions.length);
        return image(all);
    }

    private static PartitionRecord equal(int partition) {
        return record(partition, 0, Phase.MIRRORING, null);
    }

    private static PartitionRecord claimed(int partition) {
        return record(partition, -1, Phase.MIRRORING, null);
    }

    private static PartitionRecord failed(int partition) {
        return record(partition, -1, Phase.FAILED, "differs at offset 7.");
    }

    private static PartitionRecord record(int partition, long startOffset, Phase phase, String reason) {
        return PartitionRecord.first(Records.TOPIC, partition, "topic-id", 1).toBuilder()
                .startOffset(startOffset)
                .phase(phase, reason)
                .build();
    }
}
