// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol.record;

/**
 * The first thing that a new leader of a mirror partition asks for. Once its own image holds the claim it holds
 * everything that earlier leaders wrote, and they can write no more: before that the leader appends, cuts and stops
 * nothing.
 *
 * @param topicId topic id at the destination
 * @param leaderEpoch destination leader epoch under which the broker leads
 */
public record PartitionClaim(String topic, int partition, String topicId, int leaderEpoch) {}
