// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import io.clusterlinks.it.TestCluster;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * A client of an ordinary topic, for hours if need be: sends at a steady rate, and notes how long after a record was due
 * it was acknowledged and how long after that consumers had it. What is noted is taken by {@link #take}.
 */
final class NeighbourProbe implements AutoCloseable {
    private final TestCluster cluster;
    private final List<TopicPartition> partitions;
    private final int recordsPerSecond;
    private final Queue<Double> produced = new ConcurrentLinkedQueue<>();
    private final Queue<Double> fetched = new ConcurrentLinkedQueue<>();
    private final List<Thread> threads;
    private volatile boolean closing;
    private volatile RuntimeException failure;

    /** Latencies in ms. */
    record Taken(Collection<Double> produced, Collection<Double> fetched) {}

    NeighbourProbe(TestCluster cluster, List<TopicPartition> partitions, int recordsPerSecond) {
        this.cluster = cluster;
        this.partitions = partitions;
        this.recordsPerSecond = recordsPerSecond;
        this.threads = List.of(new Thread(this::send, "neighbour-send"), new Thread(this::fetch, "neighbour-fetch"));
        threads.forEach(Thread::start);
    }

    /** What was noted since the last call. */
    Taken take() {
        if (failure != null) {
            throw failure;
        }
        return new Taken(drain(produced), drain(fetched));
    }

    private static Collection<Double> drain(Queue<Double> from) {
        List<Double> taken = new java.util.ArrayList<>();
        for (Double next = from.poll(); next != null; next = from.poll()) {
            taken.add(next);
        }
        return taken;
    }

    private void send() {
        Map<String, Object> configs = new HashMap<>(cluster.clientConfigs());
        configs.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        try (Producer<byte[], byte[]> producer =
                new KafkaProducer<>(configs, new ByteArraySerializer(), new ByteArraySerializer())) {
            partitions.forEach(partition -> producer.partitionsFor(partition.topic()));
            long start = System.nanoTime();
            for (long i = 0; !closing; i++) {
                long due = start + i * 1_000_000_000L / recordsPerSecond;
                while (System.nanoTime() < due) {
                    LockSupport.parkNanos(Math.max(50_000, due - System.nanoTime()));
                }
                byte[] value = new byte[1000];
                ByteBuffer.wrap(value).putLong(due);
                TopicPartition to = partitions.get((int) (i % partitions.size()));
                producer.send(new ProducerRecord<>(to.topic(), to.partition(), null, value), (metadata, e) -> {
                    if (e == null) {
                        produced.add((System.nanoTime() - due) / 1e6);
                    } else {
                        failure = new IllegalStateException(e);
                    }
                });
            }
        }
    }

    private void fetch() {
        Map<String, Object> configs = new HashMap<>(cluster.clientConfigs());
        configs.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(configs, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(partitions);
            consumer.seekToEnd(partitions);
            while (!closing) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    fetched.add(
                            (System.nanoTime() - ByteBuffer.wrap(record.value()).getLong()) / 1e6);
                }
            }
        }
    }

    @Override
    public void close() {
        closing = true;
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
