// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol.record;

import io.clusterlinks.protocol.record.PartitionRecord.Cut;
import io.clusterlinks.protocol.record.PartitionRecord.LeaderEpochs;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import io.clusterlinks.protocol.record.PartitionRecord.Truncation;
import java.util.List;

/** A record of the same partition with some things changed. Not thread-safe. */
public final class PartitionRecordBuilder {
    private final PartitionRecord from;
    private int leaderEpoch;
    private int revision;
    private long startOffset;
    private List<SourceEpoch> lineage;
    private Truncation truncation;
    private List<Cut> cuts;
    private List<LeaderEpochs> unclaimed;
    private Phase phase;
    private long stopOffset;
    private int stopSourceEpoch;
    private String reason;
    private boolean repairing;

    PartitionRecordBuilder(PartitionRecord from) {
        this.from = from;
        this.leaderEpoch = from.leaderEpoch();
        this.revision = from.revision();
        this.startOffset = from.startOffset();
        this.lineage = from.lineage();
        this.truncation = from.truncation();
        this.cuts = from.cuts();
        this.unclaimed = from.unclaimed();
        this.phase = from.phase();
        this.stopOffset = from.stopOffset();
        this.stopSourceEpoch = from.stopSourceEpoch();
        this.reason = from.reason();
        this.repairing = from.repairing();
    }

    /** The revision {@code newRevision} under this leader epoch. */
    public PartitionRecordBuilder revision(int newLeaderEpoch, int newRevision) {
        leaderEpoch = newLeaderEpoch;
        revision = newRevision;
        return this;
    }

    /** Another revision under the same leader epoch. */
    public PartitionRecordBuilder revision(int newRevision) {
        return revision(leaderEpoch, newRevision);
    }

    public PartitionRecordBuilder startOffset(long newStartOffset) {
        startOffset = newStartOffset;
        return this;
    }

    public PartitionRecordBuilder lineage(List<SourceEpoch> newLineage) {
        lineage = newLineage;
        return this;
    }

    public PartitionRecordBuilder truncation(Truncation newTruncation) {
        truncation = newTruncation;
        return this;
    }

    public PartitionRecordBuilder cuts(List<Cut> newCuts) {
        cuts = newCuts;
        return this;
    }

    public PartitionRecordBuilder unclaimed(List<LeaderEpochs> newUnclaimed) {
        unclaimed = newUnclaimed;
        return this;
    }

    /** {@code newReason} is null unless the partition has FAILED. */
    public PartitionRecordBuilder phase(Phase newPhase, String newReason) {
        phase = newPhase;
        reason = newReason;
        return this;
    }

    public PartitionRecordBuilder stop(long offset, int sourceEpoch) {
        stopOffset = offset;
        stopSourceEpoch = sourceEpoch;
        return this;
    }

    public PartitionRecordBuilder repairing(boolean nowRepairing) {
        repairing = nowRepairing;
        return this;
    }

    public PartitionRecord build() {
        return new PartitionRecord(
                StateRecord.VERSION,
                from.topic(),
                from.partition(),
                from.topicId(),
                leaderEpoch,
                revision,
                startOffset,
                lineage,
                truncation,
                cuts,
                unclaimed,
                phase,
                stopOffset,
                stopSourceEpoch,
                reason,
                repairing);
    }
}
