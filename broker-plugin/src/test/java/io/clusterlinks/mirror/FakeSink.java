// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.protocol.record.PartitionTransition;
import io.clusterlinks.state.TransitionSink;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A coordinator that answers when the test says so, or at once. */
final class FakeSink implements TransitionSink {
    final List<PartitionTransition> proposed = new ArrayList<>();
    final List<CompletableFuture<Void>> answers = new ArrayList<>();
    boolean answersAtOnce = true;

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

    PartitionTransition last() {
        return proposed.get(proposed.size() - 1);
    }

    CompletableFuture<Void> lastAnswer() {
        return answers.get(answers.size() - 1);
    }
}
