// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.chaos;

import io.clusterlinks.it.Clients;
import io.clusterlinks.it.TestCluster;
import io.clusterlinks.it.Topics;
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
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.PolicyViolationException;

/**
 * Tries without end to write to every topic of the destination, mirror or not. What is acknowledged must be in the log
 * for good; while a topic is a mirror nothing may be. Every few writes it is another producer with an id of its own.
 */
final class ChaosTrespasser extends ChaosClient {
    static final String MARK = "local-";
    private static final int WRITES_PER_PRODUCER = 8;
    private static final int PARTITIONS = 2;
    private static final Duration PAUSE = Duration.ofMillis(30);

    private final TestCluster destination;
    private final ChaosLent lent;
    private final Random random;
    private final ConcurrentLinkedQueue<ChaosWriter.Written> acknowledged = new ConcurrentLinkedQueue<>();
    private final AtomicInteger refusals = new AtomicInteger();
    private int sent;

    ChaosTrespasser(TestCluster destination, ChaosLent lent, long seed) {
        this.destination = destination;
        this.lent = lent;
        this.random = new Random(seed);
    }

    List<ChaosWriter.Written> acknowledged(String topic) {
        return acknowledged.stream()
                .filter(written -> written.partition().topic().equals(topic))
                .toList();
    }

    int refusals() {
        return refusals.get();
    }

    @Override
    void useOneClient() {
        try {
            List<String> topics =
                    new ArrayList<>(Topics.get(destination.admin().listTopics().names()));
            topics.removeIf(topic -> topic.startsWith("__") || lent.isReleased(topic));
            if (topics.isEmpty()) {
                LockSupport.parkNanos(PAUSE.toNanos());
                return;
            }
            boolean transactional = random.nextInt(6) == 0;
            Producer<String, String> producer = Clients.producer(destination, configs(transactional));
            try {
                use(producer, topics, transactional);
            } finally {
                Clients.abandon(producer);
            }
        } catch (KafkaException e) {
            // The cluster is away.
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    private static Map<String, Object> configs(boolean transactional) {
        Map<String, Object> configs = new HashMap<>();
        configs.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 3_000L);
        configs.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 2_000);
        configs.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 3_000);
        if (transactional) {
            configs.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, "trespasser");
            configs.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, 5_000);
        }
        return configs;
    }

    private void use(Producer<String, String> producer, List<String> topics, boolean transactional) {
        if (transactional) {
            producer.initTransactions();
        }
        for (int i = 0; i < WRITES_PER_PRODUCER && isRunning(); i++) {
            if (transactional) {
                transact(producer, topics.get(random.nextInt(topics.size())));
            } else {
                writeEverywhere(producer, topics);
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    /** To all partitions at once: a hole in the fence may not be there for long. */
    private void writeEverywhere(Producer<String, String> producer, List<String> topics) {
        Map<ChaosWriter.Written, Future<RecordMetadata>> answers = new HashMap<>();
        for (String topic : topics) {
            for (int partition = 0; partition < PARTITIONS; partition++) {
                String value = MARK + sent++;
                answers.put(
                        new ChaosWriter.Written(new TopicPartition(topic, partition), -1, value),
                        producer.send(Clients.record(topic, partition, value)));
            }
        }
        producer.flush();
        answers.forEach((written, answer) -> {
            Optional<Throwable> failure = Clients.failure(answer::get);
            if (failure.isEmpty()) {
                acknowledged.add(new ChaosWriter.Written(
                        written.partition(), Topics.get(answer).offset(), written.value()));
            } else if (failure.get() instanceof PolicyViolationException) {
                refusals.incrementAndGet();
            }
        });
    }

    private void transact(Producer<String, String> producer, String topic) {
        String value = MARK + sent++;
        int partition = random.nextInt(PARTITIONS);
        producer.beginTransaction();
        try {
            long offset = Topics.get(producer.send(Clients.record(topic, partition, value)))
                    .offset();
            producer.commitTransaction();
            acknowledged.add(new ChaosWriter.Written(new TopicPartition(topic, partition), offset, value));
        } catch (PolicyViolationException e) {
            refusals.incrementAndGet();
            producer.abortTransaction();
        }
    }
}
