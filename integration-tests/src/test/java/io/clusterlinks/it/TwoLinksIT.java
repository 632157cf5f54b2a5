// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.WireContract;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Two clusters with the same names move into one: prefixes keep them apart, and nobody prepares anything there. */
class TwoLinksIT {
    private static final Duration SOON = Duration.ofSeconds(60);

    private static TestCluster east;
    private static TestCluster west;
    private static TestCluster destination;
    private static Links links;

    @BeforeAll
    static void start() {
        east = TestCluster.builder("east")
                .authorized(null, "link", "alice", "bob")
                .start();
        west = TestCluster.builder("west")
                .authorized(null, "link", "alice", "bob")
                .start();
        destination = TestCluster.builder("destination")
                .authorized(null, "alice", "bob")
                .agent()
                .start();
        links = new Links(destination);
    }

    @AfterAll
    static void stop() {
        Fixtures.close(destination, west, east);
    }

    @Test
    void teamsMoveWithTopicsGroupsAndPermissions() {
        // Given two sources where topics and groups have the same names, and others may read them
        prepare(east, "alice");
        prepare(west, "bob");
        link("east", east, "east.");
        link("west", west, "west.");
        links.awaitState("east", "east.orders", MirrorState.ACTIVE);
        links.awaitState("west", "west.orders", MirrorState.ACTIVE);
        links.mirror("west", "invoices", "--source-topic", "bills");

        // When alice and bob consume there, under load, and stop in mid-stream
        Deliveries alice = new Deliveries();
        Deliveries bob = new Deliveries();
        try (Stream eastern = Stream.start(east, "orders", 2, "east");
                Stream western = Stream.start(west, "orders", 2, "west")) {
            consume(east, "alice", "orders", "team-a", alice, 500);
            consume(west, "bob", "orders", "team-a", bob, 500);
            assertThat(eastern.written() + western.written()).isPositive();
        }

        // Then their permissions are here under the names here, and no others
        Await.untilPasses(SOON, () -> assertThat(acls())
                .containsExactlyInAnyOrder(
                        "alice TOPIC LITERAL east.orders",
                        "alice GROUP PREFIXED east.team-",
                        "alice TOPIC PREFIXED east.bill",
                        "bob TOPIC LITERAL west.orders",
                        "bob GROUP PREFIXED west.team-",
                        "bob TOPIC PREFIXED west.bill",
                        "bob TOPIC LITERAL invoices"));

        // And when both topics are promoted they go on where they stood
        links.run("mirrors", "promote", "--topic", "east.orders", "--topic", "west.orders", "--wait");
        finish("alice", "east.orders", "east.team-a", alice);
        finish("bob", "west.orders", "west.team-a", bob);
        assertThat(alice.values()).allMatch(value -> value.startsWith("east-"));
        assertThat(links.describe("east", "east.orders").get(WireContract.STATUS_EVENTS))
                .contains("in step with the source: 1 (east.team-a)");

        // And a renamed mirror may be read by who could read its source, and by nobody else
        assertThat(mayRead("bob", "invoices", "west.team-b")).isTrue();
        assertThat(mayRead("alice", "invoices", "east.team-b")).isFalse();
        assertThat(mayRead("alice", "west.orders", "east.team-b")).isFalse();
    }

    private static void prepare(TestCluster cluster, String user) {
        Topics.create(cluster.admin(), "orders", 2, Map.of());
        Workload.onNewTopic(cluster, "bills", 1, Map.of()).plain(10);
        List<AclBinding> acls = new ArrayList<>(List.of(
                acl(user, ResourceType.TOPIC, PatternType.LITERAL, "orders", AclOperation.READ),
                acl(user, ResourceType.TOPIC, PatternType.PREFIXED, "bill", AclOperation.READ),
                acl(user, ResourceType.GROUP, PatternType.PREFIXED, "team-", AclOperation.READ)));
        for (AclOperation operation :
                List.of(AclOperation.READ, AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS)) {
            acls.add(acl("link", ResourceType.TOPIC, PatternType.LITERAL, "*", operation));
        }
        acls.add(acl("link", ResourceType.GROUP, PatternType.LITERAL, "*", AclOperation.DESCRIBE));
        acls.add(acl("link", ResourceType.CLUSTER, PatternType.LITERAL, "kafka-cluster", AclOperation.DESCRIBE));
        Topics.get(cluster.admin().createAcls(acls).all());
    }

    private static void link(String name, TestCluster source, String prefix) {
        String teams = name.equals("east") ? "User:alice" : "User:bob";
        Map<String, String> configs = new HashMap<>(source.saslConfigs("link"));
        configs.put("cluster.link.prefix", prefix);
        configs.put("consumer.group.prefix.enable", "true");
        configs.put("consumer.offset.sync.enable", "true");
        configs.put("consumer.offset.group.filters", "{\"groupFilters\":[{\"name\":\"*\"}]}");
        configs.put("auto.create.mirror.topics.enable", "true");
        configs.put("auto.create.mirror.topics.filters", "{\"topicFilters\":[{\"name\":\"orders\"}]}");
        configs.put("acl.sync.enable", "true");
        configs.put("acl.sync.ms", "500");
        configs.put("acl.filters", "{\"aclFilters\":[{\"accessFilter\":{\"principal\":\"" + teams + "\"}}]}");
        List<String> command = new ArrayList<>(List.of("create", "--link", name));
        configs.forEach((key, value) -> command.addAll(List.of("--config", key + "=" + value)));
        links.run(command.toArray(String[]::new));
    }

    private static void consume(
            TestCluster cluster, String user, String topic, String group, Deliveries deliveries, int count) {
        try (GroupMembers members = GroupMembers.start(as(cluster, user), topic, group, "consumer", 1, deliveries)) {
            Await.until("records are consumed", SOON, () -> deliveries.count() > count);
            members.stop();
        }
    }

    private static void finish(String user, String topic, String group, Deliveries deliveries) {
        Set<String> all = Set.copyOf(Clients.values(destination, topic, IsolationLevel.READ_COMMITTED));
        try (GroupMembers members =
                GroupMembers.start(as(destination, user), topic, group, "consumer", 1, deliveries)) {
            Await.until("everything is consumed", SOON, () -> deliveries.distinct() == all.size());
            members.stop();
        }
        assertThat(deliveries.values()).isEqualTo(all);
        assertThat(deliveries.repeated()).isEmpty();
    }

    private static boolean mayRead(String user, String topic, String group) {
        Map<String, Object> configs = as(destination, user);
        configs.put("group.id", group);
        configs.put("auto.offset.reset", "earliest");
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(configs, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(topic));
            long deadlineNs = System.nanoTime() + SOON.toNanos();
            while (consumer.poll(Duration.ofMillis(200)).isEmpty()) {
                assertThat(System.nanoTime()).as("neither read nor refused").isLessThan(deadlineNs);
            }
            return true;
        } catch (AuthorizationException e) {
            return false;
        }
    }

    private static Map<String, Object> as(TestCluster cluster, String user) {
        Map<String, Object> configs = cluster.clientConfigs();
        configs.putAll(cluster.saslConfigs(user));
        return configs;
    }

    private static Set<String> acls() {
        return Topics.get(destination.admin().describeAcls(AclBindingFilter.ANY).values()).stream()
                .map(acl -> acl.entry().principal().substring("User:".length()) + " "
                        + acl.pattern().resourceType() + " " + acl.pattern().patternType() + " "
                        + acl.pattern().name())
                .collect(Collectors.toSet());
    }

    private static AclBinding acl(
            String user, ResourceType type, PatternType pattern, String name, AclOperation operation) {
        return new AclBinding(
                new ResourcePattern(type, name, pattern),
                new AccessControlEntry("User:" + user, "*", operation, AclPermissionType.ALLOW));
    }
}
