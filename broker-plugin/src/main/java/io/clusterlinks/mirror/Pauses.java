// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.protocol.ThrottleStatus;
import java.util.concurrent.atomic.LongAdder;

/** How long the fetchers of one link have been made to wait on this broker; from any thread. */
final class Pauses {
    private final LongAdder throttledNs = new LongAdder();
    private final LongAdder sourceThrottleMs = new LongAdder();

    /** A fetch waited for the link's own limit. */
    void onThrottled(long ns) {
        throttledNs.add(ns);
    }

    /** The source asked for a pause because of its quota. */
    void onSourceThrottle(long ms) {
        sourceThrottleMs.add(ms);
    }

    ThrottleStatus status() {
        return new ThrottleStatus(throttledNs.sum() / 1_000_000, sourceThrottleMs.sum());
    }
}
