// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.Json;
import io.clusterlinks.protocol.LinkEvent;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.WireContract;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * The source elects a leader that lacks the tail, and goes on with other records at the same offsets. The mirror drops
 * what the source has lost, on every replica, says so, and goes on.
 */
@EnabledIfSystemProperty(named = "clusterlinks.scale", matches = "true", disabledReason = "takes minutes")
class SourceTruncationIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(120);
    private static final String LINK = "east";
    private static final String TOPIC = "cut";
    /** The broker of the source that dies with the tail, and the one that goes on without it. */
    private static final int LOST = 1;

    private static final int LEFT = 2;
    /** The broker of the destination that is its controller too and stays up. */
    private static final int CONTROLLER = 1;

    private TestCluster source;
    private TestCluster destination;
    private Links links;
    private Workload workload;

    @BeforeEach
    void start() {
        source = TestCluster.builder("source")
                .brokers(2)
                .separateController()
                .heapMb(256)
                .start();
        destination = TestCluster.builder("destination")
                .brokers(3)
                .agent()
                .heapMb(256)
                .start();
        links = new Links(destination);
        links.create(LINK, source);
    }

    @AfterEach
    void stop() {
        Fixtures.close(destination, source);
    }

    /** A replica that is down keeps the records that go; when it returns it must lose them too. */
    @Test
    @DisplayName("Pitfall: truncation of a leader without its followers")
    void everyReplicaDropsWhatTheSourceLostAlsoOneThatIsDown() {
        // Given a mirror of three partitions, level with a source whose tail is on one broker only
        mirrorWithDoomedTail(3);
        List<List<Integer>> order = replicas(destination, TOPIC);

        // When a replica here is killed, and the source loses the tail and writes something else
        int victim = follower(0);
        destination.broker(victim).kill();
        loseTail();
        workload.compressions().compressions().compressions();

        // Then the mirror follows, and so does the replica that was down
        awaitLevel();
        destination.restart(victim);
        assertReplicasEqual(3);
        assertThat(events()).hasSize(3).allMatch(event -> event.message().contains("Dropped offsets"));
        assertThat(replicas(destination, TOPIC)).isEqualTo(order);
        links.run("mirrors", "promote", "--link", LINK, "--topic", TOPIC, "--wait");
    }

    @Test
    void aLeaderThatDiesOnTheWayLeavesTheCutToTheNext() {
        // Given a paused mirror whose source has lost its tail
        mirrorWithDoomedTail(2);
        links.run("mirrors", "pause", "--link", LINK, "--topic", TOPIC);
        links.awaitState(LINK, TOPIC, MirrorState.PAUSED);
        loseTail();
        workload.compressions().compressions().compressions();

        // When it is resumed and a leader is killed at once
        int victim = leader(0) == CONTROLLER ? leader(1) : leader(0);
        links.run("mirrors", "resume", "--link", LINK, "--topic", TOPIC);
        destination.broker(victim).kill();
        workload.compressions();

        // Then all is as if nothing had happened
        awaitLevel();
        destination.restart(victim);
        workload.compressions();
        awaitLevel();
        assertReplicasEqual(2);
        assertThat(events()).isNotEmpty().allMatch(event -> event.message().contains("Dropped offsets"));
    }

    @Test
    void aTruncationThatIsTooDeepIsLeftToTheOperatorAndAFailoverKeepsTheTail() {
        // Given a link that drops at most five records
        links.run("alter", "--link", LINK, "--add-config", "max.truncation.records=5");
        mirrorWithDoomedTail(1);
        TopicPartition partition = new TopicPartition(TOPIC, 0);
        long end = end(partition);

        // When the source loses more
        loseTail();
        workload.compressions();

        // Then the partition fails, with the reason, and can be failed over with what it has
        Await.untilPasses(
                TIMEOUT,
                () -> assertThat(links.partitions(LINK, TOPIC).get(0).state()).isEqualTo(MirrorState.FAILED));
        assertThat(links.partitions(LINK, TOPIC).get(0).error()).contains("max.truncation.records");
        links.run("mirrors", "failover", "--link", LINK, "--topic", TOPIC, "--wait");
        assertThat(end(partition)).isEqualTo(end);
    }

    private void mirrorWithDoomedTail(int partitions) {
        Map<Integer, List<Integer>> assignment = new java.util.HashMap<>();
        IntStream.range(0, partitions).forEach(partition -> assignment.put(partition, List.of(LOST, LEFT)));
        Map<String, String> configs = Map.of("unclean.leader.election.enable", "true", "retention.ms", "-1");
        Topics.get(source.admin()
                .createTopics(List.of(new NewTopic(TOPIC, assignment).configs(configs)))
                .all());
        workload = Workload.onTopic(source, TOPIC, partitions);
        workload.compressions().transactions();
        // Brokers that have just started may be too busy to be heard of.
        Await.untilPasses(TIMEOUT, () -> links.mirror(LINK, TOPIC));
        awaitLevel();
        source.broker(LEFT).kill();
        Await.until("the tail is on one broker only", TIMEOUT, () -> infos(source, TOPIC).stream()
                .allMatch(info -> ids(info.isr()).equals(List.of(LOST))));
        workload.compressions().compressions();
        awaitLevel();
        Await.until("all replicas have the tail", TIMEOUT, () -> infos(destination, TOPIC).stream()
                .allMatch(info -> info.isr().size() == 3));
    }

    private void loseTail() {
        source.broker(LOST).kill();
        source.broker(LEFT).start();
        Await.until("the broker without the tail leads", TIMEOUT, () -> infos(source, TOPIC).stream()
                .allMatch(info -> info.leader() != null && info.leader().id() == LEFT));
    }

    private void awaitLevel() {
        new TopicComparison(source, TOPIC, destination, TOPIC).awaitLevel(TIMEOUT);
    }

    private void assertReplicasEqual(int partitions) {
        new TopicComparison(source, TOPIC, destination, TOPIC)
                .awaitLevel(TIMEOUT)
                .compare()
                .orThrow();
        Await.until("all replicas are in sync", TIMEOUT, () -> infos(destination, TOPIC).stream()
                .allMatch(info -> info.isr().size() == 3));
        for (int partition = 0; partition < partitions; partition++) {
            for (BrokerProcess broker : destination.brokers()) {
                int of = partition;
                Await.untilPasses(TIMEOUT, () -> assertThat(LogComparison.sourceAndMirror(
                                source.broker(LEFT).replicaDir(TOPIC, of), broker.replicaDir(TOPIC, of), 0))
                        .as("partition " + of + " on broker " + broker.id())
                        .isEmpty());
            }
        }
    }

    private List<LinkEvent> events() {
        return Arrays.asList(Json.read(links.describe(LINK, TOPIC).get(WireContract.STATUS_EVENTS), LinkEvent[].class));
    }

    private long end(TopicPartition partition) {
        return Topics.ends(
                        destination.admin(),
                        List.of(partition),
                        org.apache.kafka.common.IsolationLevel.READ_UNCOMMITTED)
                .get(partition);
    }

    private int leader(int partition) {
        return infos(destination, TOPIC).get(partition).leader().id();
    }

    private int follower(int partition) {
        TopicPartitionInfo info = infos(destination, TOPIC).get(partition);
        return info.replicas().stream()
                .map(Node::id)
                .filter(id -> id != info.leader().id() && id != CONTROLLER)
                .findFirst()
                .orElseThrow();
    }

    private static List<List<Integer>> replicas(TestCluster cluster, String topic) {
        return infos(cluster, topic).stream().map(info -> ids(info.replicas())).toList();
    }

    private static List<Integer> ids(List<Node> nodes) {
        return nodes.stream().map(Node::id).toList();
    }

    private static List<TopicPartitionInfo> infos(TestCluster cluster, String topic) {
        TopicDescription description = Topics.get(
                        cluster.admin().describeTopics(List.of(topic)).allTopicNames())
                .get(topic);
        return Optional.ofNullable(description).orElseThrow().partitions();
    }
}
