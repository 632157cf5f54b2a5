// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import io.clusterlinks.it.TestCluster;
import io.clusterlinks.it.Topics;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Writes records of one size to all partitions evenly. */
final class Filler {
    static final int LARGE_BATCH = 128 * 1024;
    static final int USUAL_BATCH = 16 * 1024;

    private Filler() {}

    /** Creates the topic and fills it; a batch size of 0 puts each record into a batch of its own. */
    static void fill(TestCluster cluster, String topic, int partitions, int recordBytes, long records, int batchBytes) {
        Topics.create(cluster.admin(), topic, partitions, Map.of("retention.ms", "-1"));
        add(cluster, topic, partitions, recordBytes, records, batchBytes);
    }

    /** As {@link #fill}, to a topic that exists. */
    static void add(TestCluster cluster, String topic, int partitions, int recordBytes, long records, int batchBytes) {
        Map<String, Object> configs = new HashMap<>(cluster.clientConfigs());
        configs.put(ProducerConfig.BATCH_SIZE_CONFIG, batchBytes);
        configs.put(ProducerConfig.LINGER_MS_CONFIG, batchBytes == 0 ? 0 : 100);
        configs.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 128L << 20);
        configs.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, 4 << 20);
        configs.put(ProducerConfig.ACKS_CONFIG, "1");
        configs.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, false);
        byte[][] values = new byte[64][recordBytes];
        Random random = new Random(7);
        for (byte[] value : values) {
            random.nextBytes(value);
        }
        AtomicReference<Exception> failure = new AtomicReference<>();
        try (Producer<byte[], byte[]> producer =
                new KafkaProducer<>(configs, new ByteArraySerializer(), new ByteArraySerializer())) {
            for (long i = 0; i < records; i++) {
                producer.send(
                        new ProducerRecord<>(topic, (int) (i % partitions), null, values[(int) (i & 63)]),
                        (metadata, e) -> failure.compareAndSet(null, e));
            }
        }
        if (failure.get() != null) {
            throw new IllegalStateException("Could not fill " + topic, failure.get());
        }
    }
}
