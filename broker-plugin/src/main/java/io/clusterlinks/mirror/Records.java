// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Cut;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import io.clusterlinks.protocol.record.PartitionRecord.Truncation;
import java.util.List;

/** Partition records with one thing changed; {@link Transitions} counts their revisions. */
final class Records {
    private Records() {}

    static boolean isStarted(PartitionRecord record) {
        return record.startOffset() != PartitionRecord.NOT_STARTED;
    }

    static PartitionRecord started(PartitionRecord record, long startOffset) {
        return record.toBuilder().startOffset(startOffset).build();
    }

    static PartitionRecord withLineage(PartitionRecord record, List<SourceEpoch> lineage) {
        return record.toBuilder().lineage(lineage).build();
    }

    /** Everything here is older than what the source still has: starts over at {@code startOffset}. */
    static PartitionRecord startingOver(PartitionRecord record, long startOffset) {
        return record.toBuilder().startOffset(startOffset).lineage(List.of()).build();
    }

    /** Whether the truncation that is to be carried out empties the log; it may have begun later than it will. */
    static boolean isStartingOver(PartitionRecord record) {
        return record.truncation() != null
                && record.startOffset() == record.truncation().target()
                && record.lineage().isEmpty();
    }

    static PartitionRecord truncating(PartitionRecord record, Truncation truncation) {
        return record.toBuilder()
                .truncation(truncation)
                .lineage(Lineage.trimmed(record.lineage(), truncation.target()))
                .build();
    }

    /** @param cuts those to keep */
    static PartitionRecord truncated(PartitionRecord record, List<Cut> cuts) {
        return record.toBuilder().truncation(null).cuts(cuts).build();
    }

    static PartitionRecord withCuts(PartitionRecord record, List<Cut> cuts) {
        return record.toBuilder().cuts(cuts).build();
    }

    /** Every replica follows: none holds what is to be cut off should it lead. */
    static PartitionRecord followed(PartitionRecord record) {
        return record.toBuilder().cuts(List.of()).unclaimed(List.of()).build();
    }

    /** The source has found nothing wrong with what is here: an operator's repair is over. */
    static PartitionRecord repaired(PartitionRecord record) {
        return record.toBuilder().repairing(false).build();
    }

    static PartitionRecord failed(PartitionRecord record, String reason) {
        return record.toBuilder().phase(Phase.FAILED, reason).repairing(false).build();
    }

    static PartitionRecord stopping(PartitionRecord record, long stopOffset, int stopSourceEpoch) {
        return record.toBuilder()
                .phase(Phase.STOPPING, null)
                .repairing(false)
                .stop(stopOffset, stopSourceEpoch)
                .build();
    }

    static PartitionRecord stopped(PartitionRecord record) {
        return record.toBuilder()
                .phase(Phase.STOPPED, record.reason())
                .cuts(List.of())
                .unclaimed(List.of())
                .build();
    }

    static PartitionRecord revised(PartitionRecord record, int revision) {
        return record.toBuilder().revision(revision).build();
    }
}
