// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.apache.kafka.common.Node;
import org.junit.jupiter.api.Test;

class KafkaSourceQueryClientTest {
    private static final Node A = new Node(1, "a", 1);
    private static final Node B = new Node(2, "b", 1);
    private static final Node C = new Node(3, "c", 1);
    private static final List<Node> ALL = List.of(A, B, C);

    /** One that is cut off from its controllers names itself as leader for as long as it is asked. */
    @Test
    void everyBrokerIsAskedInTurn() {
        List<Node> order = next(List.of(), A);
        assertThat(order).containsExactly(B, C, A);
        order = next(order, B);
        assertThat(order).containsExactly(C, A, B);
        assertThat(next(order, C)).containsExactly(A, B, C);
    }

    @Test
    void whoDidNotAnswerComesLast() {
        assertThat(KafkaSourceQueryClient.nextOrder(List.of(C, A, B), ALL, A.id(), Set.of(C.id())))
                .containsExactly(B, A, C);
    }

    @Test
    void brokersThatCameOrMovedAreAskedWhereTheyAreNow() {
        Node moved = new Node(2, "elsewhere", 1);
        assertThat(KafkaSourceQueryClient.nextOrder(List.of(A, B), List.of(A, moved, C), A.id(), Set.of()))
                .containsExactly(moved, C, A);
    }

    private static List<Node> next(List<Node> known, Node answered) {
        return KafkaSourceQueryClient.nextOrder(known, ALL, answered.id(), Set.of());
    }
}
