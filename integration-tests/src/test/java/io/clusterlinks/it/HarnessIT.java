// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.apache.kafka.common.IsolationLevel;
import org.junit.jupiter.api.Test;

/** The harness itself, on stock brokers without the plugin: what it reports is true. */
class HarnessIT {
    @Test
    void comparesWhatConsumersSeeAndTellsDifferences() {
        try (TestCluster cluster = TestCluster.builder("harness").start();
                Workload workload =
                        Workload.onNewTopic(cluster, "one", 2, Map.of()).hostile()) {
            // Given a topic with everything, and another one
            Workload.onNewTopic(cluster, "two", 2, Map.of()).compressions();

            // When they are compared
            TopicComparison.Result same = new TopicComparison(cluster, "one", cluster, "one").compare();
            TopicComparison.Result different = new TopicComparison(cluster, "one", cluster, "two").compare();

            // Then a topic equals itself and not the other; it has a deleted head and an open transaction
            assertThat(same.differences()).isEmpty();
            assertThat(same.records()).isGreaterThan(500);
            assertThat(different.differences()).isNotEmpty();
            var partitions = Topics.partitions(cluster.admin(), "one");
            assertThat(Topics.starts(cluster.admin(), partitions).values()).containsOnly(43L);
            assertThat(Topics.ends(cluster.admin(), partitions, IsolationLevel.READ_COMMITTED))
                    .isNotEqualTo(Topics.ends(cluster.admin(), partitions, IsolationLevel.READ_UNCOMMITTED));
            assertThat(LogComparison.batches(cluster.broker(1).replicaDir("one", 0), 43))
                    .isNotEmpty();
        }
    }

    @Test
    void restartsAndKillsBrokers() {
        try (TestCluster cluster =
                TestCluster.builder("restarts").brokers(3).heapMb(256).start()) {
            // Given a replicated topic
            Workload.onNewTopic(cluster, "one", 1, Map.of()).plain(10);

            // When a broker that is no controller dies and comes back
            cluster.broker(3).kill();
            Workload.onTopic(cluster, "one", 1).plain(10);
            cluster.restart(3);

            // Then its replica becomes equal to the others
            Await.untilPasses(java.time.Duration.ofSeconds(30), () -> assertThat(LogComparison.replicas(
                            cluster.broker(1).replicaDir("one", 0),
                            cluster.broker(3).replicaDir("one", 0),
                            0))
                    .isEmpty());
        }
    }
}
