// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.Producer;

/** Writes different records to a topic, some thousand per second, until it is closed. */
public final class Stream implements AutoCloseable {
    private static final long PAUSE_NS = 5_000_000;
    private static final int PER_PAUSE = 10;

    private final Producer<String, String> producer;
    private final AtomicLong written = new AtomicLong();
    private final Thread thread;
    private volatile boolean closing;

    private Stream(TestCluster cluster, String topic, int partitions, String label) {
        producer = Clients.producer(cluster, java.util.Map.of());
        thread = new Thread(() -> run(topic, partitions, label), "load");
    }

    /** Writes {@code topic-0}, {@code topic-1}, ... */
    public static Stream start(TestCluster cluster, String topic, int partitions) {
        return start(cluster, topic, partitions, topic);
    }

    /** Writes {@code label-0}, {@code label-1}, ... */
    public static Stream start(TestCluster cluster, String topic, int partitions, String label) {
        Stream stream = new Stream(cluster, topic, partitions, label);
        stream.thread.start();
        return stream;
    }

    private void run(String topic, int partitions, String label) {
        while (!closing) {
            for (int i = 0; i < PER_PAUSE; i++) {
                long number = written.getAndIncrement();
                producer.send(Clients.record(topic, (int) (number % partitions), label + "-" + number));
            }
            LockSupport.parkNanos(PAUSE_NS);
        }
    }

    public long written() {
        return written.get();
    }

    /** Stops once everything is acknowledged. */
    @Override
    public void close() {
        closing = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        producer.close();
    }
}
