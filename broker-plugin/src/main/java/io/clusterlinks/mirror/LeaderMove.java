// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.ClusterView;
import io.clusterlinks.host.ClusterView.PartitionView;
import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.LinkException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignablePartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignableTopic;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.ElectLeadersResponseData.PartitionResult;
import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData.ListPartitionReassignmentsTopics;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AlterPartitionReassignmentsRequest;
import org.apache.kafka.common.requests.AlterPartitionReassignmentsResponse;
import org.apache.kafka.common.requests.ElectLeadersRequest;
import org.apache.kafka.common.requests.ElectLeadersResponse;
import org.apache.kafka.common.requests.ListPartitionReassignmentsRequest;
import org.apache.kafka.common.requests.ListPartitionReassignmentsResponse;

/**
 * Moves leadership through the controller: the same replicas in another order, then a preferred election. That is the
 * one way to move a partition's leader epoch that harms nobody; a single replica gets another one for a moment.
 */
final class LeaderMove implements Leadership {
    private static final int TIMEOUT_MS = 10_000;

    private final LocalBroker broker;

    LeaderMove(LocalBroker broker) {
        this.broker = broker;
    }

    @Override
    public List<Integer> replicas(TopicPartition partition) {
        return view(broker.cluster(), partition).map(PartitionView::replicas).orElse(List.of());
    }

    @Override
    public boolean isMovable(TopicPartition partition) {
        return replicas(partition).size() > 1 || another(broker.cluster()).isPresent();
    }

    private Optional<Integer> another(ClusterView cluster) {
        return cluster.liveBrokers().stream()
                .filter(id -> id != broker.nodeId())
                .findFirst();
    }

    @Override
    public CompletableFuture<Void> moveAway(TopicPartition partition) {
        ClusterView cluster = broker.cluster();
        PartitionView view = view(cluster, partition).orElse(null);
        if (view == null || view.leader() != broker.nodeId()) {
            return CompletableFuture.completedFuture(null);
        }
        if (view.replicas().size() == 1) {
            return renewAlone(partition, another(cluster));
        }
        Set<Integer> live = cluster.liveBrokers();
        Optional<Integer> next = view.replicas().stream()
                .filter(replica -> replica != broker.nodeId() && view.isr().contains(replica) && live.contains(replica))
                .findFirst();
        if (next.isEmpty()) {
            return CompletableFuture.failedFuture(new LinkException(
                    Errors.NOT_ENOUGH_REPLICAS,
                    "none of the other replicas (" + view.replicas() + ") is in sync; bring one back."));
        }
        List<Integer> order = new ArrayList<>(view.replicas());
        order.remove(next.get());
        order.add(0, next.get());
        return checkStill(partition)
                .thenCompose(still -> reassign(partition, order, false))
                .thenCompose(done -> elect(partition));
    }

    /** A leader epoch ends when a replica is taken away, also one that was added in that moment and holds nothing. */
    private CompletableFuture<Void> renewAlone(TopicPartition partition, Optional<Integer> helper) {
        if (helper.isEmpty()) {
            return CompletableFuture.failedFuture(new LinkException(
                    Errors.NOT_ENOUGH_REPLICAS,
                    "it has a single replica, and no other broker is live that could stand by; bring one back."));
        }
        return checkStill(partition)
                .thenCompose(still -> reassign(partition, List.of(broker.nodeId(), helper.get()), true))
                .thenCompose(added -> beAlone(partition).exceptionallyCompose(failure -> beAlone(partition)));
    }

    /**
     * Cancels that another replica is added. Only where it holds everything by now it is removed: a controller that is to
     * remove one that it still adds waits for it to be in sync, which it never counts one that is to be removed as.
     */
    private CompletableFuture<Void> beAlone(TopicPartition partition) {
        return reassign(partition, null, true)
                .exceptionallyCompose(failure -> isOver(failure)
                        ? reassign(partition, List.of(broker.nodeId()), true)
                        : CompletableFuture.failedFuture(failure));
    }

    private static boolean isOver(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof LinkException answer && answer.error() == Errors.NO_REASSIGNMENT_IN_PROGRESS;
    }

    @Override
    public CompletableFuture<Void> order(TopicPartition partition, List<Integer> replicas) {
        List<Integer> now = replicas(partition);
        boolean same = now.size() == replicas.size() && now.containsAll(replicas);
        return same && !now.equals(replicas)
                ? checkStill(partition).thenCompose(still -> reassign(partition, replicas, false))
                : CompletableFuture.completedFuture(null);
    }

    private static Optional<PartitionView> view(ClusterView cluster, TopicPartition partition) {
        return cluster.topic(partition.topic())
                .filter(topic -> partition.partition() < topic.partitions().size())
                .map(topic -> topic.partitions().get(partition.partition()));
    }

    /** Fails while an operator moves the replicas: another order would take the place of what they asked for. */
    private CompletableFuture<Void> checkStill(TopicPartition partition) {
        ListPartitionReassignmentsRequestData data = new ListPartitionReassignmentsRequestData()
                .setTimeoutMs(TIMEOUT_MS)
                .setTopics(List.of(new ListPartitionReassignmentsTopics()
                        .setName(partition.topic())
                        .setPartitionIndexes(List.of(partition.partition()))));
        return broker.controller()
                .send(new ListPartitionReassignmentsRequest.Builder(data))
                .thenAccept(response -> {
                    var answer = ((ListPartitionReassignmentsResponse) response).data();
                    check("listing reassignments", answer.errorCode(), answer.errorMessage());
                    if (answer.topics().stream()
                            .anyMatch(topic -> !topic.partitions().isEmpty())) {
                        throw new LinkException(
                                Errors.REASSIGNMENT_IN_PROGRESS,
                                "its replicas are being reassigned; waiting until that is done.");
                    }
                });
    }

    /** {@code replicas} is null to cancel what is under way. */
    private CompletableFuture<Void> reassign(TopicPartition partition, List<Integer> replicas, boolean more) {
        AlterPartitionReassignmentsRequestData data = new AlterPartitionReassignmentsRequestData()
                .setTimeoutMs(TIMEOUT_MS)
                .setAllowReplicationFactorChange(more);
        data.topics()
                .add(new ReassignableTopic()
                        .setName(partition.topic())
                        .setPartitions(List.of(new ReassignablePartition()
                                .setPartitionIndex(partition.partition())
                                .setReplicas(replicas))));
        return broker.controller()
                .send(new AlterPartitionReassignmentsRequest.Builder(data))
                .thenAccept(response -> {
                    AlterPartitionReassignmentsResponseData answer =
                            ((AlterPartitionReassignmentsResponse) response).data();
                    check("reassigning replicas", answer.errorCode(), answer.errorMessage());
                    answer.responses().forEach(topic -> topic.partitions()
                            .forEach(result ->
                                    check("reassigning replicas", result.errorCode(), result.errorMessage())));
                });
    }

    private CompletableFuture<Void> elect(TopicPartition partition) {
        return broker.controller()
                .send(new ElectLeadersRequest.Builder(ElectionType.PREFERRED, Set.of(partition), TIMEOUT_MS))
                .thenAccept(response -> {
                    var answer = ((ElectLeadersResponse) response).data();
                    check("electing the preferred leader", answer.errorCode(), null);
                    answer.replicaElectionResults().forEach(topic -> topic.partitionResult().stream()
                            .filter(result -> result.errorCode() != Errors.ELECTION_NOT_NEEDED.code())
                            .forEach(LeaderMove::checkElected));
                });
    }

    private static void checkElected(PartitionResult result) {
        check("electing the preferred leader", result.errorCode(), result.errorMessage());
    }

    private static void check(String step, short code, String message) {
        Errors error = Errors.forCode(code);
        if (error != Errors.NONE) {
            throw new LinkException(
                    error, step + " failed: " + (message == null ? error.message() : message) + " (" + error + ")");
        }
    }
}
