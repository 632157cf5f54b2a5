// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Time;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries out stops on a thread of its own, so that no broken link and no full disk of another one delays them. */
final class StopWorker implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(StopWorker.class);
    private static final long TICK_MS = 10;
    private static final long IDLE_MS = 200;
    private static final long CLOSE_TIMEOUT_MS = 5000;

    private final Map<TopicPartition, PartitionStop> stops = new ConcurrentHashMap<>();
    private final Time time;
    private final Bell bell = new Bell();
    private final Thread thread = new Thread(this::run, "cluster-link-stop");
    private volatile boolean closing;

    StopWorker(Time time) {
        this.time = time;
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    void add(PartitionStop stop) {
        stops.put(stop.partition().local(), stop);
        ring();
    }

    void remove(TopicPartition local) {
        stops.remove(local);
    }

    PartitionStop stop(TopicPartition local) {
        return stops.get(local);
    }

    Iterable<TopicPartition> partitions() {
        return stops.keySet();
    }

    void ring() {
        bell.ring();
    }

    private void run() {
        while (!closing) {
            boolean busy = true;
            try {
                busy = stepAll();
            } catch (Throwable e) {
                // What tells of trouble fails as well, for want of memory: nothing is told, and nothing ends.
            }
            if (!bell.await(busy ? TICK_MS : IDLE_MS)) {
                closing = true;
            }
        }
    }

    /** Returns whether any has not stopped yet. */
    private boolean stepAll() {
        boolean busy = false;
        for (PartitionStop stop : stops.values()) {
            busy |= !step(stop);
        }
        return busy;
    }

    private boolean step(PartitionStop stop) {
        try {
            return stop.step(time.milliseconds());
        } catch (Throwable e) {
            log.error(
                    "Stopping {} failed unexpectedly, retrying",
                    stop.partition().local(),
                    e);
            stop.onUnexpected(e, time.milliseconds());
            return false;
        }
    }

    @Override
    public void close() {
        closing = true;
        ring();
        try {
            thread.join(CLOSE_TIMEOUT_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
