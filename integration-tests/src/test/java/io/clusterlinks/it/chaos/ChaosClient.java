// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.chaos;

import java.util.Optional;

/** Uses one Kafka client after the other until it is told to stop, through whatever happens to the cluster. */
abstract class ChaosClient implements Runnable {
    private volatile boolean running = true;
    private volatile Throwable death;

    /** Opens a client, uses it for a while and lets go of it; that the cluster is away is not worth an exception. */
    abstract void useOneClient();

    @Override
    public final void run() {
        try {
            while (running) {
                useOneClient();
            }
        } catch (Throwable e) {
            death = e;
        }
    }

    final boolean isRunning() {
        return running;
    }

    final void stop() {
        running = false;
    }

    /** What it ended of before it was told to stop. */
    final Optional<Throwable> death() {
        return Optional.ofNullable(death);
    }
}
