// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/** A topic and its mirror of the same name, each on one broker. */
final class Copies {
    private static final Duration LEVEL = Duration.ofSeconds(60);

    private Copies() {}

    /** Waits until they are level; then consumers must see the same in both, and the segment files be the same. */
    static void assertEqual(TestCluster source, TestCluster destination, String topic) {
        new TopicComparison(source, topic, destination, topic)
                .awaitLevel(LEVEL)
                .compare()
                .orThrow();
        var partitions = Topics.partitions(source.admin(), topic);
        Map<TopicPartition, Long> starts = Topics.starts(source.admin(), partitions);
        for (TopicPartition partition : partitions) {
            assertThat(LogComparison.sourceAndMirror(
                            source.broker(1).replicaDir(topic, partition.partition()),
                            destination.broker(1).replicaDir(topic, partition.partition()),
                            starts.get(partition)))
                    .isEmpty();
        }
    }
}
