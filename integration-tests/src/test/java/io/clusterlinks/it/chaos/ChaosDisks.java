// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.it.Await;
import io.clusterlinks.it.BrokerProcess;
import io.clusterlinks.it.TestCluster;
import io.clusterlinks.it.Topics;
import io.clusterlinks.it.chaos.ChaosSchedule.Action;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.common.TopicPartitionReplica;

/** What happens to the disks of one cluster, whose brokers have several log directories. For one thread. */
final class ChaosDisks {
    /** Longer than a session. */
    private static final Duration FENCED = Duration.ofSeconds(15);
    /** One of so many replicas is moved. */
    private static final int MOVED = 3;
    /** For replicas to be in sync again, as long as no broker has to be recovered. */
    private static final Duration RECOVERED = Duration.ofSeconds(40);

    private final TestCluster cluster;
    private final ChaosFaults brokers;
    private final Consumer<String> log;

    ChaosDisks(TestCluster cluster, ChaosFaults brokers, Consumer<String> log) {
        this.cluster = cluster;
        this.brokers = brokers;
        this.log = log;
    }

    /**
     * A broker dies and comes back with empty disks, once nothing is left that only it has. Not one that controls the
     * cluster: what that has of the cluster's metadata is nowhere else.
     */
    void wipe(Action action) {
        brokers.breathe(action);
        List<BrokerProcess> candidates = cluster.brokers().stream()
                .filter(broker -> !broker.isController())
                .toList();
        if (candidates.isEmpty()) {
            brokers.kill(action, brokers.any(action.pick()));
            return;
        }
        BrokerProcess victim = candidates.get(action.pick() % candidates.size());
        log.accept("kill -9 " + cluster.name() + " " + victim.id());
        victim.kill();
        brokers.attempt("wiping " + victim.id(), () -> {
            Await.untilPasses(FENCED, () -> assertThat(brokers.neededOn(victim)).isEmpty());
            log.accept("wipe the disks of " + cluster.name() + " " + victim.id());
            victim.wipe();
        });
        ChaosFaults.hold(action);
        victim.start();
        brokers.awaitReady();
    }

    /** Moves some of the replicas to another log directory of their broker; does not wait for that. */
    void move(Action action) {
        Random random = new Random(action.pick());
        brokers.attempt("moving logs", () -> {
            Map<TopicPartitionReplica, String> moves = new HashMap<>();
            logDirs()
                    .forEach((broker, dirs) -> dirs.forEach(
                            (dir, description) -> description.replicaInfos().forEach((partition, info) -> {
                                if (random.nextInt(MOVED) == 0 && !info.isFuture()) {
                                    List<String> others = new ArrayList<>(dirs.keySet());
                                    others.remove(dir);
                                    moves.put(
                                            new TopicPartitionReplica(partition.topic(), partition.partition(), broker),
                                            others.get(random.nextInt(others.size())));
                                }
                            })));
            log.accept("move " + moves.size() + " logs of " + cluster.name());
            Topics.get(brokers.admin().alterReplicaLogDirs(moves).all());
        });
    }

    /** All brokers run, all replicas are in sync and where they were moved to. */
    void heal(Duration timeout) {
        Await.untilPasses(timeout, () -> {
            brokers.recover();
            brokers.heal(RECOVERED);
        });
        awaitMoved(timeout);
    }

    private void awaitMoved(Duration timeout) {
        Await.untilPasses(timeout, () -> logDirs()
                .forEach((broker, dirs) -> dirs.values().forEach(description -> assertThat(description.replicaInfos())
                        .as("replicas of broker %s", broker)
                        .noneSatisfy(
                                (partition, info) -> assertThat(info.isFuture()).isTrue()))));
    }

    private Map<Integer, Map<String, LogDirDescription>> logDirs() {
        return Topics.get(brokers.admin()
                .describeLogDirs(
                        cluster.brokers().stream().map(BrokerProcess::id).toList())
                .allDescriptions());
    }
}
