// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.chaos;

import io.clusterlinks.it.Clients;
import io.clusterlinks.it.TestCluster;
import io.clusterlinks.it.Topics;
import io.clusterlinks.it.Workload;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/** One producer after the other, writing to some topics, and a list of what was acknowledged. */
final class ChaosWriter extends ChaosClient {
    private static final int STEPS_PER_PRODUCER = 40;
    private static final int TRANSACTIONAL_IDS = 3;
    private static final int BUSY = 4;
    private static final Duration PAUSE = Duration.ofMillis(40);

    /** How a writer writes. */
    enum Style {
        /** Idempotent, acknowledged by all. */
        SAFE,
        /** Acknowledged by the leader alone, which may lose it. */
        CARELESS,
        /** Few keys, some of the values null. */
        KEYED,
        /** Committed, aborted, and left open until the cluster aborts. */
        TRANSACTIONAL
    }

    /** A record that a client was told is written; for transactions: and committed. Of its value the beginning. */
    record Written(TopicPartition partition, long offset, String value) {
        private static final int BEGINNING = 60;

        Written {
            value = beginning(value);
        }

        /** What tells values from each other. */
        static String beginning(String value) {
            return value == null ? "null" : value.substring(0, Math.min(BEGINNING, value.length()));
        }
    }

    private final TestCluster cluster;
    private final List<String> topics;
    private final Style style;
    private final Random random;
    private final Predicate<String> open;
    private final ConcurrentLinkedQueue<Written> acknowledged = new ConcurrentLinkedQueue<>();
    private final AtomicInteger steps = new AtomicInteger();
    private int sent;

    ChaosWriter(TestCluster cluster, Style style, long seed, String... topics) {
        this(cluster, style, seed, topic -> true, topics);
    }

    /** A writer that leaves a topic alone while {@code open} says no of it. */
    ChaosWriter(TestCluster cluster, Style style, long seed, Predicate<String> open, String... topics) {
        this.open = open;
        this.cluster = cluster;
        this.style = style;
        this.topics = List.of(topics);
        this.random = new Random(seed + topics[0].hashCode());
    }

    String name() {
        return style + " " + topics;
    }

    /** Batches or transactions that were acknowledged. */
    int steps() {
        return steps.get();
    }

    List<Written> acknowledged() {
        return List.copyOf(acknowledged);
    }

    @Override
    void useOneClient() {
        Producer<String, String> producer = Clients.producer(cluster, configs());
        try {
            if (style == Style.TRANSACTIONAL) {
                producer.initTransactions();
            }
            boolean reusable = true;
            for (int i = 0; i < STEPS_PER_PRODUCER && isRunning() && reusable; i++) {
                reusable = style == Style.TRANSACTIONAL ? transact(producer) : write(producer);
                LockSupport.parkNanos(PAUSE.toNanos());
            }
        } catch (KafkaException e) {
            // The cluster is away for longer than the client waits: a new client goes on.
            LockSupport.parkNanos(PAUSE.toNanos());
        } finally {
            Clients.abandon(producer);
        }
    }

    private Map<String, Object> configs() {
        Map<String, Object> configs = new HashMap<>();
        configs.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 5_000L);
        configs.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 4_000);
        configs.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 8_000);
        configs.put(ProducerConfig.LINGER_MS_CONFIG, 2);
        configs.put(
                ProducerConfig.COMPRESSION_TYPE_CONFIG,
                Workload.COMPRESSIONS.get(random.nextInt(Workload.COMPRESSIONS.size())));
        if (style == Style.CARELESS) {
            configs.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, false);
            configs.put(ProducerConfig.ACKS_CONFIG, "1");
        }
        if (style == Style.TRANSACTIONAL) {
            configs.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, topics.get(0) + random.nextInt(TRANSACTIONAL_IDS));
            configs.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, 8_000);
        }
        return configs;
    }

    /** Returns whether the producer may be used again. */
    private boolean write(Producer<String, String> producer) {
        return note(send(producer, 1 + random.nextInt(20)));
    }

    private boolean transact(Producer<String, String> producer) {
        producer.beginTransaction();
        List<Pending> pending = send(producer, 1 + random.nextInt(8));
        int fate = random.nextInt(100);
        if (fate < 25) {
            producer.abortTransaction();
            steps.incrementAndGet();
            return true;
        }
        if (fate < 35) {
            // Stays open until another client with the same id comes, or the cluster gives it up.
            return false;
        }
        producer.commitTransaction();
        return note(pending);
    }

    private record Pending(TopicPartition partition, String value, Future<RecordMetadata> answer) {}

    private List<Pending> send(Producer<String, String> producer, int count) {
        List<String> wanted = topics.stream().filter(open).toList();
        List<String> some = wanted.isEmpty() ? topics : wanted;
        String topic = some.get(random.nextInt(some.size()));
        int partitions = producer.partitionsFor(topic).size();
        List<Pending> pending = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            // Of many partitions a few take half of the records, so that they are busy.
            int partition = random.nextInt(random.nextBoolean() ? partitions : Math.min(partitions, BUSY));
            String value = topic + "-" + sent++ + "-" + "x".repeat(size());
            String key = style == Style.KEYED ? "key-" + random.nextInt(40) : null;
            boolean tombstone = style == Style.KEYED && random.nextInt(10) == 0;
            ProducerRecord<String, String> record =
                    new ProducerRecord<>(topic, partition, key, tombstone ? null : value);
            pending.add(
                    new Pending(new TopicPartition(topic, partition), tombstone ? null : value, producer.send(record)));
        }
        producer.flush();
        return pending;
    }

    /** Small; now and then more than a link that was altered asks for in one fetch. */
    private int size() {
        return style == Style.SAFE && random.nextInt(200) == 0 ? random.nextInt(300_000) : random.nextInt(200);
    }

    private boolean note(List<Pending> pending) {
        boolean all = true;
        for (Pending item : pending) {
            Optional<Throwable> failure = Clients.failure(item.answer()::get);
            if (failure.isPresent()) {
                all = false;
            } else {
                long offset = Topics.get(item.answer()).offset();
                acknowledged.add(new Written(item.partition(), offset, item.value()));
            }
        }
        if (all) {
            steps.incrementAndGet();
        }
        return all;
    }
}
