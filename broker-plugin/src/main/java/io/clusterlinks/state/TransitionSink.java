// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.state;

import io.clusterlinks.protocol.record.PartitionClaim;
import io.clusterlinks.protocol.record.PartitionTransition;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Where leaders of mirror partitions ask for durable changes. Thread-safe. */
public interface TransitionSink {
    /**
     * Claims partitions for a new leader; each for itself, those that are no mirror partitions, or were claimed under a
     * newer epoch, are left out. Completes when the claims are written: they take effect for the claimer when its own
     * image holds them.
     */
    CompletableFuture<Void> claim(List<PartitionClaim> claims);

    /**
     * Asks the coordinator to write {@code transitions}, all or none. Completes when they are written and replicated;
     * fails with a {@link io.clusterlinks.protocol.LinkException} if the coordinator refused or could not be reached,
     * after which they may or may not have been written. Repeating is safe.
     */
    CompletableFuture<Void> propose(List<PartitionTransition> transitions);
}
