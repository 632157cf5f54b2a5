// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.Records;
import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.TaskItem;
import io.clusterlinks.protocol.record.AclRecord;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.StateKey;
import io.clusterlinks.protocol.record.StateRecords;
import io.clusterlinks.state.LinkImage;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.Test;

class AclPlanTest {
    private static final AclBinding ORDERS = acl(ResourceType.TOPIC, "orders", PatternType.LITERAL);
    private static final AclBinding BILLING = acl(ResourceType.GROUP, "billing", PatternType.LITERAL);

    @Test
    void createsWhatIsMissingAndRecordsThatFirst() {
        AclPlan plan = AclPlan.of(Set.of(ORDERS, BILLING), Set.of(), Set.of(), Set.of());

        assertThat(plan.own()).containsExactlyInAnyOrder(ORDERS, BILLING);
        assertThat(plan.create()).containsExactlyInAnyOrder(ORDERS, BILLING);
    }

    @Test
    void anAclThatWasHereBeforeIsNeverTheLinks() {
        // ACL sync deleting local ACLs.
        AclPlan there = AclPlan.of(Set.of(ORDERS), Set.of(), Set.of(), Set.of(ORDERS));
        assertThat(there.own()).isEmpty();
        assertThat(there.create()).isEmpty();

        AclPlan dropped = AclPlan.of(Set.of(), Set.of(), Set.of(), Set.of(ORDERS));
        assertThat(dropped.delete()).isEmpty();
    }

    @Test
    void deletesItsOwnWhenTheSourceDropsIt() {
        AclPlan plan = AclPlan.of(Set.of(), Set.of(ORDERS), Set.of(), Set.of(ORDERS, BILLING));

        assertThat(plan.delete()).containsExactly(ORDERS);
        assertThat(plan.disown()).containsExactly(ORDERS);
    }

    @Test
    void createsAgainWhatSomebodyDeletedHere() {
        AclPlan plan = AclPlan.of(Set.of(ORDERS), Set.of(ORDERS), Set.of(), Set.of());

        assertThat(plan.create()).containsExactly(ORDERS);
        assertThat(plan.own()).isEmpty();
    }

    @Test
    void whatTwoLinksWantIsBoths() {
        AclPlan second = AclPlan.of(Set.of(ORDERS), Set.of(), Set.of(ORDERS), Set.of(ORDERS));
        assertThat(second.own()).containsExactly(ORDERS);
        assertThat(second.create()).isEmpty();

        AclPlan dropped = AclPlan.of(Set.of(), Set.of(ORDERS), Set.of(ORDERS), Set.of(ORDERS));
        assertThat(dropped.delete()).containsExactly(ORDERS);
        assertThat(dropped.disown()).containsExactly(ORDERS);
    }

    @Test
    void namesFollowThePrefix() {
        AclMapping mapping = mapping(Map.of("cluster.link.prefix", "west.", "consumer.group.prefix.enable", "true"));

        assertThat(mapping.map(Set.of(
                        acl(ResourceType.TOPIC, "payments", PatternType.LITERAL),
                        acl(ResourceType.TOPIC, "pay", PatternType.PREFIXED),
                        acl(ResourceType.TOPIC, "*", PatternType.LITERAL),
                        BILLING,
                        acl(ResourceType.TRANSACTIONAL_ID, "tx", PatternType.LITERAL))))
                .containsExactlyInAnyOrder(
                        acl(ResourceType.TOPIC, "west.payments", PatternType.LITERAL),
                        acl(ResourceType.TOPIC, "west.pay", PatternType.PREFIXED),
                        acl(ResourceType.TOPIC, "west.", PatternType.PREFIXED),
                        acl(ResourceType.GROUP, "west.billing", PatternType.LITERAL),
                        acl(ResourceType.TRANSACTIONAL_ID, "tx", PatternType.LITERAL));
    }

    /** A controller refuses all of more than it takes at a time. */
    @Test
    void manyAreCarriedOutInParts() {
        Set<AclBinding> wanted = IntStream.range(0, 2500)
                .mapToObj(i -> acl(ResourceType.TOPIC, "topic-" + i, PatternType.LITERAL))
                .collect(Collectors.toSet());
        AclPlan plan = AclPlan.of(wanted, Set.of(BILLING), Set.of(), Set.of(BILLING));

        List<AclPlan> parts = plan.parts(1000);

        assertThat(parts)
                .hasSize(3)
                .allMatch(part -> part.create().size() <= 1000 && part.own().equals(part.create()));
        assertThat(parts.stream().flatMap(part -> part.create().stream())).containsExactlyInAnyOrderElementsOf(wanted);
        assertThat(parts.stream().flatMap(part -> part.delete().stream())).containsExactly(BILLING);
        assertThat(parts.stream().flatMap(part -> part.disown().stream())).containsExactly(BILLING);
    }

    /** No request to this cluster could name them; one that tried would end the broker's process. */
    @Test
    void whatThisKafkaCannotNameIsLeftOutAndSaid() {
        AclMapping mapping = mapping(Map.of("cluster.link.prefix", "west.", "consumer.group.prefix.enable", "true"));
        AclBinding unknown = new AclBinding(
                ORDERS.pattern(), new AccessControlEntry("User:a", "*", AclOperation.UNKNOWN, AclPermissionType.ALLOW));
        AclBinding tooLong = acl(ResourceType.GROUP, "g".repeat(32_765), PatternType.LITERAL);

        assertThat(mapping.map(Set.of(unknown, tooLong))).isEmpty();
        assertThat(mapping.unsupported(Set.of(unknown, tooLong, BILLING)))
                .hasSize(2)
                .allMatch(item -> item.state().equals("UNSUPPORTED"));
    }

    @Test
    void groupsKeepTheirNamesUnlessTheyArePrefixedToo() {
        assertThat(mapping(Map.of("cluster.link.prefix", "west.")).map(Set.of(BILLING)))
                .containsExactly(BILLING);
    }

    @Test
    void aRenamedMirrorTakesTheAclsOfItsSource() {
        AclMapping mapping = new AclMapping(
                LinkConfig.parse(Map.of("bootstrap.servers", "localhost:1")),
                Records.image(Records.link(), Records.mirror(MirrorState.ACTIVE, StopMode.NONE)),
                Records.link());

        assertThat(mapping.map(Set.of(acl(ResourceType.TOPIC, Records.TOPIC, PatternType.LITERAL))))
                .containsExactly(acl(ResourceType.TOPIC, Records.TOPIC, PatternType.LITERAL));
    }

    /** An ACL on a prefix at the source left the mirror with another name without any. */
    @Test
    void aRenamedMirrorTakesWhatPatternsGrantAtTheSource() {
        AclMapping mapping = new AclMapping(
                LinkConfig.parse(Map.of("bootstrap.servers", "localhost:1", "cluster.link.prefix", "west.")),
                Records.image(Records.link(), Records.mirror(MirrorState.ACTIVE, StopMode.NONE)),
                Records.link());

        assertThat(mapping.map(Set.of(acl(ResourceType.TOPIC, "ord", PatternType.PREFIXED))))
                .containsExactlyInAnyOrder(
                        acl(ResourceType.TOPIC, "west.ord", PatternType.PREFIXED),
                        acl(ResourceType.TOPIC, Records.TOPIC, PatternType.LITERAL));
        assertThat(mapping.map(Set.of(acl(ResourceType.TOPIC, "*", PatternType.LITERAL))))
                .containsExactlyInAnyOrder(
                        acl(ResourceType.TOPIC, "west.", PatternType.PREFIXED),
                        acl(ResourceType.TOPIC, Records.TOPIC, PatternType.LITERAL));
        assertThat(mapping.map(Set.of(acl(ResourceType.TOPIC, "pay", PatternType.PREFIXED))))
                .containsExactly(acl(ResourceType.TOPIC, "west.pay", PatternType.PREFIXED));
    }

    /** Who could read a topic of the source could read the copy of another one here, which had been given its name. */
    @Test
    void anAclDoesNotOpenTheMirrorOfAnotherTopic() {
        // Given a link whose mirrors are called after others of the source's topics, one also of another cluster's
        LinkImage image = Records.image(
                Records.link(),
                new LinkRecord(1, "same", "source-cluster", Map.of(), false, 1),
                new LinkRecord(1, "other", "other-cluster", Map.of(), false, 1),
                mirror(Records.LINK, "orders", "payments"),
                mirror("same", "shared", "shared"),
                mirror("other", "theirs", "theirs"));
        AclMapping mapping =
                new AclMapping(LinkConfig.parse(Map.of("bootstrap.servers", "localhost:1")), image, Records.link());
        AclBinding shared = acl(ResourceType.TOPIC, "shared", PatternType.LITERAL);
        AclBinding theirs = acl(ResourceType.TOPIC, "theirs", PatternType.LITERAL);
        AclBinding payments = acl(ResourceType.TOPIC, "payments", PatternType.LITERAL);

        // Then only what is about the same topic holds for a mirror, and the rest is told
        assertThat(mapping.map(Set.of(ORDERS, shared, theirs))).containsExactly(shared);
        assertThat(mapping.conflicts(Set.of(ORDERS, shared, theirs, payments, BILLING)))
                .extracting(TaskItem::item)
                .containsExactlyInAnyOrder(ORDERS.toString(), theirs.toString());
        assertThat(mapping.conflicts(Set.of(ORDERS))).singleElement().satisfies(item -> {
            assertThat(item.state()).isEqualTo("CONFLICT");
            assertThat(item.message()).contains("'orders' here is the mirror of 'payments' over link 'east'");
        });
        assertThat(mapping.map(Set.of(payments))).containsExactly(ORDERS);
    }

    @Test
    void aRecordKeepsTheAcl() {
        AclRecord record = AclRecord.of(Records.LINK, acl(ResourceType.GROUP, "a/b c", PatternType.PREFIXED));

        StateKey key = StateRecords.parseKey(StateRecords.key(record.key()));
        AclRecord read = (AclRecord) StateRecords.parseValue(key, StateRecords.value(record));

        assertThat(key).isEqualTo(record.key());
        assertThat(read).isEqualTo(record);
        assertThat(read.binding()).isEqualTo(acl(ResourceType.GROUP, "a/b c", PatternType.PREFIXED));
    }

    private static MirrorRecord mirror(String link, String topic, String sourceTopic) {
        return new MirrorRecord(
                1,
                link,
                topic,
                sourceTopic,
                topic + "-id",
                "source-id",
                1,
                1,
                (short) -1,
                Map.of(),
                "earliest",
                List.of(),
                false,
                MirrorState.ACTIVE,
                StopMode.NONE,
                null,
                null,
                1,
                List.of());
    }

    private static AclMapping mapping(Map<String, String> configs) {
        Map<String, String> all = new java.util.HashMap<>(configs);
        all.put("bootstrap.servers", "localhost:1");
        return new AclMapping(LinkConfig.parse(all), Records.image(Records.link()), Records.link());
    }

    private static AclBinding acl(ResourceType type, String name, PatternType pattern) {
        return new AclBinding(
                new ResourcePattern(type, name, pattern),
                new AccessControlEntry("User:alice", "*", AclOperation.READ, AclPermissionType.ALLOW));
    }
}
