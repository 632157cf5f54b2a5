// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.host.ClusterView;
import java.util.function.Supplier;
import org.apache.kafka.common.utils.Time;

/**
 * Whether this broker hears nothing of its controllers: then brokers that have died count as live, and another broker may
 * coordinate without this one's knowing. By this broker's clock only, for the controller's may differ. One thread looks;
 * any may ask.
 */
final class ControllerSilence {
    /** Controllers say twice a second that they are there. */
    private static final long SILENT_MS = 2_000;
    /** They can be configured to say nothing. */
    private static final long MAX_SILENT_MS = 60_000;

    private final Supplier<ClusterView> clusters;
    private final Time time;
    private long knownUntilMs = -1;
    private long heardMs;
    private long lookedMs;
    private volatile boolean silent;

    ControllerSilence(Supplier<ClusterView> clusters, Time time) {
        this.clusters = clusters;
        this.time = time;
    }

    /** Looks whether there is news. After a pause there is none before the next look: it may be from before the pause. */
    void tick() {
        long now = time.milliseconds();
        long until = clusters.get().knownUntilMs();
        if (now - lookedMs > SILENT_MS) {
            heardMs = now - SILENT_MS - 1;
        } else if (until != knownUntilMs) {
            heardMs = now;
        }
        knownUntilMs = until;
        lookedMs = now;
        long silence = now - heardMs;
        silent = silence > SILENT_MS && silence <= MAX_SILENT_MS;
    }

    /** Whether there has been no news for seconds, as of the last tick. */
    boolean isSilent() {
        return silent;
    }
}
