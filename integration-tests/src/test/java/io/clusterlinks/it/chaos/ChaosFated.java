// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.it.Await;
import io.clusterlinks.it.Clients;
import io.clusterlinks.it.TestCluster;
import io.clusterlinks.it.Topics;
import io.clusterlinks.it.chaos.ChaosMirrors.Mirror;
import io.clusterlinks.protocol.MirrorState;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.TopicExistsException;

/**
 * Topics that are deleted at the source, and some of them created again, in the course of a run. Their mirrors fail, keep
 * what they have, and take nothing of a later topic of that name. For one thread.
 */
final class ChaosFated {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int PARTITIONS = 2;
    private static final int FIRST = 60;
    /** More than before: what came after would follow on it. */
    private static final int LATER = 100;

    private final TestCluster source;
    private final ChaosFaults brokers;
    private final Consumer<String> log;
    private final Map<String, Uuid> ids = new HashMap<>();
    private final Deque<String> left = new ArrayDeque<>();

    /** Creates {@code topics}, each with two partitions, and writes to them. */
    ChaosFated(TestCluster source, ChaosFaults brokers, List<String> topics, Consumer<String> log) {
        this.source = source;
        this.brokers = brokers;
        this.log = log;
        for (String topic : topics) {
            Topics.create(source.admin(), topic, PARTITIONS, Map.of());
            write(topic, "first", FIRST);
        }
        left.addAll(topics);
        ids.putAll(currentIds());
        ids.keySet().retainAll(topics);
    }

    private void write(String topic, String mark, int records) {
        try (Producer<String, String> producer = Clients.producer(source, Map.of())) {
            List<Future<?>> answers = IntStream.range(0, records)
                    .<Future<?>>mapToObj(
                            i -> producer.send(Clients.record(topic, i % PARTITIONS, mark + "-" + i / PARTITIONS)))
                    .toList();
            answers.forEach(Topics::get);
        }
    }

    private Map<String, Uuid> currentIds() {
        return brokers.topics().values().stream()
                .collect(Collectors.toMap(TopicDescription::name, TopicDescription::topicId));
    }

    void delete() {
        if (!left.isEmpty()) {
            delete(left.remove());
        }
    }

    void recreate() {
        if (!left.isEmpty()) {
            String topic = left.remove();
            delete(topic);
            brokers.attempt("creating " + topic + " again", () -> {
                Await.until(topic + " is there again", PATIENCE, () -> tryToCreate(topic));
                write(topic, "later", LATER);
            });
        }
    }

    private void delete(String topic) {
        log.accept("delete topic " + topic);
        brokers.attempt(
                "deleting " + topic,
                () -> Topics.get(source.admin().deleteTopics(List.of(topic)).all()));
    }

    private boolean tryToCreate(String topic) {
        try {
            Topics.create(source.admin(), topic, PARTITIONS, Map.of());
            return true;
        } catch (TopicExistsException e) {
            // By an attempt whose answer was lost; or the old one is there still.
            return !ids.get(topic).equals(currentIds().get(topic));
        }
    }

    /** Topics that the source has no more, or others of their names. */
    Set<String> gone() {
        Map<String, Uuid> current = currentIds();
        return ids.keySet().stream()
                .filter(topic -> !ids.get(topic).equals(current.get(topic)))
                .collect(Collectors.toSet());
    }

    /** Every mirror holds what was written before the mirrors were created. */
    void awaitMirrored(TestCluster destination) {
        ids.keySet().forEach(topic -> Await.untilPasses(PATIENCE, () -> assertHoldsTheFirst(destination, topic)));
    }

    /** Of the mirror of a topic that is gone. */
    static void check(TestCluster destination, Mirror mirror) {
        assertThat(mirror.state()).as(mirror.toString()).isEqualTo(MirrorState.FAILED);
        assertThat(mirror.reason()).as(mirror.toString()).contains("fail over");
        assertHoldsTheFirst(destination, mirror.topic());
    }

    private static void assertHoldsTheFirst(TestCluster destination, String topic) {
        for (TopicPartition partition : Topics.partitions(destination.admin(), topic)) {
            Map<Long, String> wanted = new TreeMap<>();
            for (long offset = 0; offset < FIRST / PARTITIONS; offset++) {
                wanted.put(offset, "first-" + offset);
            }
            assertThat(ChaosLogs.values(destination, partition, IsolationLevel.READ_UNCOMMITTED))
                    .as(partition.toString())
                    .isEqualTo(wanted);
        }
    }
}
