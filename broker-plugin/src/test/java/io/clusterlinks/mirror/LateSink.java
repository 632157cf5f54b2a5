// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.coordinator.SimulatedStateTopic;
import io.clusterlinks.protocol.record.PartitionClaim;
import io.clusterlinks.protocol.record.PartitionTransition;
import io.clusterlinks.state.TransitionSink;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * The way to the coordinator: at once, or much later, or twice, or to a broker that is not the coordinator (any more);
 * a request or its answer may be lost. What fails may have been written or may be written later.
 */
final class LateSink implements TransitionSink {
    private final SimulatedStateTopic state;
    private final Random random;
    private final List<Runnable> late = new ArrayList<>();

    LateSink(SimulatedStateTopic state, Random random) {
        this.state = state;
        this.random = random;
    }

    @Override
    public CompletableFuture<Void> claim(List<PartitionClaim> claims) {
        return carryOut(() -> state.claim(state.coordinator(), claims));
    }

    @Override
    public CompletableFuture<Void> propose(List<PartitionTransition> transitions) {
        return carryOut(() -> state.propose(state.coordinator(), transitions));
    }

    private CompletableFuture<Void> carryOut(Supplier<CompletableFuture<Void>> write) {
        CompletableFuture<Void> answer = new CompletableFuture<>();
        switch (random.nextInt(8)) {
            case 0 -> answer.completeExceptionally(new RuntimeException("lost"));
            case 1 -> {
                write.get();
                answer.completeExceptionally(new RuntimeException("answer lost"));
            }
            case 2 -> late.add(() -> pass(write.get(), answer));
            case 3 -> {
                late.add(write::get);
                answer.completeExceptionally(new RuntimeException("timed out"));
            }
            case 4 -> {
                late.add(write::get);
                pass(write.get(), answer);
            }
            default -> pass(write.get(), answer);
        }
        return answer;
    }

    private static void pass(CompletableFuture<Void> from, CompletableFuture<Void> to) {
        from.whenComplete((ok, failure) -> {
            if (failure == null) {
                to.complete(null);
            } else {
                to.completeExceptionally(failure.getCause() == null ? failure : failure.getCause());
            }
        });
    }

    /** Carries out one of the requests that are late, in any order. */
    void catchUp() {
        if (!late.isEmpty()) {
            late.remove(random.nextInt(late.size())).run();
        }
    }
}
