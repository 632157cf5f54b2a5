// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.StateCommitter;
import java.util.concurrent.CompletionException;

/** Commits to the state for tasks, which may block. */
final class Commits {
    private Commits() {}

    /** Returns the image with it when it is written. @throws LinkException if it was not, or may not have been */
    static LinkImage commit(StateCommitter state, StateCommitter.Decision decision) {
        try {
            return state.commit(decision).join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof LinkException cause) {
                throw cause;
            }
            throw e;
        }
    }
}
