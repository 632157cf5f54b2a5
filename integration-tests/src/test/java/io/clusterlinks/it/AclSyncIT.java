// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** ACLs follow the source under a real authorizer; what others created here is theirs. */
class AclSyncIT {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String ALL = "acl.filters={\"aclFilters\":[{}]}";

    private static TestCluster source;
    private static TestCluster destination;
    private static Links links;

    @BeforeAll
    static void start() {
        source = authorized("source").start();
        destination = authorized("destination").agent().start();
        links = new Links(destination);
    }

    private static TestClusterBuilder authorized(String name) {
        return TestCluster.builder(name)
                .config("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer")
                .config("super.users", "User:ANONYMOUS");
    }

    @AfterAll
    static void stop() {
        Fixtures.close(destination, source);
    }

    @Test
    @DisplayName("Pitfall: ACL sync deleting local ACLs")
    void takesOverWhatTheSourceHasAndRemovesOnlyItsOwn() {
        // Given an ACL that both sides have, and one that only the destination has
        AclBinding shared = acl(ResourceType.TOPIC, "orders", PatternType.LITERAL, "User:shared");
        AclBinding local = acl(ResourceType.TOPIC, "orders", PatternType.LITERAL, "User:local");
        AclBinding moving = acl(ResourceType.GROUP, "billing", PatternType.PREFIXED, "User:alice");
        create(source, shared, moving);
        create(destination, shared, local);

        // When a link takes ACLs over
        links.create("east", source, "acl.sync.enable=true", "acl.sync.ms=500", ALL);
        Await.untilPasses(SOON, () -> assertThat(acls(destination)).contains(shared, local, moving));

        // And the source drops everything
        Topics.get(source.admin().deleteAcls(List.of(AclBindingFilter.ANY)).all());

        // Then only what the link created is gone
        Await.untilPasses(SOON, () -> assertThat(acls(destination)).doesNotContain(moving));
        assertThat(acls(destination)).contains(shared, local);

        // When another link has prefixes, names are mapped
        links.create(
                "west",
                source,
                "cluster.link.prefix=west.",
                "consumer.group.prefix.enable=true",
                "acl.sync.enable=true",
                "acl.sync.ms=500",
                ALL);
        create(source, acl(ResourceType.TOPIC, "orders", PatternType.LITERAL, "User:bob"));
        Await.untilPasses(SOON, () -> assertThat(acls(destination))
                .contains(
                        acl(ResourceType.TOPIC, "west.orders", PatternType.LITERAL, "User:bob"),
                        acl(ResourceType.TOPIC, "orders", PatternType.LITERAL, "User:bob")));
        assertThat(links.run("describe", "--link", "west", "--tasks").stdout()).containsPattern("acls +OK");
    }

    /** Who could read a topic of the source could read the copy of another one here, which had been given its name. */
    @Test
    void doesNotOpenTheMirrorOfAnotherTopic() {
        // Given a mirror that is called like another topic of the source
        Topics.create(source.admin(), "secret", 1, Map.of());
        Topics.create(source.admin(), "public", 1, Map.of());
        links.create("renaming", source, "acl.sync.enable=true", "acl.sync.ms=500", ALL);
        links.mirror("renaming", "public", "--source-topic", "secret");

        // When somebody may read that topic there
        AclBinding carol = acl(ResourceType.TOPIC, "public", PatternType.LITERAL, "User:carol");
        create(source, carol, acl(ResourceType.TOPIC, "secret", PatternType.LITERAL, "User:dave"));

        // Then not the mirror here, which is said
        Await.untilPasses(SOON, () -> {
            assertThat(acls(destination)).contains(acl(ResourceType.TOPIC, "public", PatternType.LITERAL, "User:dave"));
            assertThat(links.run("describe", "--link", "renaming", "--tasks").stdout())
                    .contains("CONFLICT")
                    .contains("'public' here is the mirror of 'secret' over link 'renaming'");
        });
        assertThat(acls(destination)).doesNotContain(carol);
        links.run("delete", "--link", "renaming", "--force");
    }

    @Test
    void saysThatThereIsNoAuthorizerAndTheLinkWorks() {
        try (TestCluster open = TestCluster.builder("open").agent().start()) {
            Links there = new Links(open);
            there.create("east", source, "acl.sync.enable=true", ALL);
            Topics.create(source.admin(), "plain", 1, Map.of());
            there.mirror("east", "plain");

            Await.untilPasses(SOON, () -> assertThat(
                            there.run("describe", "--link", "east", "--tasks").stdout())
                    .containsPattern("acls +FAILED")
                    .contains("acls: This cluster has no authorizer"));
        }
    }

    private static void create(TestCluster cluster, AclBinding... acls) {
        Topics.get(cluster.admin().createAcls(List.of(acls)).all());
    }

    private static Set<AclBinding> acls(TestCluster cluster) {
        Collection<AclBinding> acls =
                Topics.get(cluster.admin().describeAcls(AclBindingFilter.ANY).values());
        return Set.copyOf(acls);
    }

    private static AclBinding acl(ResourceType type, String name, PatternType pattern, String principal) {
        return new AclBinding(
                new ResourcePattern(type, name, pattern),
                new AccessControlEntry(principal, "*", AclOperation.READ, AclPermissionType.ALLOW));
    }
}
