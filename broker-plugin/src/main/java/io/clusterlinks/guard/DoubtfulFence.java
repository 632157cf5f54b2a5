// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.guard;

import io.clusterlinks.host.WriteFence;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;

/** Asks writers to topics of which it is not known whether they are mirrors to try again; of others {@code fence} decides. */
record DoubtfulFence(WriteFence fence, Predicate<String> known) implements WriteFence {
    @Override
    public boolean isIdle() {
        return false;
    }

    @Override
    public Optional<ApiException> refusal(String topic, int partition) {
        Optional<ApiException> refusal = fence.refusal(topic, partition);
        return refusal.isPresent() || known.test(topic)
                ? refusal
                : Optional.of(
                        new NotEnoughReplicasException("Topic '" + topic + "' was created while this broker was away,"
                                + " and the broker has not yet read whether it is a mirror. Try again."));
    }
}
