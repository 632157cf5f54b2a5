// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.protocol.LinkEvent;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionTransition;
import io.clusterlinks.state.TransitionSink;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The durable record of one partition as its leader knows it, and at most one change of it that is under way. A change
 * that fails is proposed again until it is written: the coordinator may be moving, and repeating is safe. For the one
 * thread that owns the partition.
 */
final class Transitions {
    private final TransitionSink sink;
    private final int leaderEpoch;
    private final long backoffMs;
    private final Runnable wake;

    private PartitionRecord record;
    private PartitionTransition proposed;
    private Runnable then;
    private CompletableFuture<Void> answer;
    private long retryAtMs;
    private String error;
    private boolean changed;

    /**
     * Nothing is under way at first.
     *
     * @param record null if the partition has none
     * @param wake run whenever an answer arrives, on any thread
     */
    Transitions(TransitionSink sink, int leaderEpoch, PartitionRecord record, long backoffMs, Runnable wake) {
        this.sink = sink;
        this.leaderEpoch = leaderEpoch;
        this.record = record;
        this.backoffMs = backoffMs;
        this.wake = wake;
    }

    /** The record as last written; null if there is none. */
    PartitionRecord record() {
        return record;
    }

    /**
     * Takes a record from the image. A new leader's image may be behind what the last leader wrote, so it goes on
     * listening until it writes itself; from then on it knows best.
     */
    void adopt(PartitionRecord fromImage) {
        if (!changed && proposed == null) {
            record = fromImage;
        }
    }

    /** Whether the record was written by this leader, so that no later one can exist. */
    boolean isOwn() {
        return changed;
    }

    /** Proposes a change; {@code then} runs in {@link #settle} once it is written. */
    void propose(PartitionRecord next, LinkEvent event, Runnable whenWritten) {
        if (proposed != null) {
            throw new IllegalStateException("A change is under way: " + proposed);
        }
        proposed = new PartitionTransition(leaderEpoch, next, event);
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

    /** Whether nothing is under way (any more). */
    boolean settle(long nowMs) {
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
            error = failure(answer);
            answer = null;
            retryAtMs = nowMs + backoffMs;
            return false;
        }
        record = proposed.record();
        changed = true;
        proposed = null;
        answer = null;
        error = null;
        Runnable next = then;
        then = null;
        next.run();
        return proposed == null;
    }

    private static String failure(CompletableFuture<Void> failed) {
        try {
            failed.join();
            return null;
        } catch (RuntimeException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            return "waiting for the coordinator: " + cause.getMessage();
        }
    }

    /** Why the change under way is not written yet; null if nothing is wrong. */
    String error() {
        return error;
    }
}
