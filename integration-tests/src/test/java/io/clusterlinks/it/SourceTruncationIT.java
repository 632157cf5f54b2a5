// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.InstanceOfAssertFactories.LIST;

import io.clusterlinks.protocol.Json;
import io.clusterlinks.protocol.LinkEvent;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.PartitionStatus;
import io.clusterlinks.protocol.WireContract;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * The source elects a leader that lacks the tail, and goes on with other records at the same offsets. The mirror drops
 * what the source has lost, on every replica, says so, and goes on.
 */
class SourceTruncationIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(120);
    private static final String LINK = "east";

    private static UncleanSource source;
    private static TestCluster destination;
    private static Links links;

    @BeforeAll
    static void start() {
        source = UncleanSource.start();
        destination = TestCluster.builder("destination")
                .brokers(3)
                .separateController()
                .agent()
                .heapMb(256)
                .start();
        links = new Links(destination);
        links.create(LINK, source.cluster());
    }

    @AfterAll
    static void stop() {
        Fixtures.close(destination, source == null ? null : source.cluster());
    }

    @AfterEach
    void bringBack() {
        Stream.of(source.cluster(), destination).forEach(cluster -> {
            cluster.brokers().stream().filter(broker -> !broker.isAlive()).forEach(BrokerProcess::start);
            cluster.awaitReady();
        });
    }

    /** A replica that is down keeps the records that go; when it returns it must lose them too. */
    @Test
    @DisplayName("Pitfall: truncation of a leader without its followers")
    void everyReplicaDropsWhatTheSourceLostAlsoOneThatIsDown() {
        // Given a mirror of three partitions, level with a source whose tail is on one broker only
        Topic topic = topic(LINK, "down", 3);
        mirrorWithDoomedTail(topic);
        List<List<Integer>> order = replicas(topic);

        // When a replica here is killed, and the source loses the tail and writes something else, which is less
        int victim = follower(topic, 0);
        destination.broker(victim).kill();
        loseTail(topic);
        topic.workload().compressions();

        // Then the mirror follows, and so does the replica that was down, though the end is below the one it knew
        awaitLevel(topic);
        destination.restart(victim);
        assertReplicasEqual(topic);
        assertThat(events(topic)).hasSize(3).allMatch(event -> event.message().contains("Dropped offsets"));
        assertThat(replicas(topic)).isEqualTo(order);
        links.run("mirrors", "promote", "--link", LINK, "--topic", topic.name(), "--wait");
    }

    @Test
    void aLeaderThatDiesOnTheWayLeavesTheCutToTheNext() {
        // Given a paused mirror whose source has lost its tail, and was away altogether for a while
        Topic topic = topic(LINK, "paused", 2);
        mirrorWithDoomedTail(topic);
        links.run("mirrors", "pause", "--link", LINK, "--topic", topic.name());
        links.awaitState(LINK, topic.name(), MirrorState.PAUSED);
        loseTail(topic);
        topic.workload().compressions().compressions().compressions();

        // When it is resumed and a leader is killed at once
        int victim = leader(topic, 0);
        links.run("mirrors", "resume", "--link", LINK, "--topic", topic.name());
        destination.broker(victim).kill();
        topic.workload().compressions();

        // Then all is as if nothing had happened
        awaitLevel(topic);
        destination.restart(victim);
        topic.workload().compressions();
        awaitLevel(topic);
        assertReplicasEqual(topic);
        assertThat(events(topic)).isNotEmpty().allMatch(event -> event.message().contains("Dropped offsets"));
    }

    /** As a follower it would be told; as the leader it would bring back what the others have cut off. */
    @Test
    void aReplicaThatWasAwayDuringTheCutAndIsElectedUncleanlyCutsItToo() {
        // Given a replica that is away while the mirror follows a source that has lost its tail, past the end it knew
        Topic topic = topic(LINK, "elected", 1);
        TopicPartition partition = new TopicPartition(topic.name(), 0);
        mirrorWithDoomedTail(topic);
        int away = follower(topic, 0);
        destination.broker(away).kill();
        loseTail(topic);
        topic.workload().compressions().compressions().compressions().compressions();
        awaitLevel(topic);

        // When the others die, it is elected, and they return
        List<BrokerProcess> others = destination.brokers().stream()
                .filter(broker -> broker.id() != away)
                .toList();
        others.forEach(BrokerProcess::kill);
        destination.broker(away).start();
        Await.untilPasses(TIMEOUT, () -> {
            Topics.get(destination
                    .admin()
                    .electLeaders(ElectionType.UNCLEAN, Set.of(partition))
                    .all());
            assertThat(leader(topic, 0)).isEqualTo(away);
        });
        others.forEach(BrokerProcess::start);

        // Then every replica has what the source has
        awaitLevel(topic);
        topic.workload().compressions();
        assertReplicasEqual(topic);
        assertThat(events(topic))
                .extracting(LinkEvent::message)
                .anyMatch(message -> message.contains("the replica that leads now was away"));
        links.run("mirrors", "promote", "--link", LINK, "--topic", topic.name(), "--wait");
    }

    /** Kafka writes down once a minute where logs start; until then a broker that dies has only the former start. */
    @Test
    void aReplicaThatIsKilledAfterItStartedOverHidesNothing() {
        // Given a source that has deleted all that its other replica has, and a mirror that has done so too
        Topic topic = topic(LINK, "deleted", 1);
        TopicPartition partition = new TopicPartition(topic.name(), 0);
        mirrorWithDoomedTail(topic);
        long start = end(topic) - 1;
        Topics.get(source.cluster()
                .admin()
                .deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(start)))
                .all());
        awaitStartOnDisk(partition, start);

        // When the source shows it again, and two brokers are killed as soon as the mirror has it too
        loseTail(topic);
        topic.workload().compressions().compressions().compressions();
        awaitLevel(topic);
        Stream.of(2, 3).forEach(id -> destination.broker(id).kill());
        Stream.of(2, 3).forEach(destination::restart);

        // Then every replica has it
        assertReplicasEqual(topic);
        for (BrokerProcess ignored : destination.brokers()) {
            Topics.moveLeader(destination.admin(), partition);
            assertThat(Topics.starts(destination.admin(), List.of(partition)))
                    .as("start on broker " + leader(topic, 0))
                    .containsEntry(partition, 0L);
        }
    }

    @Test
    void aTruncationThatIsTooDeepIsLeftToTheOperatorWhoRepairsOrKeepsWhatIsHere() {
        // Given a link that drops at most five records
        String link = "careful";
        links.create(link, source.cluster(), "max.truncation.records=5");
        Topic repaired = topic(link, "repaired", 1);
        Topic kept = topic(link, "kept", 1);
        mirrorWithDoomedTail(repaired, kept);
        long end = end(kept);

        // When the source loses more of two topics
        loseTail(repaired, kept);
        repaired.workload().compressions();
        kept.workload().compressions();

        // Then both mirrors fail with the reason
        for (Topic topic : List.of(repaired, kept)) {
            Await.untilPasses(
                    TIMEOUT, () -> assertThat(onlyPartition(topic).state()).isEqualTo(MirrorState.FAILED));
            assertThat(onlyPartition(topic).error()).contains("max.truncation.records");
        }

        // And one goes on when it is repaired, the other keeps what it has when it is failed over
        links.run("mirrors", "repair", "--link", link, "--topic", repaired.name(), "--wait");
        assertReplicasEqual(repaired);
        assertThat(events(repaired))
                .extracting(LinkEvent::message)
                .anyMatch(message -> message.contains("Dropped"))
                .anyMatch(message -> message.startsWith("Repaired"));
        links.run("mirrors", "failover", "--link", link, "--topic", kept.name(), "--wait");
        assertThat(end(kept)).isEqualTo(end);
    }

    /** Who follows it tells by the leader epoch that the records at its position are others; it has no other replica. */
    @Test
    void aMirrorOfAMirrorWithASingleReplicaDropsThemToo() {
        // Given a mirror of the mirror, level with both, whose link is paused
        Topic topic = topic(LINK, "alone", 1);
        topic.workload().compressions().transactions();
        Await.untilPasses(TIMEOUT, () -> links.mirror(LINK, topic.name(), "--replication-factor", "1"));
        try (TestCluster last = TestCluster.builder("last").agent().heapMb(256).start()) {
            Links onwards = new Links(last);
            onwards.create("onwards", destination);
            onwards.mirror("onwards", topic.name());
            awaitLevel(topic);
            source.doom(topic.name());
            topic.workload().compressions().compressions();
            awaitLevel(topic);
            TopicComparison further = new TopicComparison(destination, topic.name(), last, topic.name());
            further.awaitLevel(TIMEOUT);
            onwards.run("pause", "--link", "onwards");

            // When the source loses its tail, and goes on past where it was
            loseTail(topic);
            topic.workload().compressions().compressions().compressions();
            awaitLevel(topic);

            // Then all three are equal, and the mirror has one replica as before
            onwards.run("resume", "--link", "onwards");
            further.awaitLevel(TIMEOUT);
            further.compare().orThrow();
            comparison(topic).compare().orThrow();
            assertThat(replicas(topic)).singleElement().asInstanceOf(LIST).hasSize(1);
        }
    }

    /** A topic of the source, mirrored over a link under the same name. */
    private record Topic(String link, String name, int partitions, Workload workload) {}

    private static Topic topic(String link, String name, int partitions) {
        return new Topic(link, name, partitions, source.create(name, partitions));
    }

    private static void mirrorWithDoomedTail(Topic... topics) {
        for (Topic topic : topics) {
            topic.workload().compressions().transactions();
            // Brokers that have just started may be too busy to be heard of.
            Await.untilPasses(TIMEOUT, () -> links.mirror(topic.link(), topic.name()));
            awaitLevel(topic);
        }
        source.doom(names(topics));
        for (Topic topic : topics) {
            topic.workload().compressions().compressions();
            awaitLevel(topic);
            awaitInSync(topic);
        }
    }

    /** Waits until no broker of the destination forgets in a crash that its replica starts at {@code start}. */
    private static void awaitStartOnDisk(TopicPartition partition, long start) {
        String line = partition.topic() + " " + partition.partition() + " " + start;
        Await.untilPasses(TIMEOUT, () -> {
            // A broker that deletes a log writes down the starts of the others.
            Topics.get(destination
                    .admin()
                    .createTopics(List.of(new NewTopic("scratch", 1, (short) 3)))
                    .all());
            Topics.get(destination.admin().deleteTopics(List.of("scratch")).all());
            for (BrokerProcess broker : destination.brokers()) {
                assertThat(broker.dataDir().resolve("log-start-offset-checkpoint"))
                        .content()
                        .contains(line);
            }
        });
    }

    private static void loseTail(Topic... topics) {
        source.loseTail(names(topics));
    }

    private static String[] names(Topic... topics) {
        return Arrays.stream(topics).map(Topic::name).toArray(String[]::new);
    }

    private static void awaitLevel(Topic topic) {
        comparison(topic).awaitLevel(TIMEOUT);
    }

    private static TopicComparison comparison(Topic topic) {
        return new TopicComparison(source.cluster(), topic.name(), destination, topic.name());
    }

    private static void awaitInSync(Topic topic) {
        Await.until("all replicas are in sync", TIMEOUT, () -> infos(topic).stream()
                .allMatch(info -> info.isr().size() == 3));
    }

    private static void assertReplicasEqual(Topic topic) {
        comparison(topic).awaitLevel(TIMEOUT).compare().orThrow();
        awaitInSync(topic);
        for (int partition = 0; partition < topic.partitions(); partition++) {
            for (BrokerProcess broker : destination.brokers()) {
                int of = partition;
                Await.untilPasses(TIMEOUT, () -> assertThat(LogComparison.sourceAndMirror(
                                source.left().replicaDir(topic.name(), of), broker.replicaDir(topic.name(), of), 0))
                        .as("partition " + of + " of " + topic.name() + " on broker " + broker.id())
                        .isEmpty());
            }
        }
    }

    private static List<LinkEvent> events(Topic topic) {
        String events = links.describe(topic.link(), topic.name()).get(WireContract.STATUS_EVENTS);
        return Arrays.asList(Json.read(events, LinkEvent[].class));
    }

    private static PartitionStatus onlyPartition(Topic topic) {
        return links.partitions(topic.link(), topic.name()).get(0);
    }

    private static long end(Topic topic) {
        TopicPartition partition = new TopicPartition(topic.name(), 0);
        return Topics.ends(destination.admin(), List.of(partition), IsolationLevel.READ_UNCOMMITTED)
                .get(partition);
    }

    private static int leader(Topic topic, int partition) {
        return infos(topic).get(partition).leader().id();
    }

    private static int follower(Topic topic, int partition) {
        TopicPartitionInfo info = infos(topic).get(partition);
        return info.replicas().stream()
                .map(Node::id)
                .filter(id -> id != info.leader().id())
                .findFirst()
                .orElseThrow();
    }

    private static List<List<Integer>> replicas(Topic topic) {
        return infos(topic).stream().map(info -> ids(info.replicas())).toList();
    }

    private static List<Integer> ids(List<Node> nodes) {
        return nodes.stream().map(Node::id).toList();
    }

    private static List<TopicPartitionInfo> infos(Topic topic) {
        return Topics.infos(destination.admin(), topic.name());
    }
}
