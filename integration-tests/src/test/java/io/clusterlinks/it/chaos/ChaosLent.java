// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.chaos;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * Mirrors that are failed over and adopted again, as often as it comes. Those that no longer mirror nobody writes to here
 * until they are adopted: so they can be. Thread-safe.
 */
final class ChaosLent {
    static final List<String> TOPICS = List.of("lent-0", "lent-1", "lent-2");

    private final Set<String> mirrors = new ConcurrentSkipListSet<>(TOPICS);

    /** It is about to be failed over. */
    void release(String topic) {
        mirrors.remove(topic);
    }

    /** That it is adopted has been acknowledged. */
    void adopted(String topic) {
        mirrors.add(topic);
    }

    /** Whether a write to it would be accepted, and would keep it from being adopted. */
    boolean isReleased(String topic) {
        return TOPICS.contains(topic) && !mirrors.contains(topic);
    }
}
