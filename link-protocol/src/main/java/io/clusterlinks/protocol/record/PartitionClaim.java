// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol.record;

import java.util.List;

/**
 * The first thing that a new leader of a mirror partition asks for. Once its own image holds the claim it holds
 * everything that earlier leaders wrote, and they can write no more: before that the leader appends, cuts and stops
 * nothing.
 *
 * @param topicId topic id at the destination
 * @param leaderEpoch destination leader epoch under which the broker leads
 * @param held under which earlier leader epochs the leader holds records, ascending, those left out of which it knows that
 *     they were claimed
 */
public record PartitionClaim(String topic, int partition, String topicId, int leaderEpoch, List<HeldEpoch> held) {
    /** A destination leader epoch and the offset at which its records begin in the leader's log. */
    public record HeldEpoch(int epoch, long startOffset) {}

    public PartitionClaim {
        held = held == null ? List.of() : List.copyOf(held);
    }
}
