// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol;

/**
 * One mirror topic in the entry {@code mirror.TOPIC} of its link.
 *
 * @param topic name at the destination
 * @param sourceTopic name at the source
 * @param state the state as shown, observation included
 * @param partitions number of partitions
 * @param lagRecords sum over the partitions, -1 if unknown
 * @param lagMs maximum over the partitions, -1 if unknown
 * @param reason why, if the state is not a healthy one; null otherwise
 */
public record MirrorSummary(
        String topic,
        String sourceTopic,
        MirrorState state,
        int partitions,
        long lagRecords,
        long lagMs,
        String reason) {}
