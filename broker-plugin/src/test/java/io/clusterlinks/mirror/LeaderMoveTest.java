// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterlinks.host.ClusterView.PartitionView;
import io.clusterlinks.mirror.LeaderMoveTest.Controller.Sent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.ElectLeadersResponseData.PartitionResult;
import org.apache.kafka.common.message.ElectLeadersResponseData.ReplicaElectionResult;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData.OngoingPartitionReassignment;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData.OngoingTopicReassignment;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.AlterPartitionReassignmentsRequest;
import org.apache.kafka.common.requests.AlterPartitionReassignmentsResponse;
import org.apache.kafka.common.requests.ElectLeadersResponse;
import org.apache.kafka.common.requests.ListPartitionReassignmentsResponse;
import org.junit.jupiter.api.Test;

class LeaderMoveTest {
    private static final TopicPartition TP = new TopicPartition("mirror", 0);

    /** What the controller is asked, and answers. */
    static final class Controller {
        /** One request, with the order of replicas it asks for. */
        record Sent(ApiKeys api, List<Integer> order) {}

        final List<Sent> sent = new ArrayList<>();
        boolean reassigning;
        Errors elected = Errors.NONE;
        /** What it answers to one who cancels, one by one; then that it is done. */
        final Queue<Errors> cancelled = new ArrayDeque<>();

        AbstractResponse answer(AbstractRequest request) {
            List<Integer> order = request instanceof AlterPartitionReassignmentsRequest alter
                    ? alter.data().topics().get(0).partitions().get(0).replicas()
                    : List.of();
            sent.add(new Sent(request.apiKey(), order));
            return switch (request.apiKey()) {
                case LIST_PARTITION_REASSIGNMENTS -> new ListPartitionReassignmentsResponse(listed());
                case ALTER_PARTITION_REASSIGNMENTS -> new AlterPartitionReassignmentsResponse(altered(order));
                default ->
                    new ElectLeadersResponse(
                            0,
                            Errors.NONE.code(),
                            List.of(new ReplicaElectionResult()
                                    .setTopic(TP.topic())
                                    .setPartitionResult(List.of(new PartitionResult().setErrorCode(elected.code())))),
                            (short) 1);
            };
        }

        private AlterPartitionReassignmentsResponseData altered(List<Integer> order) {
            Errors error = order == null && !cancelled.isEmpty() ? cancelled.remove() : Errors.NONE;
            return new AlterPartitionReassignmentsResponseData()
                    .setErrorCode(error.code())
                    .setErrorMessage(error.message());
        }

        private ListPartitionReassignmentsResponseData listed() {
            ListPartitionReassignmentsResponseData data = new ListPartitionReassignmentsResponseData();
            return reassigning
                    ? data.setTopics(List.of(new OngoingTopicReassignment()
                            .setName(TP.topic())
                            .setPartitions(List.of(new OngoingPartitionReassignment()))))
                    : data;
        }
    }

    private final Controller controller = new Controller();

    @Test
    void anInSyncLiveReplicaIsPreferredAndElected() {
        move(List.of(1, 2, 3), List.of(1, 2, 3), Set.of(1, 3)).moveAway(TP).join();

        assertThat(controller.sent)
                .containsExactly(
                        new Sent(ApiKeys.LIST_PARTITION_REASSIGNMENTS, List.of()),
                        new Sent(ApiKeys.ALTER_PARTITION_REASSIGNMENTS, List.of(3, 1, 2)),
                        new Sent(ApiKeys.ELECT_LEADERS, List.of()));
    }

    /** Its leader epoch is renewed when the other one is taken away again. */
    @Test
    void aSingleReplicaGetsAnotherForAMoment() {
        LeaderMove move = move(List.of(1), List.of(1), Set.of(1, 3));
        assertThat(move.isMovable(TP)).isTrue();

        move.moveAway(TP).join();

        assertThat(controller.sent)
                .containsExactly(
                        new Sent(ApiKeys.LIST_PARTITION_REASSIGNMENTS, List.of()),
                        new Sent(ApiKeys.ALTER_PARTITION_REASSIGNMENTS, List.of(1, 3)),
                        new Sent(ApiKeys.ALTER_PARTITION_REASSIGNMENTS, null));
    }

    @Test
    void aReplicaThatHoldsEverythingBeforeItIsCancelledIsRemoved() {
        controller.cancelled.add(Errors.NO_REASSIGNMENT_IN_PROGRESS);

        move(List.of(1), List.of(1), Set.of(1, 3)).moveAway(TP).join();

        assertThat(controller.sent).extracting(Sent::order).containsExactly(List.of(), List.of(1, 3), null, List.of(1));
    }

    /** Asked to remove what it still adds a controller does neither, ever; found by chaos. */
    @Test
    void aReplicaThatIsStillBeingAddedIsNotRemovedButCancelledAgain() {
        controller.cancelled.add(Errors.REQUEST_TIMED_OUT);

        move(List.of(1), List.of(1), Set.of(1, 3)).moveAway(TP).join();

        assertThat(controller.sent).extracting(Sent::order).containsExactly(List.of(), List.of(1, 3), null, null);
    }

    @Test
    void aSingleReplicaOfASingleBrokerCannotBeMoved() {
        LeaderMove move = move(List.of(1), List.of(1), Set.of(1));

        assertThat(move.isMovable(TP)).isFalse();
        assertThatThrownBy(() -> move.moveAway(TP).join()).hasMessageContaining("no other broker is live");
        assertThat(controller.sent).isEmpty();
    }

    @Test
    void withoutAnotherInSyncReplicaNothingIsAskedFor() {
        LeaderMove move = move(List.of(1, 2, 3), List.of(1, 2), Set.of(1, 3));

        assertThatThrownBy(() -> move.moveAway(TP).join()).hasMessageContaining("in sync");
        assertThat(controller.sent).isEmpty();
    }

    @Test
    void anOperatorsReassignmentIsNotDisturbed() {
        controller.reassigning = true;

        assertThatThrownBy(() -> move(List.of(1, 2), List.of(1, 2), Set.of(1, 2))
                        .moveAway(TP)
                        .join())
                .hasMessageContaining("being reassigned");
        assertThat(controller.sent).hasSize(1);
    }

    @Test
    void aFailedElectionIsToldAndOneThatWasNotNeededIsNone() {
        LeaderMove move = move(List.of(1, 2), List.of(1, 2), Set.of(1, 2));
        controller.elected = Errors.PREFERRED_LEADER_NOT_AVAILABLE;
        assertThatThrownBy(() -> move.moveAway(TP).join()).hasMessageContaining("PREFERRED_LEADER_NOT_AVAILABLE");

        controller.elected = Errors.ELECTION_NOT_NEEDED;
        move.moveAway(TP).join();
    }

    @Test
    void anOrderIsRestoredOnlyIfTheReplicasAreTheSame() {
        LeaderMove move = move(List.of(2, 1, 3), List.of(1, 2, 3), Set.of(1, 2, 3));

        move.order(TP, List.of(1, 2, 4)).join();
        move.order(TP, List.of(2, 1, 3)).join();
        assertThat(controller.sent).isEmpty();

        move.order(TP, List.of(1, 2, 3)).join();
        assertThat(controller.sent).last().isEqualTo(new Sent(ApiKeys.ALTER_PARTITION_REASSIGNMENTS, List.of(1, 2, 3)));
    }

    private LeaderMove move(List<Integer> replicas, List<Integer> inSync, Set<Integer> live) {
        return new LeaderMove(new ControlledBroker(controller, new PartitionView(1, 7, replicas, inSync), live));
    }
}
