// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import java.util.Optional;
import org.apache.kafka.common.errors.ApiException;

/** Asked by the hooks before a client's write reaches a log. Called on request handler threads: never blocks. */
public interface WriteFence {
    /** A fence that lets everything through. */
    WriteFence OPEN = new WriteFence() {
        @Override
        public boolean isIdle() {
            return true;
        }

        @Override
        public Optional<ApiException> refusal(String topic, int partition) {
            return Optional.empty();
        }
    };

    /** Whether no topic is fenced at all; the one check that writes to ordinary clusters pay for. */
    boolean isIdle();

    /**
     * Why a client may not write to a partition; empty if it may. {@code partition} -1 asks for the topic as a whole
     * (its partitions, records and synced configs).
     */
    Optional<ApiException> refusal(String topic, int partition);
}
