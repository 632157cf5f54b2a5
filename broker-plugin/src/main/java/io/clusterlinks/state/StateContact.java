// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.state;

import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.utils.Time;

/** How long ago the state topic was read to its end: what was read is true for a while only. For one thread. */
final class StateContact {
    /** A leader that can be reached answers twice a second; one that has died is mostly followed by another in less. */
    private static final long SILENCE_MS = TimeUnit.SECONDS.toMillis(15);
    /** Tombstones of what was deleted stay for delete.retention.ms, a day; by the clock, which goes on in a suspended machine. */
    private static final long GAP_MS = TimeUnit.HOURS.toMillis(1);

    private final Time time;
    private long fetchedMs;

    StateContact(Time time) {
        this.time = time;
        fetched();
    }

    /** Records up to the end were fetched, or reading begins anew. */
    void fetched() {
        fetchedMs = time.milliseconds();
    }

    /** Whether somebody may have changed the state for long without this broker's hearing of it. */
    boolean isSilent() {
        return time.milliseconds() - fetchedMs > SILENCE_MS;
    }

    /** Whether what was deleted since the last fetch may have left no trace in the topic. */
    boolean hasGap() {
        return time.milliseconds() - fetchedMs > GAP_MS;
    }
}
