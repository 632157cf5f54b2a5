// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol.record;

import io.clusterlinks.protocol.LinkEvent;

/**
 * A durable change that the leader of a mirror partition asks the coordinator for. The coordinator checks the leader
 * epoch, writes, and answers; only then the leader acts.
 *
 * @param leaderEpoch destination leader epoch under which the leader asks; an older one than the coordinator knows loses
 * @param record the partition's new record
 * @param event what an operator should know of it; null if nothing
 */
public record PartitionTransition(int leaderEpoch, PartitionRecord record, LinkEvent event) {}
