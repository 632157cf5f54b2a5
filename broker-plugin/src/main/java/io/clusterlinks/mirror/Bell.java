// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import java.util.concurrent.TimeUnit;

/** Wakes one thread that has nothing to do. A ring while it is busy is not lost. */
final class Bell {
    private boolean rung;

    synchronized void ring() {
        rung = true;
        notifyAll();
    }

    /** Returns when rung, or after {@code timeoutMs}; false if the thread was interrupted and should end. */
    synchronized boolean await(long timeoutMs) {
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        try {
            for (long leftNs = deadlineNs - System.nanoTime(); !rung && leftNs > 0; ) {
                // Rounded up: waiting for 0 would wait for ever.
                wait(TimeUnit.NANOSECONDS.toMillis(leftNs) + 1);
                leftNs = deadlineNs - System.nanoTime();
            }
            rung = false;
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }
}
