// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;

/** Who leads partitions of the own cluster, and in which order their replicas are preferred. Thread-safe. */
interface Leadership {
    /** The replicas of {@code partition}, the preferred one first; empty if it does not exist. */
    List<Integer> replicas(TopicPartition partition);

    /** Whether there is a broker that could help to move the leader epoch of {@code partition}. */
    boolean isMovable(TopicPartition partition);

    /**
     * Makes another in-sync, live replica lead {@code partition}, and thereby moves its leader epoch; that of a single
     * replica moves though it keeps leading. Completes when the controller has done so; fails with a reason for operators.
     */
    CompletableFuture<Void> moveAway(TopicPartition partition);

    /** Prefers the replicas in that order again, if they are still the same; leads to no election. */
    CompletableFuture<Void> order(TopicPartition partition, List<Integer> replicas);
}
