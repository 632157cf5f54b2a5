// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.chaos;

import io.clusterlinks.it.Await;
import io.clusterlinks.it.BrokerProcess;
import io.clusterlinks.it.TestCluster;
import io.clusterlinks.it.Topics;
import io.clusterlinks.it.chaos.ChaosSchedule.Action;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/** What happens to the topics of a source besides what happens to its brokers. For one thread. */
final class ChaosSourceFaults {
    private static final int MAX_PARTITIONS = 8;
    /** Longer than a session: the frozen broker is fenced, and the other one goes on alone. */
    private static final Duration ALONE = Duration.ofSeconds(15);

    private final TestCluster source;
    private final ChaosFaults brokers;
    private final Consumer<String> log;
    private final Map<TopicPartition, Long> deleted = new ConcurrentHashMap<>();

    ChaosSourceFaults(TestCluster source, ChaosFaults brokers, Consumer<String> log) {
        this.source = source;
        this.brokers = brokers;
        this.log = log;
    }

    /**
     * Two replicas, none of them the one on a broker that is a controller too: one sleeps while the other acknowledges
     * writes, then that one dies, and the sleeper leads without them. Every other time some of what there is is deleted
     * meanwhile, which the sleeper then still has.
     */
    void uncleanElection(Action action, String topic) {
        TopicPartition partition = new TopicPartition(topic, action.pick() % 2);
        BrokerProcess loser = brokers.leader(partition, action.pick());
        int sleeperId = Topics.get(source.admin().describeTopics(List.of(topic)).allTopicNames())
                .get(topic)
                .partitions()
                .get(partition.partition())
                .replicas()
                .stream()
                .map(node -> node.id())
                .filter(id -> id != loser.id())
                .findFirst()
                .orElseThrow();
        BrokerProcess sleeper = source.broker(sleeperId);
        log.accept("freeze source " + sleeperId + ", then kill " + loser.id());
        sleeper.freeze();
        try {
            Await.until("alone in sync", ALONE, () -> isAlone(partition, loser.id()));
            ChaosFaults.hold(action);
            if (action.pick() / 2 % 2 == 0) {
                deleteHead(action, topic);
            }
        } catch (AssertionError e) {
            log.accept("no unclean election: " + e.getMessage());
            sleeper.thaw();
            return;
        }
        loser.kill();
        sleeper.thaw();
        brokers.attempt("electing " + sleeperId, () -> awaitLeader(partition, sleeperId));
        loser.start();
        brokers.awaitReady();
    }

    private boolean isAlone(TopicPartition partition, int leader) {
        var info = brokers.topics().get(partition.topic()).partitions().get(partition.partition());
        return ChaosFaults.ids(info.isr()).equals(List.of(leader));
    }

    private void awaitLeader(TopicPartition partition, int id) {
        try {
            Await.until(
                    "the sleeper leads",
                    ALONE,
                    () -> brokers.topics()
                                    .get(partition.topic())
                                    .partitions()
                                    .get(partition.partition())
                                    .leader()
                                    .id()
                            == id);
            log.accept("unclean election of " + id + " for " + partition);
        } catch (AssertionError e) {
            throw new IllegalStateException(e.getMessage());
        }
    }

    /** Deletes some of what there is, up to an offset that may lie inside a batch. */
    void deleteHead(Action action, String topic) {
        brokers.attempt("deleting the head", () -> {
            TopicPartition partition = new TopicPartition(topic, action.pick() % 2);
            long start = Topics.starts(source.admin(), List.of(partition)).get(partition);
            long end = Topics.ends(source.admin(), List.of(partition), IsolationLevel.READ_UNCOMMITTED)
                    .get(partition);
            if (end > start) {
                long to = start + new Random(action.pick()).nextInt((int) (end - start));
                log.accept("delete " + partition + " up to " + to);
                // Also if it is not answered: it may have been done.
                deleted.merge(partition, to, Math::max);
                Topics.get(source.admin()
                        .deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(to)))
                        .all());
            }
        });
    }

    /** Up to where records were deleted at most; a replica that slept may still have them. */
    Map<TopicPartition, Long> deleted() {
        return Map.copyOf(deleted);
    }

    void addPartition(String topic) {
        brokers.attempt("adding a partition", () -> {
            int now = Topics.partitions(source.admin(), topic).size();
            if (now < MAX_PARTITIONS) {
                log.accept("partition " + now + " of " + topic);
                Topics.get(source.admin()
                        .createPartitions(Map.of(topic, NewPartitions.increaseTo(now + 1)))
                        .all());
            }
        });
    }
}
