// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import io.clusterlinks.it.TestCluster;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

/** Sends at a steady rate to one cluster and sees when each record is visible at the other. One clock: one JVM. */
final class LatencyProbe {
    private static final long NS = 1_000_000_000L;

    private final TestCluster source;
    private final TestCluster destination;
    private final List<TopicPartition> partitions;
    private volatile boolean failed;
    /** Nobody waits for records any more. */
    private volatile boolean over;

    LatencyProbe(TestCluster source, TestCluster destination, List<TopicPartition> partitions) {
        this.source = source;
        this.destination = destination;
        this.partitions = partitions;
    }

    /** Sorted latencies in ms of the records sent after the warm-up; a record waits from when it was due to be sent. */
    double[] run(int recordsPerSecond, int warmUpS, int measureS) {
        int warmUp = recordsPerSecond * warmUpS;
        int total = recordsPerSecond * (warmUpS + measureS);
        double[] latencies = new double[total - warmUp];
        over = false;
        int seen = 0;
        int counted = 0;
        try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
            consumer.assign(partitions);
            consumer.seekToEnd(partitions);
            partitions.forEach(consumer::position);
            Thread sender = new Thread(() -> send(recordsPerSecond, total), "sender");
            sender.start();
            long giveUp = System.nanoTime() + (warmUpS + measureS + 60) * NS;
            while (seen < total && System.nanoTime() < giveUp && !failed) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    long now = System.nanoTime();
                    ByteBuffer value = ByteBuffer.wrap(record.value());
                    long due = value.getLong();
                    seen++;
                    if (value.getInt() >= warmUp && counted < latencies.length) {
                        latencies[counted++] = (now - due) / 1e6;
                    }
                }
            }
            over = true;
            sender.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        if (seen < total) {
            throw new IllegalStateException("Only " + seen + " of " + total + " records arrived");
        }
        double[] sorted = Arrays.copyOf(latencies, counted);
        Arrays.sort(sorted);
        return sorted;
    }

    private void send(int recordsPerSecond, int total) {
        Map<String, Object> configs = new HashMap<>(source.clientConfigs());
        configs.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        configs.put(ProducerConfig.ACKS_CONFIG, "1");
        configs.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 10_000L);
        configs.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
        configs.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 10_000);
        try (Producer<byte[], byte[]> producer =
                new KafkaProducer<>(configs, new ByteArraySerializer(), new ByteArraySerializer())) {
            partitions.forEach(partition -> producer.partitionsFor(partition.topic()));
            long start = System.nanoTime();
            for (int i = 0; i < total && !over && !failed; i++) {
                long due = start + i * NS / recordsPerSecond;
                while (System.nanoTime() < due) {
                    LockSupport.parkNanos(Math.max(50_000, due - System.nanoTime()));
                }
                byte[] value = new byte[1000];
                ByteBuffer.wrap(value).putLong(due).putInt(i);
                TopicPartition to = partitions.get(i % partitions.size());
                producer.send(
                        new ProducerRecord<>(to.topic(), to.partition(), null, value),
                        (metadata, e) -> failed |= e != null);
            }
        }
    }

    private KafkaConsumer<byte[], byte[]> consumer() {
        Map<String, Object> configs = new HashMap<>(destination.clientConfigs());
        configs.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 5000);
        configs.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        return new KafkaConsumer<>(configs, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }
}
