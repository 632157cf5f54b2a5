// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.LocalPartition;
import io.clusterlinks.protocol.record.PartitionRecord.Cut;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/** The cuts that a record keeps for replicas that may not have followed them, by ascending offset and leader epoch. */
final class Cuts {
    private Cuts() {}

    /** The first of {@code cuts} to which {@code log} does not keep. */
    static Optional<Cut> missed(List<Cut> cuts, LocalPartition log) {
        return cuts.stream().filter(cut -> isMissed(cut, log)).findFirst();
    }

    /** Leader epochs never descend in a log, so the first batch past the cut tells. */
    private static boolean isMissed(Cut cut, LocalPartition log) {
        long from = Math.max(cut.offset(), log.logStartOffset());
        if (from >= log.logEndOffset()) {
            return false;
        }
        ByteBuffer batch = log.read(from, 1);
        return batch.hasRemaining() && batch.getInt(batch.position() + BatchFormat.LEADER_EPOCH) < cut.leaderEpoch();
    }
}
