// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.quickstart;

import io.clusterlinks.it.TestCluster;
import io.clusterlinks.it.Topics;
import io.clusterlinks.it.Workload;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Real load, written fast: every compression, half of it in transactions of which every fifth is aborted. */
final class Load {
    private static final int VALUE_BYTES = 1000;
    private static final int RECORDS_PER_ROUND = 4000;

    private final TestCluster cluster;
    private final String topic;
    private final byte[] pool = new byte[1 << 20];

    Load(TestCluster cluster, String topic) {
        this.cluster = cluster;
        this.topic = topic;
        // Half random, half text: compresses to about half, as business data does.
        new Random(7).nextBytes(pool);
        for (int i = 0; i + 100 < pool.length; i += 200) {
            Arrays.fill(pool, i, i + 100, (byte) ('a' + i / 200 % 26));
        }
    }

    /** Writes until the topic takes {@code bytes} on the source's disk. */
    void fill(long bytes, LongConsumer progress) {
        Map<String, Producer<byte[], byte[]>> producers = new HashMap<>();
        AtomicReference<Exception> failure = new AtomicReference<>();
        try {
            Workload.COMPRESSIONS.forEach(compression -> {
                producers.put(compression, producer(compression, null));
                producers.put(compression + "-tx", producer(compression, "quickstart-" + compression));
            });
            for (int round = 0; onDisk(cluster, topic) < bytes; round++) {
                String compression = Workload.COMPRESSIONS.get(round % Workload.COMPRESSIONS.size());
                boolean transactional = round / Workload.COMPRESSIONS.size() % 2 == 1;
                round(producers.get(transactional ? compression + "-tx" : compression), transactional, round, failure);
                progress.accept(onDisk(cluster, topic));
            }
        } finally {
            producers.values().forEach(Producer::close);
        }
        if (failure.get() != null) {
            throw new IllegalStateException("A write to " + topic + " failed", failure.get());
        }
    }

    private void round(
            Producer<byte[], byte[]> producer, boolean transactional, int round, AtomicReference<Exception> failure) {
        if (transactional) {
            producer.beginTransaction();
        }
        for (int i = 0; i < RECORDS_PER_ROUND; i++) {
            int at = (round * 7919 + i * 104_729) % (pool.length - VALUE_BYTES);
            byte[] value = Arrays.copyOfRange(pool, at, at + VALUE_BYTES);
            byte[] key = ("order-" + round + "-" + i).getBytes(StandardCharsets.UTF_8);
            producer.send(new ProducerRecord<>(topic, key, value), (metadata, e) -> failure.compareAndSet(null, e));
        }
        producer.flush();
        if (!transactional) {
            return;
        }
        if (round / Workload.COMPRESSIONS.size() % 5 == 3) {
            producer.abortTransaction();
        } else {
            producer.commitTransaction();
        }
    }

    private Producer<byte[], byte[]> producer(String compression, String transactionalId) {
        Map<String, Object> configs = new HashMap<>(cluster.clientConfigs());
        configs.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, compression);
        configs.put(ProducerConfig.BATCH_SIZE_CONFIG, 128 * 1024);
        configs.put(ProducerConfig.LINGER_MS_CONFIG, 10);
        if (transactionalId != null) {
            configs.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
        }
        Producer<byte[], byte[]> producer =
                new KafkaProducer<>(configs, new ByteArraySerializer(), new ByteArraySerializer());
        if (transactionalId != null) {
            producer.initTransactions();
        }
        return producer;
    }

    /** Bytes a topic takes on the disks of a single-broker cluster. */
    static long onDisk(TestCluster cluster, String topic) {
        return Topics.get(cluster.admin().describeLogDirs(List.of(1)).allDescriptions()).values().stream()
                .flatMap(dirs -> dirs.values().stream())
                .map(LogDirDescription::replicaInfos)
                .flatMap(replicas -> replicas.entrySet().stream())
                .filter(replica -> replica.getKey().topic().equals(topic))
                .mapToLong(replica -> replica.getValue().size())
                .sum();
    }
}
