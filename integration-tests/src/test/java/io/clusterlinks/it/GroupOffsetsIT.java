// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.WireContract;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Real consumers stop on one side in mid-stream and go on on the other: no record is skipped, none comes twice. */
class GroupOffsetsIT {
    private static final String LINK = "east";
    private static final String ALL_GROUPS =
            "consumer.offset.group.filters={\"groupFilters\":[{\"name\":\"*\",\"patternType\":\"LITERAL\",\"filterType\":\"INCLUDE\"}]}";
    private static final Duration SOON = Duration.ofSeconds(30);

    private static TestCluster source;
    private static TestCluster destination;
    private static Links links;

    @BeforeAll
    static void start() {
        source = TestCluster.builder("source").start();
        destination = TestCluster.builder("destination").agent().start();
        links = new Links(destination);
        links.create(LINK, source, "consumer.offset.sync.enable=true", "consumer.offset.sync.ms=500", ALL_GROUPS);
    }

    @AfterAll
    static void stop() {
        Fixtures.close(destination, source);
    }

    /** The source is written to all the time; after the move so is the topic here. */
    @ParameterizedTest
    @CsvSource({"classic,promote", "consumer,promote", "classic,failover", "consumer,failover"})
    void consumersAreMovedUnderLoad(String protocol, String way) {
        // Given consumers in mid-stream at the source
        String topic = way + "-" + protocol;
        String group = "billing-" + topic;
        Topics.create(source.admin(), topic, 4, Map.of());
        links.mirror(LINK, topic);
        Deliveries deliveries = new Deliveries();
        Set<String> consumedThere;
        try (Stream load = Stream.start(source, topic, 4)) {
            try (GroupMembers members = GroupMembers.start(source, topic, group, protocol, 2, deliveries)) {
                Await.until("records are consumed", SOON, () -> deliveries.count() > 3_000);
                members.stop();
            }
            consumedThere = deliveries.values();
            assertThat(deliveries.repeated()).isEmpty();

            // When the topic is moved while the source is written to; a promotion waits until nobody writes there
            boolean promote = way.equals("promote");
            List<String> move = new ArrayList<>(List.of("mirrors", way, "--link", LINK, "--topic", topic));
            if (!promote) {
                move.add("--wait");
            }
            links.run(move.toArray(String[]::new));
            assertThat(links.state(LINK, topic)).isEqualTo(promote ? MirrorState.PENDING_STOPPED : MirrorState.STOPPED);
            assertThat(load.written()).isGreaterThan(deliveries.count());
        }
        links.awaitState(LINK, topic, MirrorState.STOPPED);
        long moved = Clients.values(destination, topic, IsolationLevel.READ_COMMITTED)
                .size();

        // And they go on here, where others write now
        try (GroupMembers members = GroupMembers.start(destination, topic, group, protocol, 2, deliveries)) {
            try (Stream local = Stream.start(destination, topic, 4, "local-" + topic)) {
                Await.until("records are written here", SOON, () -> local.written() > 2_000);
            }
            Set<String> here = Set.copyOf(Clients.values(destination, topic, IsolationLevel.READ_COMMITTED));
            Await.until(
                    "everything is consumed", SOON, () -> deliveries.values().containsAll(here));
            members.stop();

            // Then each of the records here was delivered once, on one of the sides, and none besides
            assertThat(deliveries.repeated()).isEmpty();
            Set<String> elsewhere = new TreeSet<>(deliveries.values());
            elsewhere.removeAll(here);
            assertThat(consumedThere).containsAll(elsewhere);
            if (way.equals("promote")) {
                assertThat(elsewhere).isEmpty();
                assertThat(moved).isGreaterThanOrEqualTo(consumedThere.size());
            }
        }
        assertThat(links.describe(LINK, topic).get(WireContract.STATUS_EVENTS))
                .contains("Consumer groups")
                .contains(group);
    }

    @Test
    void followsWithinSecondsAndCompletesWithTheMirror() {
        // Given a mirror
        Workload workload = Workload.onNewTopic(source, "followed", 1, Map.of()).plain(100);
        links.mirror(LINK, "followed");
        TopicPartition partition = new TopicPartition("followed", 0);

        // When a group commits, with metadata
        commit(source, "follower", partition, new OffsetAndMetadata(42, "checkpoint"));

        // Then it stands there here, without leader epoch
        Await.until("the group follows", Duration.ofSeconds(10), () -> {
            OffsetAndMetadata here = committed("follower").get(partition);
            return here != null && here.equals(new OffsetAndMetadata(42, "checkpoint"));
        });
        Await.until("it is shown", SOON, () -> groupState("follower").equals("SYNCED"));
        Map<String, String> shown =
                Topics.describe(destination.admin(), new LinkResource.Group(LINK, "follower").resourceName());
        assertThat(shown.get("status.offset.followed.0")).contains("\"sourceOffset\":42");

        // And when the mirror stands still while the group goes on
        links.run("mirrors", "pause", "--link", LINK, "--topic", "followed");
        links.awaitState(LINK, "followed", MirrorState.PAUSED);
        long end = links.partitions(LINK, "followed").get(0).endOffset();
        workload.plain(100);
        commit(source, "follower", partition, new OffsetAndMetadata(end + 50));

        // Then it goes as far as the mirror, and the rest of the way when the mirror does
        Await.until(
                "the group stands at the end",
                Duration.ofSeconds(10),
                () -> committed("follower").get(partition).offset() == end);
        Await.until("it is shown", SOON, () -> groupState("follower").equals("COMPLETING"));
        links.run("mirrors", "resume", "--link", LINK, "--topic", "followed");
        Await.until(
                "the group is completed",
                Duration.ofSeconds(20),
                () -> committed("follower").get(partition).offset() == end + 50);
    }

    @Test
    @DisplayName("Pitfall: a mirror stuck in a pending state because its consumer group is active here")
    void aGroupWithMembersHereIsLeftAloneAndBlocksNoPromotion() {
        // Given a group that is active on both sides
        Workload.onNewTopic(source, "busy", 1, Map.of()).plain(200);
        links.mirror(LINK, "busy");
        Deliveries here = new Deliveries();
        try (GroupMembers members = GroupMembers.start(destination, "busy", "busy-group", "classic", 1, here)) {
            Await.until("it is consumed here", SOON, () -> here.count() == 200);
            commit(source, "busy-group", new TopicPartition("busy", 0), new OffsetAndMetadata(20));

            // Then it is shown as such
            Await.until("it is shown", SOON, () -> groupState("busy-group").equals("ACTIVE_AT_DESTINATION"));
            Await.until("the task says so", SOON, () -> links.run("describe", "--link", LINK, "--tasks")
                    .stdout()
                    .contains("busy-group  ACTIVE_AT_DESTINATION"));

            // And when the topic is promoted, that is not held up
            links.run("mirrors", "promote", "--link", LINK, "--topic", "busy", "--wait");
            members.stop();
        }
        assertThat(committed("busy-group").get(new TopicPartition("busy", 0)).offset())
                .isEqualTo(200);
        assertThat(links.describe(LINK, "busy").get(WireContract.STATUS_EVENTS))
                .contains("ACTIVE_AT_DESTINATION")
                .contains("busy-group");
    }

    @Test
    void namesAreMappedAndPrefixed() {
        // Given a link with a prefix for topics and groups, and a mirror with another name
        links.create(
                "west",
                source,
                "cluster.link.prefix=west.",
                "consumer.group.prefix.enable=true",
                "consumer.offset.sync.enable=true",
                ALL_GROUPS);
        Workload.onNewTopic(source, "prefixed", 1, Map.of()).plain(50);
        links.mirror("west", "west.prefixed");
        Workload.onNewTopic(source, "old-name", 1, Map.of()).plain(50);
        links.mirror("west", "renamed", "--source-topic", "old-name");

        // When a group commits at the source
        commit(source, "mapped", new TopicPartition("prefixed", 0), new OffsetAndMetadata(33));
        commit(source, "mapped", new TopicPartition("old-name", 0), new OffsetAndMetadata(44));

        // Then its namesake here stands there, in both
        Await.untilPasses(Duration.ofSeconds(15), () -> {
            Map<TopicPartition, OffsetAndMetadata> here = committed("west.mapped");
            assertThat(offset(here, "west.prefixed")).isEqualTo(33);
            assertThat(offset(here, "renamed")).isEqualTo(44);
        });
        assertThat(committed("mapped")).isEmpty();
    }

    @Test
    void aFailoverUsesWhatIsKnownWhenTheSourceIsDead() {
        // Given a source of its own with a group in mid-stream
        try (TestCluster doomed = TestCluster.builder("doomed").start()) {
            links.create("doomed", doomed, "consumer.offset.sync.enable=true", ALL_GROUPS);
            Topics.create(doomed.admin(), "left", 2, Map.of());
            links.mirror("doomed", "left");
            Deliveries deliveries = new Deliveries();
            try (Stream load = Stream.start(doomed, "left", 2)) {
                try (GroupMembers members = GroupMembers.start(doomed, "left", "left", "classic", 1, deliveries)) {
                    Await.until("records are consumed", SOON, () -> deliveries.count() > 1_000);
                    members.stop();
                }
                Await.until("there is more to consume", SOON, () -> load.written() > deliveries.count() + 500);
            }
            Map<TopicPartition, OffsetAndMetadata> there =
                    Topics.get(doomed.admin().listConsumerGroupOffsets("left").partitionsToOffsetAndMetadata());
            Await.until(
                    "it has followed",
                    SOON,
                    () -> offset(committed("left"), "left")
                                    == there.get(new TopicPartition("left", 0)).offset()
                            && committed("left")
                                            .get(new TopicPartition("left", 1))
                                            .offset()
                                    == there.get(new TopicPartition("left", 1)).offset());

            // When the source dies and the mirror is failed over
            doomed.brokers().forEach(BrokerProcess::kill);
            links.run("mirrors", "failover", "--link", "doomed", "--topic", "left", "--wait");

            // Then the group goes on where it stood
            Set<String> all = Set.copyOf(Clients.values(destination, "left", IsolationLevel.READ_COMMITTED));
            try (GroupMembers members = GroupMembers.start(destination, "left", "left", "classic", 1, deliveries)) {
                Await.until("everything is consumed", SOON, () -> deliveries
                        .values()
                        .containsAll(all));
                members.stop();
            }
            assertThat(deliveries.repeated()).isEmpty();
            assertThat(links.describe("doomed", "left").get(WireContract.STATUS_EVENTS))
                    .contains("as last read from the source");
        }
    }

    @Test
    void refusesFiltersThatDoNotSayWhatIsMeant() {
        Map<String, String> refused = Map.of(
                "consumer.offset.group.filters={\"groupFilters\":[{\"name\":\"a\",\"patern\":\"LITERAL\"}]}",
                "consumer.offset.group.filters: $.groupFilters[0] has the unknown field 'patern'",
                "auto.create.mirror.topics.enable=true",
                "auto.create.mirror.topics.enable needs auto.create.mirror.topics.filters",
                "acl.sync.ms=99",
                "acl.sync.ms");

        refused.forEach((config, message) -> {
            Cli.Result result = links.cli().run("alter", "--link", LINK, "--add-config", config);
            assertThat(result.exitCode()).isEqualTo(1);
            assertThat(result.stderr()).contains(message);
        });
    }

    @Test
    void shareGroupsFollowToo() {
        // Given a share group whose start offset is in mid-stream at the source
        Workload.onNewTopic(source, "shared", 1, Map.of()).plain(100);
        links.mirror(LINK, "shared");
        TopicPartition partition = new TopicPartition("shared", 0);
        Topics.get(source.admin()
                .alterShareGroupOffsets("sharing", Map.of(partition, 60L))
                .all());

        // Then it starts there here, also after a promotion
        Await.until("it follows", SOON, () -> shareStart("sharing", partition) == 60);
        Topics.get(source.admin()
                .alterShareGroupOffsets("sharing", Map.of(partition, 80L))
                .all());
        links.run("mirrors", "promote", "--link", LINK, "--topic", "shared", "--wait");
        assertThat(shareStart("sharing", partition)).isEqualTo(80);
        assertThat(links.describe(LINK, "shared").get(WireContract.STATUS_EVENTS))
                .contains("Share groups: in step with the source");
    }

    /** It asks for all that such a group has committed here, of whatever topic. */
    @Test
    void theNextCoordinatorFindsGroupsThatTheSourceHasDeletedMeanwhile() {
        // Given groups that have followed
        Workload.onNewTopic(source, "left-behind", 1, Map.of()).plain(100);
        links.mirror(LINK, "left-behind");
        TopicPartition partition = new TopicPartition("left-behind", 0);
        commit(source, "gone", partition, new OffsetAndMetadata(42));
        Topics.get(source.admin()
                .alterShareGroupOffsets("gone-sharing", Map.of(partition, 30L))
                .all());
        Await.until(
                "they have followed",
                SOON,
                () -> offset(committed("gone"), "left-behind") == 42 && shareStart("gone-sharing", partition) == 30);

        // When the source deletes them while nobody looks
        destination.broker(1).stop();
        Topics.get(source.admin().deleteConsumerGroups(List.of("gone")).all());
        Topics.get(source.admin().deleteShareGroups(List.of("gone-sharing")).all());
        destination.restart(1);

        // Then they are known to be gone there, and stand where they stood
        Await.untilPasses(SOON, () -> assertThat(groupState("gone")).isEqualTo("DELETED_AT_SOURCE"));
        Await.untilPasses(SOON, () -> assertThat(groupState("gone-sharing")).isEqualTo("DELETED_AT_SOURCE"));
        assertThat(offset(committed("gone"), "left-behind")).isEqualTo(42);
        assertThat(shareStart("gone-sharing", partition)).isEqualTo(30);
    }

    private static long shareStart(String group, TopicPartition partition) {
        var info = Topics.get(destination
                        .admin()
                        .listShareGroupOffsets(Map.of(group, new ListShareGroupOffsetsSpec()))
                        .partitionsToOffsetInfo(group))
                .get(partition);
        return info == null ? -1 : info.startOffset();
    }

    @Test
    void showsTasksAsJson() {
        JsonNode tasks = links.cli().json("describe", "--link", LINK, "--tasks");

        assertThat(tasks.findValuesAsText("task")).contains("consumer.offsets", "topics");
    }

    private static long offset(Map<TopicPartition, OffsetAndMetadata> offsets, String topic) {
        OffsetAndMetadata offset = offsets.get(new TopicPartition(topic, 0));
        return offset == null ? -1 : offset.offset();
    }

    private static void commit(TestCluster cluster, String group, TopicPartition partition, OffsetAndMetadata offset) {
        Topics.get(cluster.admin()
                .alterConsumerGroupOffsets(group, Map.of(partition, offset))
                .all());
    }

    private static Map<TopicPartition, OffsetAndMetadata> committed(String group) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>(
                Topics.get(destination.admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata()));
        offsets.values().removeIf(offset -> offset == null);
        return offsets;
    }

    private static String groupState(String group) {
        return Topics.describe(destination.admin(), new LinkResource.Group(LINK, group).resourceName())
                .get(WireContract.STATUS_STATE);
    }
}
