// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.MirrorState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Two clusters that mirror everything of each other come to rest. */
class BothWaysIT {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String[] EVERYTHING = {
        "metadata.max.age.ms=300",
        "auto.create.mirror.topics.enable=true",
        "auto.create.mirror.topics.filters={\"topicFilters\":[{\"name\":\"*\"}]}",
        "acl.sync.enable=true",
        "acl.sync.ms=300",
        "acl.filters={\"aclFilters\":[{}]}"
    };

    private static TestCluster left;
    private static TestCluster right;
    private static Links onLeft;
    private static Links onRight;

    @BeforeAll
    static void start() {
        left = cluster("left");
        right = cluster("right");
        onLeft = new Links(left);
        onRight = new Links(right);
    }

    private static TestCluster cluster(String name) {
        return TestCluster.builder(name)
                .config("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer")
                .config("super.users", "User:ANONYMOUS")
                .agent()
                .start();
    }

    @AfterAll
    static void stop() {
        Fixtures.close(right, left);
    }

    @Test
    void mirrorsAreNotMirroredBackAndDeletedAclsStayAway() {
        // Given topics and ACLs on both sides, and links in both directions that take everything
        Topics.create(left.admin(), "orders", 1, Map.of());
        Topics.create(right.admin(), "payments", 1, Map.of());
        allow(left, "orders");
        allow(right, "payments");
        create(onLeft, "from-right", right, "r.");
        create(onRight, "from-left", left, "l.");
        onLeft.awaitState("from-right", "r.payments", MirrorState.ACTIVE);
        onRight.awaitState("from-left", "l.orders", MirrorState.ACTIVE);

        // When both have looked again: a topic that comes later is there
        Topics.create(left.admin(), "later", 1, Map.of());
        Topics.create(right.admin(), "later", 1, Map.of());
        onLeft.awaitState("from-right", "r.later", MirrorState.ACTIVE);
        onRight.awaitState("from-left", "l.later", MirrorState.ACTIVE);
        Await.untilPasses(SOON, () -> {
            assertThat(aclTopics(left)).containsExactlyInAnyOrder("orders", "r.payments");
            assertThat(aclTopics(right)).containsExactlyInAnyOrder("payments", "l.orders");
        });
        allow(left, "later");
        Await.untilPasses(SOON, () -> assertThat(aclTopics(right)).contains("l.later"));

        // Then nothing has been mirrored back, and the task says so
        assertThat(topics(left)).containsExactlyInAnyOrder("orders", "later", "r.payments", "r.later");
        assertThat(topics(right)).containsExactlyInAnyOrder("payments", "later", "l.orders", "l.later");
        assertThat(aclTopics(left)).containsExactlyInAnyOrder("orders", "later", "r.payments");
        assertThat(onLeft.run("describe", "--link", "from-right", "--tasks").stdout())
                .containsPattern("topic.discovery +OK")
                .contains("2 topics are mirrors at the source and left out");

        // And what is taken away on one side goes on the other, and does not come back
        Topics.get(left.admin()
                .deleteAcls(List.of(acl("orders").toFilter(), acl("later").toFilter()))
                .all());
        Await.untilPasses(SOON, () -> assertThat(aclTopics(right)).containsExactly("payments"));
        allow(right, "more");
        Await.untilPasses(SOON, () -> assertThat(aclTopics(left)).containsExactlyInAnyOrder("r.payments", "r.more"));

        // And a mirror that a filter names is mirrored on
        onLeft.run(
                "alter",
                "--link",
                "from-right",
                "--add-config",
                "auto.create.mirror.topics.filters={\"topicFilters\":[{\"name\":\"l.orders\"}]}");
        onLeft.awaitState("from-right", "r.l.orders", MirrorState.ACTIVE);
    }

    private static void create(Links on, String link, TestCluster source, String prefix) {
        String[] configs = java.util.Arrays.copyOf(EVERYTHING, EVERYTHING.length + 1);
        configs[EVERYTHING.length] = "cluster.link.prefix=" + prefix;
        on.create(link, source, configs);
    }

    private static Set<String> topics(TestCluster cluster) {
        return Topics.get(cluster.admin().listTopics().names()).stream()
                .filter(name -> !name.startsWith("__"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static void allow(TestCluster cluster, String topic) {
        Topics.get(cluster.admin().createAcls(List.of(acl(topic))).all());
    }

    private static AclBinding acl(String topic) {
        return new AclBinding(
                new ResourcePattern(ResourceType.TOPIC, topic, PatternType.LITERAL),
                new AccessControlEntry("User:alice", "*", AclOperation.READ, AclPermissionType.ALLOW));
    }

    private static Set<String> aclTopics(TestCluster cluster) {
        return Topics.get(cluster.admin().describeAcls(AclBindingFilter.ANY).values()).stream()
                .map(acl -> acl.pattern().name())
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
