// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.protocol.LinkConfig;
import java.util.OptionalLong;

/**
 * Something that is compared with the source of every link again and again. Run by at most one thread per link at a
 * time, but for several links at once.
 */
public interface SyncTask {
    /** Name under which it is shown. */
    String name();

    /** Milliseconds from the start of one run to the next; empty if the link's configs switch the task off. */
    OptionalLong intervalMs(LinkConfig config);

    /**
     * Compares once, and makes here what has changed at the source. May block. What fails for one item is in the
     * outcome and does not keep the others.
     *
     * @throws io.clusterlinks.protocol.LinkException if the run failed as a whole
     */
    TaskOutcome run(SyncContext context);

    /** Whether a promotion waits until a run that began after it has looked at everything. */
    default boolean precedesPromotions() {
        return false;
    }

    /** The link is gone, or this broker does not coordinate any more: what is remembered of it is void. */
    default void forget(String link) {}
}
