// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Cut;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import io.clusterlinks.protocol.record.PartitionRecord.Truncation;
import io.clusterlinks.protocol.record.StateRecord;
import java.util.List;

/** Partition records with one thing changed; {@link Transitions} counts their revisions. */
final class Records {
    /** Start offset of a partition that has not begun to mirror. */
    static final long NOT_STARTED = -1;

    private Records() {}

    static boolean isStarted(PartitionRecord record) {
        return record.startOffset() != NOT_STARTED;
    }

    static PartitionRecord started(PartitionRecord record, long startOffset) {
        return copy(record).startOffset(startOffset).build();
    }

    static PartitionRecord withLineage(PartitionRecord record, List<SourceEpoch> lineage) {
        return copy(record).lineage(lineage).build();
    }

    /** Everything here is older than what the source still has: starts over at {@code startOffset}. */
    static PartitionRecord startingOver(PartitionRecord record, long startOffset) {
        return copy(record).startOffset(startOffset).lineage(List.of()).build();
    }

    /** Whether the truncation that is to be carried out empties the log; it may have begun later than it will. */
    static boolean isStartingOver(PartitionRecord record) {
        return record.truncation() != null
                && record.startOffset() == record.truncation().target()
                && record.lineage().isEmpty();
    }

    static PartitionRecord truncating(PartitionRecord record, Truncation truncation) {
        return copy(record)
                .truncation(truncation)
                .lineage(Lineage.trimmed(record.lineage(), truncation.target()))
                .build();
    }

    /** @param cuts those to keep */
    static PartitionRecord truncated(PartitionRecord record, List<Cut> cuts) {
        return copy(record).truncation(null).cuts(cuts).build();
    }

    static PartitionRecord withCuts(PartitionRecord record, List<Cut> cuts) {
        return copy(record).cuts(cuts).build();
    }

    /** The source has found nothing wrong with what is here: an operator's repair is over. */
    static PartitionRecord repaired(PartitionRecord record) {
        return copy(record).repairing(false).build();
    }

    static PartitionRecord failed(PartitionRecord record, String reason) {
        return copy(record).phase(Phase.FAILED, reason).repairing(false).build();
    }

    static PartitionRecord stopping(PartitionRecord record, long stopOffset, int stopSourceEpoch) {
        return copy(record)
                .phase(Phase.STOPPING, null)
                .repairing(false)
                .stop(stopOffset, stopSourceEpoch)
                .build();
    }

    static PartitionRecord stopped(PartitionRecord record) {
        return copy(record)
                .phase(Phase.STOPPED, record.reason())
                .cuts(List.of())
                .build();
    }

    static PartitionRecord revised(PartitionRecord record, int revision) {
        return copy(record).revision(revision).build();
    }

    private static Copy copy(PartitionRecord record) {
        return new Copy(record);
    }

    /** A record in the making. */
    private static final class Copy {
        private final PartitionRecord from;
        private int revision;
        private long startOffset;
        private List<SourceEpoch> lineage;
        private Truncation truncation;
        private List<Cut> cuts;
        private Phase phase;
        private String reason;
        private long stopOffset;
        private int stopSourceEpoch;
        private boolean repairing;

        Copy(PartitionRecord from) {
            this.from = from;
            this.revision = from.revision();
            this.startOffset = from.startOffset();
            this.lineage = from.lineage();
            this.truncation = from.truncation();
            this.cuts = from.cuts();
            this.phase = from.phase();
            this.reason = from.reason();
            this.stopOffset = from.stopOffset();
            this.stopSourceEpoch = from.stopSourceEpoch();
            this.repairing = from.repairing();
        }

        Copy revision(int to) {
            revision = to;
            return this;
        }

        Copy startOffset(long to) {
            startOffset = to;
            return this;
        }

        Copy lineage(List<SourceEpoch> to) {
            lineage = to;
            return this;
        }

        Copy truncation(Truncation to) {
            truncation = to;
            return this;
        }

        Copy cuts(List<Cut> to) {
            cuts = to;
            return this;
        }

        Copy phase(Phase to, String why) {
            phase = to;
            reason = why;
            return this;
        }

        Copy stop(long offset, int sourceEpoch) {
            stopOffset = offset;
            stopSourceEpoch = sourceEpoch;
            return this;
        }

        Copy repairing(boolean to) {
            repairing = to;
            return this;
        }

        PartitionRecord build() {
            return new PartitionRecord(
                    StateRecord.VERSION,
                    from.topic(),
                    from.partition(),
                    from.topicId(),
                    from.leaderEpoch(),
                    revision,
                    startOffset,
                    lineage,
                    truncation,
                    cuts,
                    phase,
                    stopOffset,
                    stopSourceEpoch,
                    reason,
                    repairing);
        }
    }
}
