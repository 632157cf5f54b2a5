// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.it.Await;
import io.clusterlinks.it.TestCluster;
import io.clusterlinks.it.Topics;
import io.clusterlinks.it.chaos.ChaosSchedule.Action;
import io.clusterlinks.protocol.GroupOffsetState;
import io.clusterlinks.protocol.GroupOffsetStatus;
import io.clusterlinks.protocol.Json;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.WireContract;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/**
 * What belongs to the topics of a source and changes while they are mirrored: configs, ACLs, offsets of groups that nobody
 * is a member of. In the end all of it is at the destination as it is there. For one thread.
 */
final class ChaosBelongings {
    private static final Duration FOLLOWED = Duration.ofSeconds(60);
    private static final List<String> GROUPS = List.of("chaos-group-0", "chaos-group-1", "chaos-group-2");
    private static final List<String> CONFIGS =
            List.of("retention.ms", "message.timestamp.type", "compression.type", "max.message.bytes", "segment.ms");
    /** What somebody created at the destination, and no link may touch. */
    private static final AclBinding LOCAL = acl(ResourceType.TOPIC, "plain", "local");

    private final TestCluster source;
    private final TestCluster destination;
    private final ChaosFaults brokers;
    private final List<String> topics;
    private final Consumer<String> log;
    private final List<AclBinding> acls;
    private final Set<String> deletedGroups = new HashSet<>();

    /**
     * Belongings of {@code topics}, which all have partitions 0 and 1.
     *
     * @param brokers those of the source
     */
    ChaosBelongings(
            TestCluster source,
            TestCluster destination,
            ChaosFaults brokers,
            List<String> topics,
            Consumer<String> log) {
        this.source = source;
        this.destination = destination;
        this.brokers = brokers;
        this.topics = topics;
        this.log = log;
        this.acls = Stream.concat(
                        topics.stream().map(topic -> acl(ResourceType.TOPIC, topic, "alice")),
                        GROUPS.stream().map(group -> acl(ResourceType.GROUP, group, "bob")))
                .toList();
        Topics.get(destination.admin().createAcls(List.of(LOCAL)).all());
    }

    private static AclBinding acl(ResourceType type, String name, String user) {
        return new AclBinding(
                new ResourcePattern(type, name, PatternType.LITERAL),
                new AccessControlEntry("User:" + user, "*", AclOperation.READ, AclPermissionType.ALLOW));
    }

    void setConfig(Action action) {
        Random random = new Random(action.pick());
        String topic = topics.get(random.nextInt(topics.size()));
        Map<String, String> configs = new HashMap<>();
        configs.put(
                "retention.ms",
                Long.toString(Duration.ofDays(1 + random.nextInt(30)).toMillis()));
        configs.put("message.timestamp.type", random.nextBoolean() ? "LogAppendTime" : "CreateTime");
        configs.put("compression.type", random.nextBoolean() ? "gzip" : "producer");
        // Less than some batches have that are there already.
        configs.put("max.message.bytes", random.nextBoolean() ? "1048588" : "100000");
        configs.put("segment.ms", Integer.toString(2_000 + random.nextInt(60_000)));
        String key = CONFIGS.get(random.nextInt(CONFIGS.size()));
        String value = random.nextInt(3) == 0 ? null : configs.get(key);
        attempt("config " + key + "=" + value + " of " + topic, () -> {
            Map<String, String> change = new HashMap<>();
            change.put(key, value);
            Topics.alter(source.admin(), topic, change);
        });
    }

    void addAcl(Action action) {
        AclBinding acl = acls.get(action.pick() % acls.size());
        attempt(
                "add " + acl,
                () -> Topics.get(source.admin().createAcls(List.of(acl)).all()));
    }

    void removeAcl(Action action) {
        AclBinding acl = acls.get(action.pick() % acls.size());
        attempt(
                "remove " + acl,
                () -> Topics.get(
                        source.admin().deleteAcls(List.of(acl.toFilter())).all()));
    }

    /** Anywhere in the log, also back. */
    void commit(Action action) {
        Random random = new Random(action.pick());
        String group = GROUPS.get(random.nextInt(GROUPS.size()));
        TopicPartition partition = new TopicPartition(topics.get(random.nextInt(topics.size())), random.nextInt(2));
        attempt("commit of " + group + " in " + partition, () -> {
            long start = Topics.starts(source.admin(), List.of(partition)).get(partition);
            long end = Topics.ends(source.admin(), List.of(partition), IsolationLevel.READ_UNCOMMITTED)
                    .get(partition);
            long offset = start + random.nextInt((int) Math.max(1, end - start));
            Topics.get(source.admin()
                    .alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(offset)))
                    .all());
        });
    }

    void deleteGroup(Action action) {
        String group = GROUPS.get(action.pick() % GROUPS.size());
        deletedGroups.add(group);
        attempt(
                "delete " + group,
                () -> Topics.get(
                        source.admin().deleteConsumerGroups(List.of(group)).all()));
    }

    private void attempt(String what, Runnable action) {
        log.accept(what);
        brokers.attempt(what, action);
    }

    /** Once the mirrors are level. */
    void assertFollowed() {
        Await.untilPasses(FOLLOWED, () -> {
            for (String topic : topics) {
                assertThat(configs(destination, topic))
                        .as("configs of " + topic)
                        .isEqualTo(configs(source, topic));
            }
        });
        Await.untilPasses(FOLLOWED, () -> {
            Set<AclBinding> wanted = acls(source);
            wanted.add(LOCAL);
            assertThat(acls(destination)).as("ACLs").isEqualTo(wanted);
        });
        GROUPS.forEach(this::assertGroupFollowed);
        log.accept("configs, " + acls(source).size() + " ACLs and groups are as at the source");
    }

    /**
     * A group that goes back while nobody coordinates is left where it is, which is shown: who begins to coordinate cannot
     * know who committed that. When it has come that far again it stands where it stands at the source. One that is deleted
     * at the source keeps here what it has.
     */
    private void assertGroupFollowed(String group) {
        Await.untilPasses(FOLLOWED, () -> {
            Map<String, Long> wanted = committed(source, group);
            Map<String, Long> actual = committed(destination, group);
            if (deletedGroups.contains(group)) {
                actual.keySet().retainAll(wanted.keySet());
            }
            for (String partition : aheadHere(group)) {
                assertThat(actual.remove(partition)).as("ahead: " + partition).isGreaterThan(wanted.remove(partition));
            }
            assertThat(actual).as("offsets of " + group).isEqualTo(wanted);
        });
        Map<TopicPartition, OffsetAndMetadata> ends = new HashMap<>();
        Topics.ends(source.admin(), committedPartitions(group), IsolationLevel.READ_UNCOMMITTED)
                .forEach((partition, end) -> ends.put(partition, new OffsetAndMetadata(end)));
        if (!ends.isEmpty()) {
            Topics.get(source.admin().alterConsumerGroupOffsets(group, ends).all());
            Await.untilPasses(FOLLOWED, () -> assertThat(committed(destination, group))
                    .as("offsets of " + group + " at the end")
                    .containsAllEntriesOf(committed(source, group)));
        }
    }

    /** Partitions in which a group is left alone here, since it is ahead of the source. */
    private Set<String> aheadHere(String group) {
        if (committed(source, group).isEmpty()) {
            return Set.of();
        }
        Set<String> ahead = new HashSet<>();
        Topics.describe(destination.admin(), new LinkResource.Group(ChaosCommands.LINK, group).resourceName())
                .forEach((name, value) -> {
                    if (name.startsWith(WireContract.STATUS_OFFSET_PREFIX)) {
                        GroupOffsetStatus status = Json.read(value, GroupOffsetStatus.class);
                        if (status.state() == GroupOffsetState.AHEAD_HERE) {
                            ahead.add(status.topic() + "-" + status.partition());
                        }
                    }
                });
        ahead.retainAll(committed(source, group).keySet());
        return ahead;
    }

    private Set<TopicPartition> committedPartitions(String group) {
        return Topics.get(source.admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata())
                .keySet();
    }

    private static Map<String, String> configs(TestCluster cluster, String topic) {
        Map<String, String> configs = new TreeMap<>(Topics.describe(cluster.admin(), topic));
        configs.keySet().retainAll(CONFIGS);
        return configs;
    }

    private static Set<AclBinding> acls(TestCluster cluster) {
        return new HashSet<>(
                Topics.get(cluster.admin().describeAcls(AclBindingFilter.ANY).values()));
    }

    /** Of a group that is not there: nothing. */
    static Map<String, Long> committed(TestCluster cluster, String group) {
        Map<String, Long> offsets = new TreeMap<>();
        Topics.get(cluster.admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata())
                .forEach((partition, offset) -> {
                    if (offset != null) {
                        offsets.put(partition.toString(), offset.offset());
                    }
                });
        return offsets;
    }
}
