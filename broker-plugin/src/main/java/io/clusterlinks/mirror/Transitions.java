// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.protocol.LinkEvent;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionTransition;
import io.clusterlinks.state.TransitionSink;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.Errors;

/**
 * The durable record of one partition as the leader that has claimed it knows it, and at most one change of it that is
 * under way. Nobody else can change it without this leader's next change being refused, so it is never out of date. A
 * change that fails is proposed again until it is written: the coordinator may be moving, and repeating is safe. For
 * the one thread that owns the partition.
 */
final class Transitions {
    private final TransitionSink sink;
    private final long backoffMs;
    private final Runnable wake;

    private volatile PartitionRecord record;
    private volatile boolean fenced;
    private volatile PartitionTransition proposed;
    private Runnable then;
    private CompletableFuture<Void> answer;
    private long retryAtMs;
    private String error;

    /**
     * Nothing is under way at first.
     *
     * @param claimed the partition's record as claimed by this leader
     * @param wake run whenever an answer arrives, on any thread
     */
    Transitions(TransitionSink sink, PartitionRecord claimed, long backoffMs, Runnable wake) {
        this.sink = sink;
        this.record = claimed;
        this.backoffMs = backoffMs;
        this.wake = wake;
    }

    /** The record as last written. From any thread. */
    PartitionRecord record() {
        return record;
    }

    /** Whether somebody else has changed the record: the claim is void, nothing may be done. From any thread. */
    boolean isFenced() {
        return fenced;
    }

    /** Whether nothing is under way. From any thread. */
    boolean isSettled() {
        return proposed == null;
    }

    /** Has the record written once more: what was proposed on top of it before, by whomever, is refused from then on. */
    void confirm() {
        propose(record, null, () -> {});
    }

    /** Proposes a change; {@code whenWritten} runs in {@link #settle} once it is written. */
    void propose(PartitionRecord next, LinkEvent event, Runnable whenWritten) {
        if (proposed != null || fenced) {
            throw new IllegalStateException("No change can be made now; under way: " + proposed);
        }
        proposed = new PartitionTransition(Records.revised(next, record.revision() + 1), event);
        then = whenWritten;
        send();
    }

    private void send() {
        try {
            answer = sink.propose(List.of(proposed));
        } catch (RuntimeException e) {
            answer = CompletableFuture.failedFuture(e);
        }
        answer.whenComplete((ok, failure) -> wake.run());
    }

    /** Whether nothing is under way (any more); never again once fenced. */
    boolean settle(long nowMs) {
        if (fenced) {
            return false;
        }
        if (proposed == null) {
            return true;
        }
        if (answer == null) {
            if (nowMs < retryAtMs) {
                return false;
            }
            send();
        }
        if (!answer.isDone()) {
            return false;
        }
        if (answer.isCompletedExceptionally()) {
            onFailure(failure(answer), nowMs);
            return false;
        }
        record = proposed.record();
        proposed = null;
        answer = null;
        error = null;
        Runnable next = then;
        then = null;
        next.run();
        return proposed == null;
    }

    private void onFailure(Throwable failure, long nowMs) {
        fenced = failure instanceof LinkException refusal && refusal.error() == Errors.FENCED_LEADER_EPOCH;
        error = "waiting for the coordinator: " + failure.getMessage();
        answer = null;
        retryAtMs = nowMs + backoffMs;
    }

    private static Throwable failure(CompletableFuture<Void> failed) {
        try {
            failed.join();
            throw new IllegalStateException("The future has not failed");
        } catch (RuntimeException e) {
            return e.getCause() == null ? e : e.getCause();
        }
    }

    /** Why the change under way is not written yet; null if nothing is wrong. */
    String error() {
        return error;
    }
}
