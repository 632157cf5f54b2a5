// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.state;

import io.clusterlinks.state.LinkImage.Change;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Where parts of the coordinator commit durable changes. Thread-safe. */
public interface StateCommitter {
    /** Decides what to change, given the newest image. */
    @FunctionalInterface
    interface Decision {
        /**
         * The changes; none if the image is as it should be. Pure: it may be evaluated and its changes never written.
         *
         * @throws io.clusterlinks.protocol.LinkException if the image does not allow it
         */
        List<Change> decide(LinkImage image);
    }

    /**
     * Queues a decision. The future yields the image that includes it, or fails with a {@link
     * io.clusterlinks.protocol.LinkException}; if that is REQUEST_TIMED_OUT the change may still happen, and repeating
     * it is safe.
     */
    CompletableFuture<LinkImage> commit(Decision decision);
}
