// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;

/** Leadership of one partition; moves and orders are noted, and answered as the test says. */
final class FakeLeadership implements Leadership {
    List<Integer> replicas = List.of(1);
    final List<List<Integer>> orders = new ArrayList<>();
    int moves;
    /** Whether there are brokers without a replica. */
    boolean hasHelper;

    CompletableFuture<Void> answer = CompletableFuture.completedFuture(null);

    @Override
    public List<Integer> replicas(TopicPartition partition) {
        return replicas;
    }

    @Override
    public boolean isMovable(TopicPartition partition) {
        return replicas.size() > 1 || hasHelper;
    }

    @Override
    public CompletableFuture<Void> moveAway(TopicPartition partition) {
        moves++;
        return answer;
    }

    @Override
    public CompletableFuture<Void> order(TopicPartition partition, List<Integer> wanted) {
        orders.add(wanted);
        return answer;
    }
}
