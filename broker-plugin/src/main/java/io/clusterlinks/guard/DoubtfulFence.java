// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.guard;

import io.clusterlinks.host.WriteFence;
import java.util.Optional;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;

/** Asks writers to partitions of which it is not known whether they are mirrors to try again; of others {@code fence} decides. */
record DoubtfulFence(WriteFence fence, Known known) implements WriteFence {
    /** Says which partitions are no mirrors unless the image says so; partition -1 is the topic as a whole. */
    interface Known {
        boolean test(String topic, int partition);
    }

    @Override
    public boolean isIdle() {
        return false;
    }

    @Override
    public Optional<ApiException> refusal(String topic, int partition) {
        Optional<ApiException> refusal = fence.refusal(topic, partition);
        return refusal.isPresent() || known.test(topic, partition)
                ? refusal
                : Optional.of(new NotEnoughReplicasException(
                        "This broker was away or has just started, and has not yet read whether topic '" + topic
                                + "' is a mirror by now. Try again."));
    }
}
