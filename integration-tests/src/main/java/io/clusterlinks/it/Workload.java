// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Fills a topic with everything that a byte-for-byte copy can get wrong. Closing it closes its open transactions' clients. */
public final class Workload implements AutoCloseable {
    public static final List<String> COMPRESSIONS = List.of("none", "gzip", "snappy", "lz4", "zstd");

    /** Records per batch that {@link #compressions} writes. */
    public static final int BATCH = 30;

    private static final Instant LONG_AGO = Instant.parse("2001-09-09T01:46:40Z");
    private static final Duration CLOSE = Duration.ZERO;

    private final TestCluster cluster;
    private final String topic;
    private final int partitions;
    private final Random random = new Random(20260101);
    private final List<Producer<byte[], byte[]>> open = new ArrayList<>();
    private int written;

    private Workload(TestCluster cluster, String topic, int partitions) {
        this.cluster = cluster;
        this.topic = topic;
        this.partitions = partitions;
    }

    /** Creates the topic, which keeps records of any age. */
    public static Workload onNewTopic(TestCluster cluster, String topic, int partitions, Map<String, String> configs) {
        Map<String, String> all = new HashMap<>(Map.of("retention.ms", "-1"));
        all.putAll(configs);
        Topics.create(cluster.admin(), topic, partitions, all);
        return new Workload(cluster, topic, partitions);
    }

    /** Writes to a topic that is there. */
    public static Workload onTopic(TestCluster cluster, String topic, int partitions) {
        return new Workload(cluster, topic, partitions);
    }

    /** Everything below, and a transaction that stays open until {@link #close}. */
    public Workload hostile() {
        compressions();
        manyProducers(60);
        transactions();
        openTransaction();
        compressions();
        deleteHead(BATCH + 13);
        return this;
    }

    /** One batch per compression and partition: old, unordered timestamps; headers; null and empty keys and values. */
    public Workload compressions() {
        for (String compression : COMPRESSIONS) {
            // A linger that flush cuts short, so that the records share a batch.
            Map<String, Object> batching =
                    Map.of(ProducerConfig.COMPRESSION_TYPE_CONFIG, compression, ProducerConfig.LINGER_MS_CONFIG, 5000);
            try (Producer<byte[], byte[]> producer = producer(batching)) {
                for (int i = 0; i < BATCH * partitions; i++) {
                    producer.send(record(i % partitions));
                }
                producer.flush();
            }
        }
        return this;
    }

    /** As many producer ids as asked for, from the first the cluster gives out. */
    public Workload manyProducers(int count) {
        for (int i = 0; i < count; i++) {
            try (Producer<byte[], byte[]> producer = producer(Map.of())) {
                Topics.get(producer.send(record(i % partitions)));
            }
        }
        return this;
    }

    /** Two rounds of a committed and an aborted transaction that interleave in every partition. */
    public Workload transactions() {
        try (Producer<byte[], byte[]> committing = transactional("commits", "zstd");
                Producer<byte[], byte[]> aborting = transactional("aborts", "none")) {
            for (int round = 0; round < 2; round++) {
                committing.beginTransaction();
                aborting.beginTransaction();
                for (int i = 0; i < 3; i++) {
                    sendToAll(committing);
                    sendToAll(aborting);
                }
                aborting.abortTransaction();
                sendToAll(committing);
                committing.commitTransaction();
            }
        }
        return this;
    }

    /** A transaction with records in every partition and no end. */
    public Workload openTransaction() {
        Producer<byte[], byte[]> producer = transactional("open", "lz4");
        open.add(producer);
        producer.beginTransaction();
        sendToAll(producer);
        return this;
    }

    /** Commits the transactions that {@link #openTransaction} began. */
    public Workload commitOpen() {
        open.forEach(Producer::commitTransaction);
        return this;
    }

    /** Deletes each partition's records below {@code offset}, which may lie inside a batch. */
    public Workload deleteHead(long offset) {
        Map<TopicPartition, RecordsToDelete> head = Topics.partitions(cluster.admin(), topic).stream()
                .collect(Collectors.toMap(partition -> partition, partition -> RecordsToDelete.beforeOffset(offset)));
        Topics.get(cluster.admin().deleteRecords(head).all());
        return this;
    }

    /** Plain records, {@code count} in each partition, acknowledged. */
    public Workload plain(int count) {
        try (Producer<byte[], byte[]> producer = producer(Map.of())) {
            for (int i = 0; i < count; i++) {
                sendToAll(producer);
            }
        }
        return this;
    }

    /** One record of {@code bytes} that no compression shrinks, to partition 0. */
    public Workload large(int bytes) {
        byte[] value = new byte[bytes];
        random.nextBytes(value);
        try (Producer<byte[], byte[]> producer =
                producer(Map.of(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, 2 * bytes + 10_000))) {
            Topics.get(producer.send(new ProducerRecord<>(topic, 0, null, value)));
        }
        return this;
    }

    /** {@code rounds} values for each of {@code keys} keys, in batches that compaction will thin out. */
    public Workload keyed(int keys, int rounds) {
        Map<String, Object> batching =
                Map.of(ProducerConfig.COMPRESSION_TYPE_CONFIG, "gzip", ProducerConfig.LINGER_MS_CONFIG, 100);
        try (Producer<byte[], byte[]> producer = producer(batching)) {
            for (int i = 0; i < keys * rounds; i++) {
                // Every seventh is a tombstone; the values of few keys survive.
                byte[] value = i % 7 == 0 ? null : bytes("value-" + i);
                producer.send(new ProducerRecord<>(topic, i % partitions, bytes("key-" + random.nextInt(keys)), value));
            }
        }
        return this;
    }

    private ProducerRecord<byte[], byte[]> record(int partition) {
        int n = written++;
        Headers headers = new RecordHeaders();
        for (int i = 0; i < n % 4; i++) {
            headers.add("header-" + i % 2, i == 1 ? null : bytes("h" + n));
        }
        byte[] key = n % 5 == 0 ? null : bytes(n % 7 == 0 ? "" : "key-" + n % 50);
        byte[] value = n % 6 == 0 ? null : bytes(n % 11 == 0 ? "" : "value-" + n + "-" + "x".repeat(n % 300));
        long timestamp = LONG_AGO.toEpochMilli() + random.nextInt(1_000_000_000);
        return new ProducerRecord<>(topic, partition, timestamp, key, value, headers);
    }

    private void sendToAll(Producer<byte[], byte[]> producer) {
        for (int partition = 0; partition < partitions; partition++) {
            producer.send(record(partition));
        }
        producer.flush();
    }

    private Producer<byte[], byte[]> transactional(String id, String compression) {
        Producer<byte[], byte[]> producer = producer(Map.of(
                ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                topic + "-" + id,
                ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
                900_000,
                ProducerConfig.COMPRESSION_TYPE_CONFIG,
                compression));
        producer.initTransactions();
        return producer;
    }

    private Producer<byte[], byte[]> producer(Map<String, Object> configs) {
        Map<String, Object> all = new HashMap<>(cluster.clientConfigs());
        all.putAll(configs);
        return new KafkaProducer<>(all, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        open.forEach(producer -> producer.close(CLOSE));
        open.clear();
    }
}
