// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.LinkState;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.WireContract;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What happens to the source's topic, to its cluster and to the mirror topic while a mirror follows. */
class SourceTopicIT {
    private static final Duration LEVEL = Duration.ofSeconds(60);
    private static final String LINK = "east";

    private static TestCluster source;
    private static TestCluster destination;
    private static Links links;

    @BeforeAll
    static void start() {
        source = TestCluster.builder("source").heapMb(320).start();
        destination = TestCluster.builder("destination").heapMb(320).agent().start();
        links = new Links(destination);
        links.create(LINK, source);
    }

    @AfterAll
    static void stop() {
        Fixtures.close(destination, source);
    }

    @Test
    void newPartitionsAreFollowedWithinTenSecondsFromTheirStart() {
        // Given a mirror that began at the end of a topic with a past
        Workload.onNewTopic(source, "growing", 1, Map.of()).plain(50);
        links.mirror(LINK, "growing", "--config", "mirror.start.offset.spec=latest");
        Workload.onTopic(source, "growing", 1).plain(1);
        Await.until("the mirror follows", LEVEL, () -> end("growing", 0) == 51);

        // When the topic gets two more partitions, and records in them at once
        Topics.get(source.admin()
                .createPartitions(Map.of("growing", NewPartitions.increaseTo(3)))
                .all());
        Await.until("the source has them", LEVEL, () -> partitions(source, "growing") == 3);
        Workload.onTopic(source, "growing", 3).plain(20);

        // Then the mirror has them, and every record of them
        Await.until("they are followed", Duration.ofSeconds(10), () -> partitions(destination, "growing") == 3);
        Await.until("all is here", LEVEL, () -> end("growing", 1) == 20 && end("growing", 2) == 20);
        assertThat(Topics.starts(destination.admin(), List.of(new TopicPartition("growing", 1))))
                .containsValue(0L);
        assertThat(end("growing", 0)).isEqualTo(71);
    }

    @Test
    void aTopicThatIsDeletedAtTheSourceFailsItsMirrorWhichStaysReadable() {
        // Given a mirror, and another one
        Workload.onNewTopic(source, "deleted", 2, Map.of()).plain(20);
        Workload other = Workload.onNewTopic(source, "beside", 1, Map.of()).plain(20);
        links.mirror(LINK, "deleted");
        links.mirror(LINK, "beside");
        assertLevel("deleted");
        List<String> values = Clients.values(destination, "deleted", IsolationLevel.READ_COMMITTED);

        // When the topic is deleted at the source
        Topics.get(source.admin().deleteTopics(List.of("deleted")).all());

        // Then its mirror fails with the reason and what to do, and keeps what it has
        links.awaitState(LINK, "deleted", MirrorState.FAILED);
        assertThat(reason("deleted"))
                .contains("no longer exists")
                .contains("fail over")
                .contains(LINK);
        assertThat(Clients.values(destination, "deleted", IsolationLevel.READ_COMMITTED))
                .isEqualTo(values);
        Cli.Result promotion = links.cli().run("mirrors", "promote", "--link", LINK, "--topic", "deleted", "--wait");
        assertThat(promotion.exitCode()).as(promotion.toString()).isEqualTo(1);
        assertThat(promotion.stderr()).contains("Fail it over");

        // And others go on, and it can be failed over
        other.plain(20);
        assertLevel("beside");
        links.run("mirrors", "failover", "--link", LINK, "--topic", "deleted", "--wait");
        write("deleted");
        assertThat(Clients.values(destination, "deleted", IsolationLevel.READ_COMMITTED))
                .hasSize(values.size() + 1)
                .containsAll(values);
    }

    @Test
    @DisplayName("Pitfall: topic re-creation mixing two histories")
    void aTopicThatIsCreatedAgainAtTheSourceIsNotMixedWithTheOldOne() {
        // Given a mirror
        Workload.onNewTopic(source, "reborn", 2, Map.of()).plain(30);
        links.mirror(LINK, "reborn");
        assertLevel("reborn");
        List<String> values = Clients.values(destination, "reborn", IsolationLevel.READ_COMMITTED);

        // When the topic is deleted, created again at once, and written to further than before
        Topics.get(source.admin().deleteTopics(List.of("reborn")).all());
        Await.until("it is there again", LEVEL, () -> {
            Topics.create(source.admin(), "reborn", 2, Map.of());
            return true;
        });
        Workload.onTopic(source, "reborn", 2).plain(100);

        // Then the mirror fails, with the reason, and holds nothing of the new topic
        links.awaitState(LINK, "reborn", MirrorState.FAILED);
        assertThat(reason("reborn"))
                .contains("deleted and created again")
                .contains("topic id")
                .contains("fail over");
        assertThat(Clients.values(destination, "reborn", IsolationLevel.READ_COMMITTED))
                .isEqualTo(values);
        links.run("mirrors", "failover", "--link", LINK, "--topic", "reborn", "--wait");
        assertThat(Clients.values(destination, "reborn", IsolationLevel.READ_COMMITTED))
                .isEqualTo(values);
        write("reborn");
    }

    @Test
    void aTopicThatIsCreatedAgainWithFewerPartitionsFailsItsMirror() {
        Workload.onNewTopic(source, "shrunk", 3, Map.of()).plain(10);
        links.mirror(LINK, "shrunk");
        assertLevel("shrunk");

        Topics.get(source.admin().deleteTopics(List.of("shrunk")).all());
        Await.until("it is there again", LEVEL, () -> {
            Topics.create(source.admin(), "shrunk", 1, Map.of());
            return true;
        });

        links.awaitState(LINK, "shrunk", MirrorState.FAILED);
        assertThat(reason("shrunk")).contains("shrunk").contains("fail over");
        assertThat(partitions(destination, "shrunk")).isEqualTo(3);
        links.run("mirrors", "failover", "--link", LINK, "--topic", "shrunk", "--wait");
        assertThat(end("shrunk", 2)).isEqualTo(10);
    }

    @Test
    void aMirrorTopicThatIsDeletedHereEndsAsAMirrorAndTheLinkLives() {
        // Given two mirrors
        Workload gone = Workload.onNewTopic(source, "gone-here", 1, Map.of()).plain(20);
        Workload other = Workload.onNewTopic(source, "stays-here", 1, Map.of()).plain(20);
        links.mirror(LINK, "gone-here");
        links.mirror(LINK, "stays-here");
        assertLevel("gone-here");

        // When the topic of one is deleted at the destination, by hand
        Topics.get(destination.admin().deleteTopics(List.of("gone-here")).all());

        // Then it is no mirror any more, its link goes on, and it can be mirrored anew
        Await.until("the mirror has ended", LEVEL, () -> !links.cli()
                .json("mirrors", "list", "--link", LINK)
                .findValuesAsText("topic")
                .contains("gone-here"));
        assertThat(links.describe(LINK)).containsEntry(WireContract.STATUS_STATE, "ACTIVE");
        other.plain(20);
        assertLevel("stays-here");
        gone.plain(20);
        links.mirror(LINK, "gone-here");
        assertLevel("gone-here");
    }

    @Test
    @DisplayName("Pitfall: config sync never removing an override")
    void anOverrideThatIsRemovedAtTheSourceIsRemovedHere() {
        // Given a mirror with an override of its source
        Workload.onNewTopic(source, "overridden", 1, Map.of("retention.bytes", "123456789"))
                .plain(1);
        links.mirror(LINK, "overridden");
        Await.until("it is here", LEVEL, () -> "123456789".equals(config("retention.bytes")));

        // When the source drops it, and sets another
        Topics.alter(source.admin(), "overridden", java.util.Collections.singletonMap("retention.bytes", null));
        Topics.alter(source.admin(), "overridden", Map.of("max.message.bytes", "2000000"));

        // Then so it is here
        Await.until(
                "both are here",
                LEVEL,
                () -> "-1".equals(config("retention.bytes")) && "2000000".equals(config("max.message.bytes")));
    }

    @Test
    void anotherClusterBehindTheAddressFailsTheLinkAndNothingOfItIsCopied() {
        HostileProxy[] address = new HostileProxy[1];
        TestCluster first = TestCluster.builder("first")
                .heapMb(256)
                .advertised(port -> {
                    address[0] = HostileProxy.before(port);
                    return address[0].port();
                })
                .start();
        TestCluster second = TestCluster.builder("second")
                .heapMb(256)
                .advertised(port -> address[0].port())
                .start();
        try (HostileProxy proxy = address[0]) {
            // Given a mirror of a cluster that is reached under one address
            Workload.onNewTopic(first, "replaced", 1, Map.of()).plain(20);
            links.run("create", "--link", "moved", "--config", "bootstrap.servers=127.0.0.1:" + proxy.port());
            links.mirror("moved", "replaced");
            new TopicComparison(first, "replaced", destination, "replaced").awaitLevel(LEVEL);

            // When another cluster answers there, with a topic of the same name and more records
            proxy.target(second.broker(1).port());
            Workload.onNewTopic(second, "replaced", 1, Map.of()).plain(50);

            // Then link and mirror fail, with the reason, and keep what they have
            Await.untilPasses(Duration.ofSeconds(20), () -> {
                Map<String, String> link = links.describe("moved");
                assertThat(link).containsEntry(WireContract.STATUS_STATE, "FAILED");
                assertThat(link.get(WireContract.STATUS_REASON))
                        .contains("Another cluster")
                        .contains(first.clusterId())
                        .contains("bootstrap.servers");
            });
            links.awaitState("moved", "replaced", MirrorState.FAILED);
            assertThat(links.describe("moved", "replaced").get(WireContract.STATUS_REASON))
                    .contains(first.clusterId());
            assertThat(Clients.values(destination, "replaced", IsolationLevel.READ_COMMITTED))
                    .hasSize(20);

            // When the right one is back, all goes on; and else a failover is possible
            proxy.target(first.broker(1).port());
            Workload.onTopic(first, "replaced", 1).plain(20);
            new TopicComparison(first, "replaced", destination, "replaced")
                    .awaitLevel(LEVEL)
                    .compare()
                    .orThrow();
            links.awaitState("moved", "replaced", MirrorState.ACTIVE);
            proxy.target(second.broker(1).port());
            links.awaitState("moved", "replaced", MirrorState.FAILED);
            links.run("mirrors", "failover", "--link", "moved", "--topic", "replaced", "--wait");
            write("replaced");
        } finally {
            Fixtures.close(first, second);
        }
    }

    /** It told where its brokers are, and they still answer there; nobody may go on to ask them. */
    @Test
    void aClusterThatAnsweredAtTheAddressForAWhileIsForgotten() {
        TestCluster other = TestCluster.builder("other").heapMb(256).start();
        try (HostileProxy proxy = HostileProxy.before(source.broker(1).port())) {
            // Given a mirror over an address that leads to another cluster, with a topic of that name and other configs
            Workload workload =
                    Workload.onNewTopic(source, "astray", 1, Map.of()).plain(20);
            links.run(
                    "create",
                    "--link",
                    "astray",
                    "--config",
                    "bootstrap.servers=127.0.0.1:" + proxy.port(),
                    "--config",
                    "topic.config.sync.ms=500");
            links.mirror("astray", "astray");
            assertLevel("astray");
            proxy.target(other.broker(1).port());
            Topics.create(other.admin(), "astray", 3, Map.of("retention.ms", "1234567"));

            // When the way to the right one is lost, so that all are asked again
            source.broker(1).kill();
            awaitLink("astray", LinkState.FAILED);
            Cli.Result creation = links.cli()
                    .run("mirrors", "create", "--link", "astray", "--topic", "wrong", "--source-topic", "astray");
            assertThat(creation.exitCode()).isEqualTo(1);
            assertThat(creation.stderr()).contains("Another cluster (" + other.clusterId() + ") answers");

            // And it is back, and the address leads there again
            proxy.target(source.broker(1).port());
            source.broker(1).start();
            source.awaitReady();

            // Then records and configs go on, and nothing of the other one was taken
            awaitLink("astray", LinkState.ACTIVE);
            workload.plain(20);
            Topics.alter(source.admin(), "astray", Map.of("retention.bytes", "7654321"));
            assertLevel("astray");
            Await.untilPasses(LEVEL, () -> assertThat(Topics.describe(destination.admin(), "astray"))
                    .containsEntry("retention.bytes", "7654321"));
            assertThat(Topics.describe(destination.admin(), "astray")).doesNotContainEntry("retention.ms", "1234567");
            assertThat(partitions(destination, "astray")).isEqualTo(1);
            links.run("mirrors", "failover", "--link", "astray", "--topic", "astray", "--wait");
            links.run("delete", "--link", "astray");
        } finally {
            other.close();
        }
    }

    private static void awaitLink(String link, LinkState state) {
        Await.untilPasses(
                LEVEL, () -> assertThat(links.describe(link)).containsEntry(WireContract.STATUS_STATE, state.name()));
    }

    private static String config(String key) {
        return Topics.describe(destination.admin(), "overridden").get(key);
    }

    private static String reason(String topic) {
        return links.describe(LINK, topic).get(WireContract.STATUS_REASON);
    }

    private static int partitions(TestCluster cluster, String topic) {
        return Topics.partitions(cluster.admin(), topic).size();
    }

    private static long end(String topic, int partition) {
        TopicPartition id = new TopicPartition(topic, partition);
        return Topics.ends(destination.admin(), List.of(id), IsolationLevel.READ_COMMITTED)
                .get(id);
    }

    private static void write(String topic) {
        try (Producer<String, String> producer = Clients.producer(destination, Map.of())) {
            Topics.get(producer.send(Clients.record(topic, 0, "written here")));
        }
    }

    private static void assertLevel(String topic) {
        new TopicComparison(source, topic, destination, topic)
                .awaitLevel(LEVEL)
                .compare()
                .orThrow();
    }
}
