// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import static io.clusterlinks.Records.TOPIC;
import static io.clusterlinks.Records.image;
import static io.clusterlinks.Records.mirror;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Cut;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import io.clusterlinks.protocol.record.PartitionRecord.Truncation;
import io.clusterlinks.protocol.record.PartitionTransition;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a leader, of epoch 5, may do to the cuts that a record keeps, and to a partition that stops because of them. */
class CutTransitionsTest {
    private static final Cut MISSED = new Cut(3, 4);

    private final Draft mirroring = new Draft(Phase.MIRRORING, -1);
    private final Draft stopping = new Draft(Phase.STOPPING, 7);

    @Test
    void aCutIsForgottenOnlyForOneThatImpliesItOrWithAllOthers() {
        Cut old = new Cut(3, 2);
        Draft before = mirroring.keeps(old, new Cut(6, 4));

        assertAllowed(before, mirroring.keeps());
        assertAllowed(before, mirroring.keeps(new Cut(2, 5)));
        assertAllowed(before, mirroring.keeps(old, new Cut(5, 5)));
        assertRefused(before, mirroring.keeps(old));
        assertRefused(before, mirroring.keeps(new Cut(4, 5)));
    }

    @Test
    void aLeaderAddsNoCutOfAnotherEpoch() {
        assertAllowed(mirroring, mirroring.keeps(new Cut(3, 5)));
        assertRefused(mirroring, mirroring.keeps(MISSED));
        assertRefused(mirroring, mirroring.keeps(new Cut(3, 6)));
    }

    @Test
    void whatHasStoppedKeepsNone() {
        assertAllowed(stopping.keeps(MISSED), new Draft(Phase.STOPPED, 7));
        assertRefused(stopping.keeps(MISSED), new Draft(Phase.STOPPED, 7).keeps(MISSED));
    }

    @Test
    void theStopOffsetIsOnlyEverLoweredAndNotByACut() {
        assertAllowed(stopping, new Draft(Phase.STOPPING, 6));
        assertRefused(stopping, new Draft(Phase.STOPPING, 8));
        assertRefused(stopping, new Draft(Phase.STOPPED, 6));
        assertRefused(
                stopping.keeps(MISSED),
                new Draft(Phase.STOPPING, 3).keeps(MISSED).cutTo(3));
    }

    /** What a record says that differs from the others of this test. */
    private record Draft(Phase phase, long stopOffset, List<Cut> cuts, Truncation truncation) {
        private Draft(Phase phase, long stopOffset) {
            this(phase, stopOffset, List.of(), null);
        }

        private Draft keeps(Cut... kept) {
            return new Draft(phase, stopOffset, List.of(kept), truncation);
        }

        private Draft cutTo(long target) {
            return new Draft(phase, stopOffset, cuts, new Truncation(target, 5, List.of(1, 2)));
        }

        private PartitionRecord record(int revision) {
            List<SourceEpoch> lineage = List.of(new SourceEpoch(0, 0));
            return PartitionRecord.first(TOPIC, 0, "topic-id", 5).toBuilder()
                    .revision(revision)
                    .startOffset(0)
                    .lineage(lineage)
                    .truncation(truncation)
                    .cuts(cuts)
                    .phase(phase, null)
                    .stop(stopOffset, 0)
                    .build();
        }
    }

    private static void assertAllowed(Draft before, Draft after) {
        assertThat(propose(before, after)).isOne();
    }

    private static void assertRefused(Draft before, Draft after) {
        assertThatThrownBy(() -> propose(before, after))
                .isInstanceOf(LinkException.class)
                .hasMessageContaining("cannot become");
    }

    private static int propose(Draft before, Draft after) {
        PartitionTransition proposal = new PartitionTransition(after.record(1), null);
        return PartitionTransitions.apply(
                        image(mirror(MirrorState.PENDING_STOPPED, StopMode.PROMOTE), before.record(0)),
                        List.of(proposal))
                .size();
    }
}
