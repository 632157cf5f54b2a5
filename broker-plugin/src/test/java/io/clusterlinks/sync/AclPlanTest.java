// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.Records;
import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.AclRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.StateKey;
import io.clusterlinks.protocol.record.StateRecords;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
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
    void whatTwoLinksWantIsBothsAndGoesWithTheLast() {
        AclPlan second = AclPlan.of(Set.of(ORDERS), Set.of(), Set.of(ORDERS), Set.of(ORDERS));
        assertThat(second.own()).containsExactly(ORDERS);
        assertThat(second.create()).isEmpty();

        AclPlan firstDrops = AclPlan.of(Set.of(), Set.of(ORDERS), Set.of(ORDERS), Set.of(ORDERS));
        assertThat(firstDrops.delete()).isEmpty();
        assertThat(firstDrops.disown()).containsExactly(ORDERS);

        AclPlan lastDrops = AclPlan.of(Set.of(), Set.of(ORDERS), Set.of(), Set.of(ORDERS));
        assertThat(lastDrops.delete()).containsExactly(ORDERS);
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

    @Test
    void groupsKeepTheirNamesUnlessTheyArePrefixedToo() {
        assertThat(mapping(Map.of("cluster.link.prefix", "west.")).map(Set.of(BILLING)))
                .containsExactly(BILLING);
    }

    @Test
    void aRenamedMirrorTakesTheAclsOfItsSource() {
        AclMapping mapping = new AclMapping(
                LinkConfig.parse(Map.of("bootstrap.servers", "localhost:1")),
                Stream.of(Records.mirror(MirrorState.ACTIVE, StopMode.NONE)));

        assertThat(mapping.map(Set.of(acl(ResourceType.TOPIC, Records.TOPIC, PatternType.LITERAL))))
                .containsExactly(acl(ResourceType.TOPIC, Records.TOPIC, PatternType.LITERAL));
    }

    /** An ACL on a prefix at the source left the mirror with another name without any. */
    @Test
    void aRenamedMirrorTakesWhatPatternsGrantAtTheSource() {
        AclMapping mapping = new AclMapping(
                LinkConfig.parse(Map.of("bootstrap.servers", "localhost:1", "cluster.link.prefix", "west.")),
                Stream.of(Records.mirror(MirrorState.ACTIVE, StopMode.NONE)));

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

    @Test
    void aRecordKeepsTheAcl() {
        AclRecord record = AclRecord.of(Records.LINK, acl(ResourceType.GROUP, "a/b c", PatternType.PREFIXED));

        StateKey key = StateRecords.parseKey(StateRecords.key(record.key()));
        AclRecord read = (AclRecord) StateRecords.parseValue(key, StateRecords.value(record));

        assertThat(key).isEqualTo(record.key());
        assertThat(read).isEqualTo(record);
        assertThat(read.binding()).isEqualTo(acl(ResourceType.GROUP, "a/b c", PatternType.PREFIXED));
    }

    private static AclMapping mapping(Map<String, String> configs) {
        Map<String, String> all = new java.util.HashMap<>(configs);
        all.put("bootstrap.servers", "localhost:1");
        return new AclMapping(LinkConfig.parse(all), Stream.of());
    }

    private static AclBinding acl(ResourceType type, String name, PatternType pattern) {
        return new AclBinding(
                new ResourcePattern(type, name, pattern),
                new AccessControlEntry("User:alice", "*", AclOperation.READ, AclPermissionType.ALLOW));
    }
}
