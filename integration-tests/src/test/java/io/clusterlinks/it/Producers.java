// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/** Many short-lived producers, and what brokers know of producers. */
final class Producers {
    private static final int HOP_SHIFT = 48;

    private Producers() {}

    /** What a partition's leader knows of one producer; the id as it is {@code hops} links further on. */
    record State(long id, int epoch, int sequence, long timestampMs, int coordinatorEpoch, long transactionStart) {
        static State of(ProducerState state, int hops) {
            return new State(
                    state.producerId() + ((long) hops << HOP_SHIFT),
                    state.producerEpoch(),
                    state.lastSequence(),
                    state.lastTimestamp(),
                    state.coordinatorEpoch().orElse(-1),
                    state.currentTransactionStartOffset().orElse(-1));
        }
    }

    /** Writes with fresh idempotent producers; returns what was acknowledged. */
    static List<String> write(TestCluster cluster, String topic, String prefix, int producers, int records) {
        int partitions = Topics.partitions(cluster.admin(), topic).size();
        List<String> acknowledged = new ArrayList<>();
        for (int i = 0; i < producers; i++) {
            try (Producer<String, String> producer = Clients.producer(cluster, Map.of())) {
                for (int j = 0; j < records; j++) {
                    String value = prefix + "-" + i + "-" + j;
                    Topics.get(producer.send(Clients.record(topic, i % partitions, value)));
                    acknowledged.add(value);
                }
            }
        }
        return acknowledged;
    }

    /** Writes one committed transaction; returns its values. */
    static List<String> commit(TestCluster cluster, String topic, String transactionalId, int records) {
        List<String> values = new ArrayList<>();
        try (Producer<String, String> producer = Clients.transactionalProducer(cluster, transactionalId)) {
            producer.beginTransaction();
            for (int i = 0; i < records; i++) {
                values.add(transactionalId + "-committed-" + values.size() + "-" + System.nanoTime());
                producer.send(Clients.record(topic, 0, values.get(i)));
            }
            producer.commitTransaction();
        }
        // A commit is answered before its markers are written; who takes over the id waits for them.
        Clients.transactionalProducer(cluster, transactionalId).close();
        return values;
    }

    /** A producer with a transaction that holds one record and has no end. */
    static Producer<String, String> leaveOpen(TestCluster cluster, String topic, String transactionalId) {
        Producer<String, String> producer = Clients.producer(
                cluster,
                Map.of(
                        ProducerConfig.TRANSACTIONAL_ID_CONFIG,
                        transactionalId,
                        ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
                        900_000));
        producer.initTransactions();
        producer.beginTransaction();
        Topics.get(producer.send(Clients.record(topic, 0, transactionalId + "-open")));
        return producer;
    }

    static Map<TopicPartition, Set<State>> states(TestCluster cluster, String topic, int hops) {
        List<TopicPartition> partitions = Topics.partitions(cluster.admin(), topic);
        return Topics.get(cluster.admin().describeProducers(partitions).all()).entrySet().stream()
                .collect(Collectors.toMap(entry -> entry.getKey(), entry -> entry.getValue().activeProducers().stream()
                        .map(state -> State.of(state, hops))
                        .collect(Collectors.toSet())));
    }

    /** Whether nothing keeps readers of committed records from the end. */
    static boolean isStable(TestCluster cluster, String topic) {
        List<TopicPartition> partitions = Topics.partitions(cluster.admin(), topic);
        return Topics.ends(cluster.admin(), partitions, IsolationLevel.READ_COMMITTED)
                .equals(Topics.ends(cluster.admin(), partitions, IsolationLevel.READ_UNCOMMITTED));
    }
}
