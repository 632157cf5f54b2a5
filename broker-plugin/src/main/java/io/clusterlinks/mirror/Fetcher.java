// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.source.SourceFetchClient;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Node;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The network thread of one connection to one source broker. */
final class Fetcher implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Fetcher.class);
    private static final long IDLE_MS = 20;
    private static final long CLOSE_TIMEOUT_MS = 5000;

    /** What a fetcher needs of its link. */
    interface Owner {
        /** Count of successful looks at the source's metadata. */
        long refreshes();

        /** Asks for another look. */
        void requestRefresh();

        /** What all fetchers of the link keep to together. */
        FetchRound.Limits limits();
    }

    private final Node broker;
    private final SourceFetchClient client;
    private final FetchRound round;
    private final Owner owner;
    private final long backoffMs;
    private final Thread thread;
    private final Set<PartitionTask> tasks = ConcurrentHashMap.newKeySet();
    /** Those of {@link #tasks} that go to another connection to this broker, which may not ask for them yet. */
    private final Map<PartitionTask, Departure> leaving = new ConcurrentHashMap<>();

    private final Bell bell = new Bell();
    private volatile boolean closing;
    /** Whether nothing has happened for long to any of its partitions, and there are many. */
    private volatile boolean quiet;

    /** Whether it was connected once, and knows what the broker can do. For its own thread. */
    private boolean introduced;

    private volatile long rounds;

    /** One that goes {@code to} another fetcher, which had begun {@code rounds} when it got it. */
    private record Departure(Fetcher to, long rounds) {
        boolean isOver(PartitionTask task) {
            return to.closing || to.rounds > rounds || !to.tasks.contains(task);
        }
    }

    Fetcher(String name, Node broker, SourceFetchClient client, FetchRound round, Owner owner, long backoffMs) {
        this.broker = broker;
        this.client = client;
        this.round = round;
        this.owner = owner;
        this.backoffMs = backoffMs;
        this.thread = new Thread(this::run, name);
        thread.setDaemon(true);
    }

    /** Where no thread can be had it fails, and holds nothing. */
    void start() {
        try {
            thread.start();
        } catch (Throwable e) {
            client.close();
            throw e;
        }
    }

    Node broker() {
        return broker;
    }

    /** A quiet fetcher lets its fetches wait longer at the source. */
    void quiet(boolean now) {
        quiet = now;
    }

    void add(PartitionTask task) {
        leaving.compute(task, (added, departure) -> {
            tasks.add(added);
            return null;
        });
        ring();
    }

    void remove(PartitionTask task) {
        leaving.compute(task, (removed, departure) -> {
            tasks.remove(removed);
            return null;
        });
    }

    /**
     * Gives a partition to another fetcher of this broker and asks for it until that one does: a fetch that is under way
     * there does not ask for it, and may wait for long.
     */
    void handOver(PartitionTask task, Fetcher to) {
        to.add(task);
        leaving.put(task, new Departure(to, to.rounds));
    }

    boolean isIdle() {
        return tasks.isEmpty();
    }

    private void run() {
        try {
            while (!closing) {
                try {
                    fetchOnce();
                } catch (Throwable e) {
                    // What tells of trouble fails as well, for want of memory: nothing is told, and nothing ends.
                    pause(IDLE_MS);
                }
            }
        } finally {
            client.close();
        }
    }

    private void fetchOnce() {
        try {
            long delayMs = owner.limits().throttle().delayMs();
            if (delayMs > 0) {
                sitOut(delayMs);
            } else {
                introduce();
                if (!round.run(begin(), quiet)) {
                    pause(IDLE_MS);
                }
            }
        } catch (LinkException e) {
            onTrouble(e.getMessage());
        } catch (Throwable e) {
            if (!closing) {
                log.error("{} failed unexpectedly and goes on", thread.getName(), e);
                onTrouble("fetching failed unexpectedly: " + e);
            }
        }
    }

    /** A round that does not know whether the broker detects divergence leaves most partitions out, and asks about each. */
    private void introduce() {
        if (!introduced) {
            client.connect();
            introduced = true;
        }
    }

    private Set<PartitionTask> begin() {
        // For this thread alone to write.
        rounds = rounds + 1;
        leaving.keySet()
                .forEach(task -> leaving.computeIfPresent(task, (left, departure) -> {
                    boolean over = departure.isOver(left);
                    if (over) {
                        tasks.remove(left);
                    }
                    return over ? null : departure;
                }));
        return tasks;
    }

    /** In short turns, since the limit may be lifted meanwhile. */
    private void sitOut(long delayMs) {
        long startNs = System.nanoTime();
        pause(Math.min(delayMs, IDLE_MS));
        owner.limits().pauses().onThrottled(System.nanoTime() - startNs);
    }

    /** Says so on every partition, and goes on once the link has seen that the same cluster is still there. */
    private void onTrouble(String reason) {
        if (closing) {
            return;
        }
        log.warn("{}: {}", thread.getName(), reason);
        tasks.stream().filter(task -> !leaving.containsKey(task)).forEach(task -> {
            task.replicator().stats().sourceError(reason);
            task.forgetReplica(broker.id());
        });
        long seen = owner.refreshes();
        owner.requestRefresh();
        long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(backoffMs);
        while (!closing && (owner.refreshes() == seen || System.nanoTime() < endNs)) {
            pause(IDLE_MS);
        }
    }

    private void pause(long ms) {
        // Nobody interrupts this thread but a broker that is going down.
        if (!closing && !bell.await(ms)) {
            closing = true;
        }
    }

    void ring() {
        bell.ring();
    }

    /** Signals the thread to end; {@link #close} waits for it. */
    void shutdown() {
        closing = true;
        client.shutdown();
        ring();
    }

    @Override
    public void close() {
        shutdown();
        try {
            thread.join(CLOSE_TIMEOUT_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            log.warn("{} did not end within {} ms", thread.getName(), CLOSE_TIMEOUT_MS);
        }
    }
}
