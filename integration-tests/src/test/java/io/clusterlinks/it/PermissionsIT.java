// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.WireContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * A link runs with exactly the permissions that the documentation names. Without one of them, what needs it says which one
 * is missing, on which cluster, and everything else goes on.
 */
class PermissionsIT {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String LINK = "east";
    private static final TopicPartition ORDERS = new TopicPartition("orders", 0);

    private static final AclBinding CLUSTER_DESCRIBE =
            acl("link", ResourceType.CLUSTER, "kafka-cluster", AclOperation.DESCRIBE);
    private static final AclBinding READ = acl("link", ResourceType.TOPIC, "*", AclOperation.READ);
    private static final AclBinding DESCRIBE = acl("link", ResourceType.TOPIC, "*", AclOperation.DESCRIBE);
    private static final AclBinding DESCRIBE_CONFIGS =
            acl("link", ResourceType.TOPIC, "*", AclOperation.DESCRIBE_CONFIGS);
    private static final AclBinding GROUP_DESCRIBE = acl("link", ResourceType.GROUP, "*", AclOperation.DESCRIBE);
    private static final AclBinding GROUP_READ_HERE = acl("broker", ResourceType.GROUP, "*", AclOperation.READ);
    private static final AclBinding TOPIC_READ_HERE = acl("broker", ResourceType.TOPIC, "*", AclOperation.READ);

    private static TestCluster source;
    private static TestCluster destination;
    private static Links links;
    private static long offset = 10;

    @BeforeAll
    static void start() {
        source = TestCluster.builder("source").authorized(null, "link").start();
        destination = TestCluster.builder("destination")
                .authorized("broker", "nobody")
                .agent()
                .start();
        links = new Links(destination);
        allow(source, CLUSTER_DESCRIBE, READ, DESCRIBE, DESCRIBE_CONFIGS, GROUP_DESCRIBE);
        // What brokers that are not super users need themselves.
        allow(destination, acl("broker", ResourceType.CLUSTER, "kafka-cluster", AclOperation.CLUSTER_ACTION));
        allow(destination, acl("broker", ResourceType.CLUSTER, "kafka-cluster", AclOperation.DESCRIBE));
        allow(destination, acl("broker", ResourceType.TOPIC, "__cluster_links", AclOperation.READ));
        allow(destination, GROUP_READ_HERE, TOPIC_READ_HERE);
        Workload.onNewTopic(source, "orders", 1, Map.of()).plain(500);
        commit();
        List<String> configs = new ArrayList<>(List.of(
                "metadata.max.age.ms=300",
                "topic.config.sync.ms=300",
                "consumer.offset.sync.enable=true",
                "consumer.offset.sync.ms=300",
                "consumer.offset.group.filters={\"groupFilters\":[{\"name\":\"*\"}]}",
                "auto.create.mirror.topics.enable=true",
                "auto.create.mirror.topics.filters={\"topicFilters\":[{\"name\":\"*\"}]}",
                "acl.sync.enable=true",
                "acl.sync.ms=300",
                "acl.filters={\"aclFilters\":[{\"accessFilter\":{\"principal\":\"User:alice\"}}]}"));
        source.saslConfigs("link").forEach((key, value) -> {
            if (!key.equals("bootstrap.servers")) {
                configs.add(key + "=" + value);
            }
        });
        List<String> command = new ArrayList<>(List.of("create", "--link", LINK));
        command.addAll(List.of("--config", "bootstrap.servers=" + source.bootstrap("SASL")));
        configs.forEach(config -> command.addAll(List.of("--config", config)));
        links.run(command.toArray(String[]::new));
        links.awaitState(LINK, "orders", MirrorState.ACTIVE);
        awaitAllWell();
    }

    @AfterAll
    static void stop() {
        Fixtures.close(destination, source);
    }

    @Test
    void withoutReadTheMirrorSaysSo() {
        without(source, READ, () -> {
            Workload.onTopic(source, "orders", 1).plain(1);
            Await.untilPasses(
                    SOON, () -> assertThat(links.describe(LINK, "orders").get(WireContract.STATUS_REASON))
                            .contains("READ on TOPIC orders")
                            .contains("at the source"));
        });
    }

    @Test
    void withoutDescribeConfigsTheTopicsTaskSaysSo() {
        without(
                source,
                DESCRIBE_CONFIGS,
                () -> awaitTask("topics", "ATTENTION", "DESCRIBE_CONFIGS on TOPIC 'orders' at the source"));
    }

    /** READ implies DESCRIBE: both go. */
    @Test
    void withoutDescribeTopicsAreNotSeenAndThatIsSaid() {
        without(
                source,
                DESCRIBE,
                () -> without(
                        source,
                        READ,
                        () -> without(source, DESCRIBE_CONFIGS, () -> {
                            awaitTask("topics", "ATTENTION", "DESCRIBE on TOPIC 'orders' at the source");
                            awaitTask("topic.discovery", "ATTENTION", "needs the ACL DESCRIBE on the TOPICs there");
                        })));
    }

    /** Where more topics fail in every run than are tried again at once, those that come later must not wait for them. */
    @Test
    void topicsThatMayNotBeReadKeepNoOtherFromBeingDiscovered() {
        AclBinding denied = new AclBinding(
                new ResourcePattern(ResourceType.TOPIC, "denied-", PatternType.PREFIXED),
                new AccessControlEntry("User:link", "*", AclOperation.READ, AclPermissionType.DENY));
        List<String> names =
                IntStream.range(0, 120).mapToObj(i -> "denied-" + i).toList();
        allow(source, denied);
        try {
            // Given topics that may be seen at the source and not read
            Topics.get(source.admin()
                    .createTopics(names.stream()
                            .map(name -> new NewTopic(name, 1, (short) 1))
                            .toList())
                    .all());
            awaitTask("topic.discovery", "ATTENTION", "\"troubled\":120");

            // When another comes up, last in the alphabet
            Topics.create(source.admin(), "zebra", 1, Map.of());

            // Then it is mirrored
            links.awaitState(LINK, "zebra", MirrorState.ACTIVE);
        } finally {
            Topics.get(source.admin().deleteTopics(names).all());
            Topics.get(source.admin().deleteAcls(List.of(denied.toFilter())).all());
        }
    }

    @Test
    void withoutDescribeOnGroupsTheOffsetsTaskSaysSo() {
        without(
                source,
                GROUP_DESCRIBE,
                () -> awaitTask("consumer.offsets", "FAILED", "DESCRIBE on GROUP 'billing' at the source"));
    }

    @Test
    void withoutDescribeOnTheClusterAclsAreNotReadAndGroupsNotSeen() {
        without(source, CLUSTER_DESCRIBE, () -> {
            awaitTask("acls", "FAILED", "DESCRIBE on the CLUSTER at the source");
            without(
                    source,
                    GROUP_DESCRIBE,
                    () -> awaitTask("consumer.offsets", "ATTENTION", "DESCRIBE on the CLUSTER at the source"));
        });
    }

    @Test
    void whatTheBrokersLackHereIsSaidToBeHere() {
        without(destination, GROUP_READ_HERE, () -> {
            commit();
            awaitTask("consumer.offsets", "ATTENTION", "GROUP 'billing' in this cluster");
        });
        without(destination, TOPIC_READ_HERE, () -> {
            commit();
            awaitTask("consumer.offsets", "ATTENTION", "READ on TOPIC 'orders' in this cluster");
        });
    }

    @Test
    void whoAsksNeedsPermissionToo() throws Exception {
        java.nio.file.Path file = java.nio.file.Files.createTempFile("nobody", ".properties");
        java.util.Properties properties = new java.util.Properties();
        properties.putAll(destination.saslConfigs("nobody"));
        properties.remove("bootstrap.servers");
        try (var out = java.nio.file.Files.newOutputStream(file)) {
            properties.store(out, null);
        }
        Cli nobody = new Cli(destination.bootstrap("SASL"));

        Cli.Result result = nobody.run("--command-config", file.toString(), "describe", "--link", LINK);

        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.stderr()).contains("User:nobody needs the ACL DESCRIBE on CLUSTER");
        java.nio.file.Files.delete(file);
    }

    private static void without(TestCluster cluster, AclBinding acl, Runnable then) {
        Topics.get(cluster.admin().deleteAcls(List.of(acl.toFilter())).all());
        try {
            then.run();
        } finally {
            allow(cluster, acl);
        }
    }

    /** One task in trouble, and the link as such goes on. */
    private static void awaitTask(String task, String state, String message) {
        Await.untilPasses(SOON, () -> {
            String entry = links.describe(LINK).get(WireContract.STATUS_TASK_PREFIX + task);
            assertThat(entry).contains("\"state\":\"" + state + "\"").contains(message);
        });
        assertThat(links.describe(LINK).get(WireContract.STATUS_STATE)).isEqualTo("ACTIVE");
    }

    /** Open connections go on with the old one; what is opened after the source's brokers have moved must not. */
    @Test
    void aSecretThatIsRotatedIsTakenUp() throws IOException {
        Path secrets = source.dir().resolve("link-secrets.properties");
        Map<String, String> configs = new HashMap<>(source.saslConfigs("link"));
        String jaas = configs.put("sasl.jaas.config", "${file:" + secrets + ":jaas}");
        configs.put("metadata.max.age.ms", "300");
        Files.writeString(secrets, "jaas=" + jaas);
        List<String> command = new ArrayList<>(List.of("create", "--link", "rotated"));
        configs.forEach((key, value) -> command.addAll(List.of("--config", key + "=" + value)));
        links.run(command.toArray(String[]::new));
        links.mirror("rotated", "orders-copy", "--source-topic", "orders");
        links.awaitState("rotated", "orders-copy", MirrorState.ACTIVE);

        Files.writeString(secrets, "jaas=" + jaas.replace("password=\"link\"", "password=\"rotated\""));
        source.restart(source.brokers().get(0).id());
        Await.untilPasses(SOON, () -> assertThat(links.describe("rotated").get(WireContract.STATUS_REASON))
                .contains("uthentication"));

        Files.writeString(secrets, "jaas=" + jaas);
        Workload.onTopic(source, "orders", 1).plain(10);
        long end = Topics.ends(source.admin(), List.of(ORDERS), IsolationLevel.READ_UNCOMMITTED)
                .get(ORDERS);
        Await.untilPasses(SOON, () -> {
            assertThat(links.partitions("rotated", "orders-copy").get(0).endOffset())
                    .isGreaterThanOrEqualTo(end);
            assertThat(links.describe("rotated").get(WireContract.STATUS_STATE)).isEqualTo("ACTIVE");
            assertThat(links.describe("rotated").get(WireContract.STATUS_TASK_PREFIX + "topics"))
                    .contains("\"state\":\"OK\"");
        });
        awaitAllWell();
    }

    private static void awaitAllWell() {
        Await.untilPasses(SOON, () -> List.of("topics", "consumer.offsets", "topic.discovery", "acls")
                .forEach(task -> {
                    String entry = links.describe(LINK).get(WireContract.STATUS_TASK_PREFIX + task);
                    assertThat(entry).as(task).contains("\"state\":\"OK\"");
                }));
    }

    /** Something for the offsets task to do. */
    private static void commit() {
        Topics.get(source.admin()
                .alterConsumerGroupOffsets("billing", Map.of(ORDERS, new OffsetAndMetadata(offset++)))
                .all());
    }

    private static void allow(TestCluster cluster, AclBinding... acls) {
        Topics.get(cluster.admin().createAcls(List.of(acls)).all());
    }

    private static AclBinding acl(String user, ResourceType type, String name, AclOperation operation) {
        return new AclBinding(
                new ResourcePattern(type, name, PatternType.LITERAL),
                new AccessControlEntry("User:" + user, "*", operation, AclPermissionType.ALLOW));
    }
}
