// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import io.clusterlinks.admin.Alteration.Op;
import io.clusterlinks.coordinator.Coordinator;
import io.clusterlinks.protocol.Json;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.WireContract;
import io.clusterlinks.protocol.record.PartitionClaim;
import io.clusterlinks.protocol.record.PartitionTransition;
import io.clusterlinks.state.BrokerReport;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands alterations to the coordinator of this broker: commands of operators, reports and proposals of brokers. */
final class LocalCoordinator {
    private static final Logger LOG = LoggerFactory.getLogger(LocalCoordinator.class);

    private final Coordinator coordinator;

    LocalCoordinator(Coordinator coordinator) {
        this.coordinator = coordinator;
    }

    /**
     * Carries out an alteration.
     *
     * @param principal on whose behalf, for the log
     */
    CompletableFuture<Void> alter(Alteration alteration, String principal, boolean validateOnly) {
        try {
            if (alteration.resource() instanceof LinkResource.Index) {
                return internal(alteration);
            }
            if (!validateOnly) {
                List<String> names = alteration.ops().stream().map(Op::name).toList();
                LOG.info("{} alters {}: {}", principal, alteration.name(), names);
            }
            return coordinator.execute(CommandParser.parse(alteration), validateOnly);
        } catch (LinkException e) {
            return CompletableFuture.failedFuture(e);
        } catch (RuntimeException e) {
            LOG.error("Altering {} failed", alteration.name(), e);
            return CompletableFuture.failedFuture(
                    new LinkException(Errors.UNKNOWN_SERVER_ERROR, "Internal error: " + e, e));
        }
    }

    private CompletableFuture<Void> internal(Alteration alteration) {
        for (Op op : alteration.ops()) {
            if (op.name().equals(WireContract.BROKER_REPORT)) {
                coordinator.onReport(Json.read(op.value(), BrokerReport.class));
                return CompletableFuture.completedFuture(null);
            }
            if (op.name().equals(WireContract.PARTITION_CLAIMS)) {
                return coordinator.claim(Arrays.asList(Json.read(op.value(), PartitionClaim[].class)));
            }
            if (op.name().equals(WireContract.PARTITION_TRANSITIONS)) {
                return coordinator.propose(Arrays.asList(Json.read(op.value(), PartitionTransition[].class)));
            }
        }
        throw LinkException.invalid("'" + alteration.name() + "' cannot be altered; alter a link or a mirror topic.");
    }
}
