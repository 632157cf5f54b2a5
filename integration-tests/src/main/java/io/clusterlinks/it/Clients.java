// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringSerializer;

/** Stock clients as tests use them. */
public final class Clients {
    private Clients() {}

    /** A producer of text, idempotent unless {@code configs} say otherwise. */
    public static Producer<String, String> producer(TestCluster cluster, Map<String, Object> configs) {
        Map<String, Object> all = new HashMap<>(cluster.clientConfigs());
        all.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 20_000);
        all.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 10_000);
        all.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        all.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 20_000L);
        all.putAll(configs);
        return new KafkaProducer<>(all, new StringSerializer(), new StringSerializer());
    }

    /** A producer that is neither idempotent nor transactional. */
    public static Producer<String, String> plainProducer(TestCluster cluster) {
        return producer(cluster, Map.of(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, false));
    }

    public static Producer<String, String> transactionalProducer(TestCluster cluster, String id) {
        Producer<String, String> producer = producer(cluster, Map.of(ProducerConfig.TRANSACTIONAL_ID_CONFIG, id));
        producer.initTransactions();
        return producer;
    }

    public static ProducerRecord<String, String> record(String topic, int partition, String value) {
        return new ProducerRecord<>(topic, partition, null, value);
    }

    /** What {@code action} throws, unwrapped from futures; empty if it succeeds. */
    public static Optional<Throwable> failure(Callable<?> action) {
        try {
            action.call();
            return Optional.empty();
        } catch (Exception e) {
            return Optional.of(e instanceof java.util.concurrent.ExecutionException ? e.getCause() : e);
        }
    }

    /** All values of a topic that a consumer sees. */
    public static List<String> values(TestCluster cluster, String topic, IsolationLevel isolation) {
        List<String> values = new ArrayList<>();
        for (TopicPartition partition : Topics.partitions(cluster.admin(), topic)) {
            try (PartitionReader reader = new PartitionReader(cluster, partition, isolation)) {
                for (Optional<ConsumerRecord<byte[], byte[]>> record = reader.next();
                        record.isPresent();
                        record = reader.next()) {
                    byte[] value = record.get().value();
                    values.add(value == null ? null : new String(value, StandardCharsets.UTF_8));
                }
            }
        }
        return values;
    }

    /** Closes a producer without waiting for what it has not sent. */
    public static void abandon(Producer<?, ?> producer) {
        producer.close(Duration.ZERO);
    }
}
