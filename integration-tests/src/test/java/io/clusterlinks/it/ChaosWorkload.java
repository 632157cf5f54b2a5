// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;

/** Producers that write to a source until they are closed, through whatever happens to it. */
final class ChaosWorkload implements AutoCloseable {
    private final TestCluster source;
    private final int partitions;
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong written = new AtomicLong();
    private volatile boolean running = true;

    ChaosWorkload(TestCluster source, int partitions) {
        this.source = source;
        this.partitions = partitions;
    }

    /** Records without end, keyed by few keys. */
    void write(String topic) {
        run(topic, Map.of(), producer -> {
            producer.send(next(topic));
            producer.flush();
        });
    }

    /** Transactions of some records, every third aborted. */
    void transact(String topic) {
        run(topic, Map.of(ProducerConfig.TRANSACTIONAL_ID_CONFIG, topic), producer -> {
            producer.beginTransaction();
            for (int i = 0; i < 5; i++) {
                producer.send(next(topic));
            }
            producer.flush();
            if (written.get() % 3 == 0) {
                producer.abortTransaction();
            } else {
                producer.commitTransaction();
            }
        });
    }

    long written() {
        return written.get();
    }

    private ProducerRecord<String, String> next(String topic) {
        long n = written.incrementAndGet();
        return new ProducerRecord<>(topic, (int) (n % partitions), "key-" + n % 40, "value-" + n);
    }

    private interface Step {
        void run(Producer<String, String> producer);
    }

    private void run(String topic, Map<String, Object> configs, Step step) {
        Thread thread = new Thread(() -> loop(configs, step), "workload-" + topic);
        thread.setDaemon(true);
        threads.add(thread);
        thread.start();
    }

    private void loop(Map<String, Object> configs, Step step) {
        Map<String, Object> all = new HashMap<>(Map.of(ProducerConfig.MAX_BLOCK_MS_CONFIG, 10_000L));
        all.putAll(configs);
        while (running) {
            Producer<String, String> producer = Clients.producer(source, all);
            try {
                if (configs.containsKey(ProducerConfig.TRANSACTIONAL_ID_CONFIG)) {
                    producer.initTransactions();
                }
                while (running) {
                    step.run(producer);
                    LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
                }
            } catch (KafkaException e) {
                // The source is down for longer than the client waits: a new client goes on.
            } finally {
                Clients.abandon(producer);
            }
        }
    }

    @Override
    public void close() {
        running = false;
        threads.forEach(thread -> Await.until(thread + " ends", Duration.ofSeconds(60), () -> !thread.isAlive()));
    }
}
