// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.WireContract;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sources that people still run: with ZooKeeper, without topic ids (2.1), or with ids that fetches do not know (3.0). */
class OldSourceIT {
    private static final Duration LEVEL = Duration.ofSeconds(60);

    private static TestCluster destination;
    private static Links links;

    @BeforeAll
    static void start() {
        destination = TestCluster.builder("destination").heapMb(320).agent().start();
        links = new Links(destination);
    }

    @AfterAll
    static void stop() {
        Fixtures.close(destination);
    }

    @ParameterizedTest
    @ValueSource(strings = {"2.1", "3.0"})
    void everythingThatBelongsToATopicComesAlong(String release) {
        String link = "all-" + release.replace('.', '-');
        String topic = "hostile-" + release;
        try (TestCluster source = OldKafka.start(release)) {
            // Given a topic with everything, and a group
            create(source, topic, 2);
            Workload workload = Workload.onTopic(source, topic, 2);
            workload.compressions().transactions();
            links.create(
                    link,
                    source,
                    "consumer.offset.sync.enable=true",
                    "consumer.offset.group.filters={\"groupFilters\":[{\"name\":\"*\",\"patternType\":\"LITERAL\",\"filterType\":\"INCLUDE\"}]}",
                    "topic.config.sync.ms=500");
            links.mirror(link, topic);
            Copies.assertEqual(source, destination, topic);

            // When it is written to, loses its head, gets a partition, another config and a committed offset
            workload.openTransaction().plain(20).deleteHead(Workload.BATCH + 7);
            Topics.get(source.admin()
                    .createPartitions(Map.of(topic, NewPartitions.increaseTo(3)))
                    .all());
            Await.until(
                    "the source has it",
                    LEVEL,
                    () -> Topics.partitions(source.admin(), topic).size() == 3);
            Workload.onTopic(source, topic, 3).plain(5);
            TopicPartition partition = new TopicPartition(topic, 0);
            Topics.get(source.admin()
                    .alterConsumerGroupOffsets("readers-" + release, Map.of(partition, new OffsetAndMetadata(60)))
                    .all());

            // Then all of it is here
            Await.until(
                    "it is followed",
                    LEVEL,
                    () -> Topics.partitions(destination.admin(), topic).size() == 3);
            Copies.assertEqual(source, destination, topic);
            workload.commitOpen();
            Copies.assertEqual(source, destination, topic);
            Await.until("the group is here", LEVEL, () -> new OffsetAndMetadata(60)
                    .equals(Topics.get(destination
                                    .admin()
                                    .listConsumerGroupOffsets("readers-" + release)
                                    .partitionsToOffsetAndMetadata())
                            .get(partition)));
            links.run("mirrors", "promote", "--link", link, "--topic", topic, "--wait");
            workload.close();
            Workload.onTopic(destination, topic, 3).plain(1);
        }
    }

    /** It is fetched by name: the new topic answered in place of the old one, and the copy was cut to nothing. */
    @Test
    void aTopicThatIsCreatedAgainAtOnceDoesNotTakeTheCopyWithIt() {
        try (TestCluster source = OldKafka.start("3.0")) {
            // Given mirrors
            links.create("again", source);
            List<String> topics = List.of("again-1", "again-2", "again-3", "again-4");
            for (String topic : topics) {
                create(source, topic, 1);
                Workload.onTopic(source, topic, 1).plain(50);
                links.mirror("again", topic);
                Await.until(topic + " is here", LEVEL, () -> end(topic) == 50);
            }

            for (String topic : topics) {
                // When its topic is deleted and created again as soon as that can be
                Topics.get(source.admin().deleteTopics(List.of(topic)).all());
                Await.until("it is there again", LEVEL, () -> isCreated(source, topic));

                // Then the mirror fails with the reason, and has what it had
                links.awaitState("again", topic, MirrorState.FAILED);
                assertThat(links.describe("again", topic).get(WireContract.STATUS_REASON))
                        .contains("deleted and created again");
                assertThat(end(topic)).isEqualTo(50);
                links.run("mirrors", "failover", "--link", "again", "--topic", topic, "--wait");
                assertThat(Clients.values(destination, topic, IsolationLevel.READ_COMMITTED))
                        .hasSize(50);
            }
        }
    }

    /** Its positions are compared before each first fetch, and that they agree is no sign that it still has what comes next. */
    @ParameterizedTest
    @ValueSource(strings = {"2.1", "3.0"})
    void whatItDeletesBeforeItIsCopiedIsSkipped(String release) {
        String topic = "skipped-" + release;
        String link = "skipped-" + release.replace('.', '-');
        try (TestCluster source = OldKafka.start(release)) {
            // Given a mirror that is paused
            links.create(link, source);
            create(source, topic, 1);
            Workload workload = Workload.onTopic(source, topic, 1);
            workload.plain(50);
            links.mirror(link, topic);
            Await.until("it is here", LEVEL, () -> end(topic) == 50);
            links.run("mirrors", "pause", "--link", link, "--topic", topic);

            // When the source deletes what was written since
            workload.plain(50).deleteHead(80).close();
            links.run("mirrors", "resume", "--link", link, "--topic", topic);

            // Then it goes on from there
            Copies.assertEqual(source, destination, topic);
            assertThat(links.describe(link, topic).get(WireContract.STATUS_EVENTS))
                    .contains("Skipped offsets 50 to 79 (30 records)");
        }
    }

    /** Nothing tells that it is another topic; who wants to keep the copy says how much it may lose. */
    @Test
    void withoutTopicIdsWhatTheCopyMayLoseCanBeLimited() {
        try (TestCluster source = OldKafka.start("2.1")) {
            links.create("limited", source, "max.truncation.records=10");
            create(source, "limited", 1);
            Workload.onTopic(source, "limited", 1).plain(50);
            links.mirror("limited", "limited");
            Await.until("it is here", LEVEL, () -> end("limited") == 50);

            Topics.get(source.admin().deleteTopics(List.of("limited")).all());
            Await.until("it is there again", LEVEL, () -> isCreated(source, "limited"));

            links.awaitState("limited", "limited", MirrorState.FAILED);
            assertThat(end("limited")).isEqualTo(50);
        }
    }

    private static void create(TestCluster source, String topic, int partitions) {
        // Brokers before 2.4 have no default for the number of replicas.
        NewTopic created = new NewTopic(topic, partitions, (short) 1).configs(Map.of("retention.ms", "-1"));
        Topics.get(source.admin().createTopics(List.of(created)).all());
    }

    /** It exists for as long as its end is under way. */
    private static boolean isCreated(TestCluster source, String topic) throws Exception {
        try {
            source.admin()
                    .createTopics(List.of(new NewTopic(topic, 1, (short) 1)))
                    .all()
                    .get();
            return true;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof TopicExistsException) {
                return false;
            }
            throw e;
        }
    }

    private static long end(String topic) {
        TopicPartition partition = new TopicPartition(topic, 0);
        return Topics.ends(destination.admin(), List.of(partition), IsolationLevel.READ_UNCOMMITTED)
                .get(partition);
    }
}
