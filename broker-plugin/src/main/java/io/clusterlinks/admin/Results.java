// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import io.clusterlinks.protocol.LinkException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;

/** Results of the resources of one request: each fails for itself. */
final class Results {
    private Results() {}

    /** Runs {@code call} and turns whatever it fails with, at once or later, into a result. */
    static <T> CompletableFuture<T> recover(Supplier<CompletableFuture<T>> call, Function<LinkException, T> refusal) {
        try {
            return call.get().exceptionally(failure -> refusal.apply(asLinkException(failure)));
        } catch (RuntimeException e) {
            return CompletableFuture.completedFuture(refusal.apply(asLinkException(e)));
        }
    }

    private static LinkException asLinkException(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof LinkException link
                ? link
                : new LinkException(Errors.UNKNOWN_SERVER_ERROR, "Internal error: " + cause, cause);
    }

    static <T> CompletableFuture<List<T>> whenAll(List<CompletableFuture<T>> futures) {
        return CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new))
                .thenApply(done -> futures.stream().map(CompletableFuture::join).toList());
    }
}
