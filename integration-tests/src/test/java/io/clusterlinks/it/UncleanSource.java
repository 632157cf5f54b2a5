// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.NewTopic;

/** A source of two brokers that lets one lead that lacks the tail. */
final class UncleanSource implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(120);
    /** The broker that dies with the tail, and the one that goes on without it. */
    private static final int LOST = 1;

    private static final int LEFT = 2;

    private final TestCluster cluster;

    private UncleanSource(TestCluster cluster) {
        this.cluster = cluster;
    }

    static UncleanSource start() {
        return new UncleanSource(TestCluster.builder("source")
                .brokers(2)
                .separateController()
                .heapMb(256)
                .start());
    }

    TestCluster cluster() {
        return cluster;
    }

    /** The broker that has no tail to lose. */
    BrokerProcess left() {
        return cluster.broker(LEFT);
    }

    Workload create(String topic, int partitions) {
        Map<Integer, List<Integer>> assignment = IntStream.range(0, partitions)
                .boxed()
                .collect(Collectors.toMap(partition -> partition, partition -> List.of(LOST, LEFT)));
        Map<String, String> configs =
                Map.of("unclean.leader.election.enable", "true", "min.insync.replicas", "1", "retention.ms", "-1");
        Topics.get(cluster.admin()
                .createTopics(List.of(new NewTopic(topic, assignment).configs(configs)))
                .all());
        return Workload.onTopic(cluster, topic, partitions);
    }

    /** What is written to {@code topics} from now on is on one broker only. */
    void doom(String... topics) {
        left().kill();
        for (String topic : topics) {
            Await.until("the tail is on one broker only", TIMEOUT, () -> Topics.infos(cluster.admin(), topic).stream()
                    .allMatch(
                            info -> info.isr().size() == 1 && info.isr().get(0).id() == LOST));
        }
    }

    /** That broker dies, and the other one leads. */
    void loseTail(String... topics) {
        cluster.broker(LOST).kill();
        left().start();
        for (String topic : topics) {
            Await.until(
                    "the broker without the tail leads", TIMEOUT, () -> Topics.infos(cluster.admin(), topic).stream()
                            .allMatch(info ->
                                    info.leader() != null && info.leader().id() == LEFT));
        }
    }

    @Override
    public void close() {
        cluster.close();
    }
}
