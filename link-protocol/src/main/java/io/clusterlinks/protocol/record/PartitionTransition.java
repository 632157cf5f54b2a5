// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol.record;

import io.clusterlinks.protocol.LinkEvent;

/**
 * A durable change that the leader of a mirror partition asks the coordinator for. The coordinator checks that the
 * leader's claim is still the newest, writes, and answers; only then the leader acts.
 *
 * @param record the partition's new record, with the leader epoch under which the leader claimed it
 * @param event what an operator should know of it; null if nothing
 */
public record PartitionTransition(PartitionRecord record, LinkEvent event) {}
