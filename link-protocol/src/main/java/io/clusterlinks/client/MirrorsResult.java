// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.client;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.KafkaFuture;

/**
 * What became of a request for several mirror topics: one future per topic, each fails or succeeds by itself.
 * Thread-safe.
 *
 * @param <T> what is known of a topic once its future has completed
 */
public final class MirrorsResult<T> {
    private final Map<String, KafkaFuture<T>> futures;

    MirrorsResult(Map<String, KafkaFuture<T>> futures) {
        this.futures = Collections.unmodifiableMap(new LinkedHashMap<>(futures));
    }

    /** The future of each topic, in the order in which the topics were given. */
    public Map<String, KafkaFuture<T>> values() {
        return futures;
    }

    /** A future that succeeds if every topic's future does, and else fails with the failure of one of them. */
    public KafkaFuture<Map<String, T>> all() {
        return KafkaFuture.allOf(futures.values().toArray(new KafkaFuture<?>[0]))
                .thenApply(ignored -> {
                    Map<String, T> results = new LinkedHashMap<>();
                    futures.forEach((topic, future) -> results.put(
                            topic,
                            future.toCompletionStage().toCompletableFuture().join()));
                    return results;
                });
    }
}
