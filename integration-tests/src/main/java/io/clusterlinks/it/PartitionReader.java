// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads one partition from its start to the end that it has when the reader is opened. */
public final class PartitionReader implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final long STALL_NANOS = Duration.ofSeconds(30).toNanos();

    private final Consumer<byte[], byte[]> consumer;
    private final TopicPartition partition;
    private final Queue<ConsumerRecord<byte[], byte[]>> buffer = new ArrayDeque<>();
    private final long start;
    private final long end;

    /** Opens a reader that sees committed records only, or all. */
    public PartitionReader(TestCluster cluster, TopicPartition partition, IsolationLevel isolation) {
        Map<String, Object> configs = new HashMap<>(cluster.clientConfigs());
        configs.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, isolation.name().toLowerCase(Locale.ROOT));
        configs.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
        configs.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 10_000);
        configs.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, 4 << 20);
        configs.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, 50);
        this.partition = partition;
        consumer = new KafkaConsumer<>(configs, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        start = consumer.beginningOffsets(List.of(partition)).get(partition);
        end = consumer.endOffsets(List.of(partition)).get(partition);
        consumer.assign(List.of(partition));
        consumer.seek(partition, start);
    }

    /** The first offset that there is. */
    public long start() {
        return start;
    }

    /** High watermark or last stable offset, by isolation level. */
    public long end() {
        return end;
    }

    /** Where the consumer stands: beyond control records it has skipped. */
    public long position() {
        return consumer.position(partition);
    }

    /** The next record below {@link #end}; empty when the reader has passed all. */
    public Optional<ConsumerRecord<byte[], byte[]>> next() {
        long deadline = System.nanoTime() + STALL_NANOS;
        while (buffer.isEmpty() && position() < end) {
            long before = position();
            consumer.poll(POLL).forEach(buffer::add);
            if (position() > before) {
                deadline = System.nanoTime() + STALL_NANOS;
            } else if (System.nanoTime() > deadline) {
                throw new AssertionError(partition + " stalls at " + before + " of " + end);
            }
        }
        return Optional.ofNullable(buffer.poll()).filter(record -> record.offset() < end);
    }

    @Override
    public void close() {
        consumer.close();
    }
}
