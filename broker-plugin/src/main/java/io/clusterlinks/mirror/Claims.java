// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.protocol.record.PartitionClaim;
import io.clusterlinks.state.TransitionSink;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Sends the claims of partitions that this broker has begun to lead, many at once, again and again until the image
 * shows them. For the manager's thread; {@link #error} from any.
 */
final class Claims {
    private static final long RETRY_MS = 1000;
    /** Each of them is a record in one batch of the state topic, with the partition's whole lineage. */
    private static final int MAX_TOGETHER = 200;

    /** Claims that were sent together. */
    private record Sent(CompletableFuture<Void> answer, long atMs) {
        boolean mayRepeat(long nowMs) {
            return answer.isDone() && nowMs >= atMs + RETRY_MS;
        }
    }

    private final TransitionSink sink;
    private final Map<PartitionClaim, Sent> sent = new HashMap<>();
    private volatile String error;

    Claims(TransitionSink sink) {
        this.sink = sink;
    }

    /** Sends those of {@code wanted}, which are all that the image does not show, that are due. */
    void send(Collection<PartitionClaim> wanted, long nowMs) {
        sent.keySet().retainAll(wanted);
        List<PartitionClaim> due = new ArrayList<>();
        for (PartitionClaim claim : wanted) {
            Sent before = sent.get(claim);
            if (before == null || before.mayRepeat(nowMs)) {
                due.add(claim);
            }
        }
        List<CompletableFuture<Void>> answers = new ArrayList<>();
        for (int from = 0; from < due.size(); from += MAX_TOGETHER) {
            List<PartitionClaim> part = List.copyOf(due.subList(from, Math.min(from + MAX_TOGETHER, due.size())));
            Sent now = new Sent(send(part), nowMs);
            part.forEach(claim -> sent.put(claim, now));
            answers.add(now.answer());
        }
        if (!answers.isEmpty()) {
            CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new))
                    .whenComplete((ok, failure) -> error = failure == null
                            ? null
                            : "waiting for the coordinator: " + SourceText.oneLine(cause(failure)));
        }
    }

    private CompletableFuture<Void> send(List<PartitionClaim> claims) {
        try {
            return sink.claim(claims);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static Throwable cause(Throwable failure) {
        return failure.getCause() == null ? failure : failure.getCause();
    }

    /** Why the last claims were not written; null if nothing is wrong. */
    String error() {
        return error;
    }
}
