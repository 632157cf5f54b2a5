// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.coordinator.StateInMemory;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.record.PartitionClaim;
import io.clusterlinks.protocol.record.PartitionTransition;
import io.clusterlinks.state.TransitionSink;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/**
 * A coordinator that writes at once, or much later, or twice, or loses a request or its answer: whatever a network and a
 * coordinator that moves can do. What fails may have been written or may be written later.
 */
final class LateSink implements TransitionSink {
    private final StateInMemory state;
    private final Random random;
    private final List<Runnable> late = new ArrayList<>();

    LateSink(StateInMemory state, Random random) {
        this.state = state;
        this.random = random;
    }

    @Override
    public CompletableFuture<Void> claim(List<PartitionClaim> claims) {
        return carryOut(() -> state.claim(claims));
    }

    @Override
    public CompletableFuture<Void> propose(List<PartitionTransition> transitions) {
        return carryOut(() -> state.propose(transitions));
    }

    private CompletableFuture<Void> carryOut(Runnable write) {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        switch (random.nextInt(6)) {
            case 0 -> answer.completeExceptionally(new RuntimeException("lost"));
            case 1 -> {
                complete(write, new CompletableFuture<>());
                answer.completeExceptionally(new RuntimeException("answer lost"));
            }
            case 2 -> late.add(() -> complete(write, answer));
            case 3 -> {
                late.add(() -> complete(write, new CompletableFuture<>()));
                answer.completeExceptionally(new RuntimeException("timed out"));
            }
            case 4 -> {
                late.add(() -> complete(write, new CompletableFuture<>()));
                complete(write, answer);
            }
            default -> complete(write, answer);
        }
        return answer;
    }

    private static void complete(Runnable write, CompletableFuture<Void> answer) {
        try {
            write.run();
            answer.complete(null);
        } catch (LinkException e) {
            answer.completeExceptionally(e);
        }
    }

    /** Carries out one of the requests that are late, in any order. */
    void catchUp() {
        if (!late.isEmpty()) {
            late.remove(random.nextInt(late.size())).run();
        }
    }
}
