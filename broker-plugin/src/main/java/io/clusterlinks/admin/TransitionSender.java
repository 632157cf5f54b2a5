// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import io.clusterlinks.protocol.Json;
import io.clusterlinks.protocol.WireContract;
import io.clusterlinks.protocol.record.PartitionClaim;
import io.clusterlinks.protocol.record.PartitionTransition;
import io.clusterlinks.state.TransitionSink;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Carries proposals of this broker's partitions to the coordinator. */
public final class TransitionSender implements TransitionSink {
    private final CoordinatorRouter router;

    public TransitionSender(CoordinatorRouter router) {
        this.router = router;
    }

    @Override
    public CompletableFuture<Void> claim(List<PartitionClaim> claims) {
        return router.propose(WireContract.PARTITION_CLAIMS, Json.write(claims));
    }

    @Override
    public CompletableFuture<Void> propose(List<PartitionTransition> transitions) {
        return router.propose(WireContract.PARTITION_TRANSITIONS, Json.write(transitions));
    }
}
