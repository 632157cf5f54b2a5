// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.protocol.record.PartitionClaim;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionTransition;
import io.clusterlinks.state.TransitionSink;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;

/** A coordinator that answers when the test says so, or at once. */
final class FakeSink implements TransitionSink {
    final List<PartitionTransition> proposed = new ArrayList<>();
    final List<CompletableFuture<Void>> answers = new ArrayList<>();
    boolean answersAtOnce = true;

    @Override
    public CompletableFuture<Void> claim(List<PartitionClaim> claims) {
        throw new AssertionError("not asked for");
    }

    @Override
    public synchronized CompletableFuture<Void> propose(List<PartitionTransition> transitions) {
        proposed.addAll(transitions);
        CompletableFuture<Void> answer = new CompletableFuture<>();
        answers.add(answer);
        if (answersAtOnce) {
            answer.complete(null);
        }
        return answer;
    }

    /** The record of a partition that was claimed and has not begun to mirror. */
    static PartitionRecord claimed(TopicPartition partition, int leaderEpoch) {
        return PartitionRecord.first(partition.topic(), partition.partition(), "topic-id", leaderEpoch);
    }

    PartitionTransition last() {
        return proposed.get(proposed.size() - 1);
    }

    CompletableFuture<Void> lastAnswer() {
        return answers.get(answers.size() - 1);
    }
}
