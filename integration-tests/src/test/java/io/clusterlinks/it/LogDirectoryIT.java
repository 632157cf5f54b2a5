// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionReplica;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An operator moves the replica of a mirror to another log directory. */
class LogDirectoryIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(90);
    private static final String LINK = "east";
    private static final TopicPartition PARTITION = new TopicPartition("moved", 0);
    private static final String THROTTLE = "replica.alter.log.dirs.io.max.bytes.per.second";
    /** More than is copied at once whatever the throttle says. */
    private static final int RECORDS = 12;

    private static final int RECORD_BYTES = 500_000;

    @TempDir
    Path directory;

    /** The copy in the other directory does not notice a cut, and would take the log's place with what was cut off. */
    @Test
    void theLogIsCutWhenTheMoveHasEnded() {
        String first = directory.resolve("first").toString();
        String second = directory.resolve("second").toString();
        try (UncleanSource source = UncleanSource.start();
                TestCluster destination = TestCluster.builder("destination")
                        .agent()
                        .heapMb(256)
                        .config("log.dirs", first + "," + second)
                        .start()) {
            // Given a mirror whose source has its tail on one broker only
            Links links = new Links(destination);
            links.create(LINK, source.cluster());
            Workload workload = source.create(PARTITION.topic(), 1).plain(20);
            links.mirror(LINK, PARTITION.topic());
            TopicComparison comparison =
                    new TopicComparison(source.cluster(), PARTITION.topic(), destination, PARTITION.topic());
            comparison.awaitLevel(TIMEOUT);
            source.doom(PARTITION.topic());
            for (int i = 0; i < RECORDS; i++) {
                workload.large(RECORD_BYTES);
            }
            comparison.awaitLevel(TIMEOUT);

            // When its replica is being moved, slowly, and the source loses the tail
            throttle(destination, new AlterConfigOp(new ConfigEntry(THROTTLE, "1"), OpType.SET));
            move(destination, directoryOf(destination).equals(first) ? second : first);
            source.loseTail(PARTITION.topic());
            workload.plain(3);

            // Then it is not cut, which is said, until the move has ended
            Await.untilPasses(TIMEOUT, () -> assertThat(
                            links.partitions(LINK, PARTITION.topic()).get(0).toString())
                    .contains("moved to another log directory"));
            String before = directoryOf(destination);
            throttle(destination, new AlterConfigOp(new ConfigEntry(THROTTLE, null), OpType.DELETE));
            Await.until("it has moved", TIMEOUT, () -> !directoryOf(destination).equals(before));
            workload.plain(3);
            comparison.awaitLevel(TIMEOUT).compare().orThrow();
        }
    }

    /**
     * Another broker had led for a moment in which nothing was written, and remembered its epoch. The log that took the
     * leader's place knew of none so late, and refused the other's fetches until somebody wrote, which nobody did.
     */
    @Test
    void anotherReplicaFollowsTheLogThatWasMoved() {
        try (TestCluster source = TestCluster.builder("source").heapMb(256).start();
                TestCluster destination = TestCluster.builder("destination")
                        .brokers(2)
                        .separateController()
                        .agent()
                        .heapMb(256)
                        .logDirs(2)
                        .start()) {
            // Given a mirror that is level, and led by another broker since then
            Links links = new Links(destination);
            links.create(LINK, source);
            Workload.onNewTopic(source, PARTITION.topic(), 1, Map.of()).plain(20);
            links.mirror(LINK, PARTITION.topic());
            new TopicComparison(source, PARTITION.topic(), destination, PARTITION.topic()).awaitLevel(TIMEOUT);
            if (Topics.leaders(destination.admin(), PARTITION.topic()).get(0) == 2) {
                Topics.moveLeader(destination.admin(), PARTITION);
            }
            Topics.moveLeader(destination.admin(), PARTITION);

            // When that stands still, and goes on after the log of the one that leads now was moved
            destination.broker(2).freeze();
            Await.until(
                    "the other broker leads",
                    TIMEOUT,
                    () -> Topics.leaders(destination.admin(), PARTITION.topic()).get(0) == 1);
            String before = directoryOf(destination);
            move(destination, otherDirectory(destination, before));
            Await.until("it has moved", TIMEOUT, () -> !directoryOf(destination).equals(before));
            destination.broker(2).thaw();

            // Then it is back in sync
            Await.untilPasses(TIMEOUT, () -> assertThat(Topics.get(destination
                                    .admin()
                                    .describeTopics(List.of(PARTITION.topic()))
                                    .allTopicNames())
                            .get(PARTITION.topic())
                            .partitions()
                            .get(0)
                            .isr())
                    .hasSize(2));
        }
    }

    private static String otherDirectory(TestCluster cluster, String directory) {
        return cluster.broker(1).logDirs().stream()
                .map(Path::toString)
                .filter(other -> !other.equals(directory))
                .findFirst()
                .orElseThrow();
    }

    private static void throttle(TestCluster cluster, AlterConfigOp op) {
        ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, "1");
        Topics.get(cluster.admin()
                .incrementalAlterConfigs(Map.of(broker, List.of(op)))
                .all());
    }

    private static void move(TestCluster cluster, String to) {
        Topics.get(cluster.admin().alterReplicaLogDirs(Map.of(replica(), to)).all());
    }

    private static String directoryOf(TestCluster cluster) {
        return Topics.get(cluster.admin()
                        .describeReplicaLogDirs(List.of(replica()))
                        .all())
                .get(replica())
                .getCurrentReplicaLogDir();
    }

    private static TopicPartitionReplica replica() {
        return new TopicPartitionReplica(PARTITION.topic(), PARTITION.partition(), 1);
    }
}
