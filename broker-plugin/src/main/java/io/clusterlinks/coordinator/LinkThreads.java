// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.protocol.LinkException;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives each link a few threads at a time of a pool that has enough for all: work that waits for the source of one link
 * delays no other link. Thread-safe.
 */
final class LinkThreads {
    private static final Logger LOG = LoggerFactory.getLogger(LinkThreads.class);

    private final Executor pool;
    private final int perLink;

    /** Links that have work under way. */
    private final Map<String, Lane> lanes = new HashMap<>();

    /**
     * @param pool runs whatever it is given without queueing it
     * @param perLink how much of one link's work runs at once
     */
    LinkThreads(Executor pool, int perLink) {
        this.pool = pool;
        this.perLink = perLink;
    }

    private static final class Lane {
        private final Queue<Runnable> waiting = new ArrayDeque<>();
        private int running;
    }

    /** Where work of a link is run; fails with a {@link LinkException} NOT_COORDINATOR once the pool is shut down. */
    Executor of(String link) {
        return work -> {
            synchronized (lanes) {
                Lane lane = lanes.computeIfAbsent(link, name -> new Lane());
                if (lane.running >= perLink) {
                    lane.waiting.add(work);
                    return;
                }
                lane.running++;
            }
            start(link, work);
        };
    }

    private void start(String link, Runnable work) {
        boolean started = false;
        try {
            pool.execute(() -> run(link, work));
            started = true;
        } catch (RejectedExecutionException e) {
            // The broker is shutting down, and still leads the state topic: the next leader will carry it out.
            throw new LinkException(Errors.NOT_COORDINATOR, "The coordinator of cluster links is shutting down.", e);
        } finally {
            if (!started) {
                leave(link);
            }
        }
    }

    /** Whoever comes next to the lane does what waits in it. */
    private void leave(String link) {
        synchronized (lanes) {
            Lane lane = lanes.get(link);
            if (--lane.running == 0 && lane.waiting.isEmpty()) {
                lanes.remove(link);
            }
        }
    }

    private void run(String link, Runnable first) {
        for (Runnable work = first; work != null; work = next(link)) {
            try {
                work.run();
            } catch (Throwable e) {
                // Also an error: a lane that nobody leaves lets fewer in, until none is let in.
                LOG.error("Work for link {} failed", link, e);
            }
        }
    }

    private Runnable next(String link) {
        synchronized (lanes) {
            Lane lane = lanes.get(link);
            Runnable work = lane.waiting.poll();
            if (work == null && --lane.running == 0) {
                lanes.remove(link);
            }
            return work;
        }
    }
}
