// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterlinks.ManualTime;
import io.clusterlinks.Records;
import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.source.SourceAdmin;
import io.clusterlinks.source.SourceOffsets;
import io.clusterlinks.source.SourceTopic;
import io.clusterlinks.source.SourceTopics;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class SourceGroupsTest {
    private static final TopicPartition PARTITION = new TopicPartition(Records.TOPIC, 0);

    /** Of partitions 1 and 0 of a log of groups that has two. */
    private static final String ONE = "a";

    private static final String ZERO = "b";

    private final ManualTime time = new ManualTime();
    private final Map<Integer, Long> ends = new HashMap<>(Map.of(0, 10L, 1, 10L));
    private final Map<String, Long> groups = new TreeMap<>(Map.of(ONE, 1L, ZERO, 1L));
    private final Map<String, String> failures = new HashMap<>();
    private final List<Set<String>> read = new ArrayList<>();
    private final GroupTable table = new GroupTable();
    private final SourceGroups source = new SourceGroups(GroupKind.CONSUMER, time);
    private String clusterId = Records.link().sourceClusterId();
    private String sourceTopicId =
            Records.mirror(MirrorState.ACTIVE, StopMode.NONE).sourceTopicId();
    private boolean hides;
    private int lists;
    private Runnable whileReading = () -> {};
    private MirrorRecord mirror = Records.mirror(MirrorState.ACTIVE, StopMode.NONE);

    @Test
    void asksForNothingButEndsWhileNothingChanges() {
        settle();

        round();
        round();

        assertThat(read).isEmpty();
        assertThat(lists).isZero();
        assertThat(table.lastReadMs()).isEqualTo(time.milliseconds());
    }

    @Test
    void readsTheGroupsWhoseLogHasMoved() {
        settle();

        groups.put(ONE, 7L);
        ends.put(1, 11L);
        round();

        assertThat(read).containsExactly(Set.of(ONE));
        assertThat(position(ONE)).isEqualTo(7);
    }

    @Test
    void takesOverWhatIsAnsweredAMomentAfterTheEnd() {
        settle();

        // The end moves, and the group coordinator still answers with what was before
        ends.put(1, 11L);
        round();
        groups.put(ONE, 7L);
        round();

        assertThat(position(ONE)).isEqualTo(7);
    }

    @Test
    void seesANewGroupAndADeletedOne() {
        settle();

        groups.remove(ZERO);
        groups.put("c", 3L);
        ends.put(0, 11L);
        ends.put(1, 11L);
        round();

        assertThat(position("c")).isEqualTo(3);
        assertThat(table.groups().get(ZERO).isDeletedAtSource()).isTrue();
        assertThat(table.groups().get(ONE).isDeletedAtSource()).isFalse();
    }

    /** It was said to be in step, and stayed where it was last seen. */
    @Test
    void aGroupThatTheSourceHidesFromNowOnIsSaidNotToBeRead() {
        settle();
        hides = true;
        groups.remove(ZERO);
        ends.put(0, 11L);
        round();

        assertThat(table.unreadable()).containsOnlyKeys(ZERO);
        assertThat(table.unreadable().get(ZERO)).contains("DESCRIBE on GROUP 'b' at the source");
        assertThat(table.groups().get(ZERO).isDeletedAtSource()).isFalse();

        groups.put(ZERO, 3L);
        round();
        assertThat(table.unreadable()).isEmpty();
        assertThat(position(ZERO)).isEqualTo(3);
    }

    @Test
    void readsAllForANewMirrorAndWhereEndsAreUnknown() {
        settle();
        mirror = mirror.withTopicId("another-id");
        round();
        assertThat(read).containsExactly(Set.of(ONE, ZERO));

        read.clear();
        ends.clear();
        round();
        round();
        assertThat(read).containsExactly(Set.of(ONE, ZERO), Set.of(ONE, ZERO));
    }

    @Test
    void triesAGroupAgainThatCouldNotBeRead() {
        settle();
        failures.put(ONE, "coordinator is loading");
        ends.put(1, 11L);
        rounds(4);
        read.clear();

        failures.clear();
        round();
        round();

        assertThat(read).containsExactly(Set.of(ONE));
        assertThat(table.unreadable()).isEmpty();
    }

    @Test
    void aSourceThatKeepsItsGroupsElsewhereIsReadInFull() {
        settle();

        // Without any end moving
        groups.put(ONE, 7L);
        rounds((int) (ChangedGroups.COMPLETE_MS / 1000) + 1);
        assertThat(position(ONE)).isEqualTo(7);
        groups.put(ONE, 8L);
        round();

        assertThat(position(ONE)).isEqualTo(8);
    }

    @Test
    void aLinkThatMayReadNoneOfTheGroupsSaysSo() {
        failures.put(ONE, "needs the ACL DESCRIBE");
        failures.put(ZERO, "needs the ACL DESCRIBE");

        assertThatThrownBy(this::round).hasMessageContaining("needs the ACL DESCRIBE");
    }

    /** Consumers would have read the whole mirror again, and it is all that is left of the topic. */
    @Test
    void positionsInATopicThatTheSourceCreatedAnewAreNotTheMirrors() {
        settle();
        long before = position(ONE);

        sourceTopicId = "another";
        groups.put(ONE, before - 1);
        moveEnds();
        round();

        assertThat(position(ONE)).isEqualTo(before);
    }

    @Test
    void aGroupThatWasMovedBackIsFollowed() {
        settle();
        long before = position(ONE);

        groups.put(ONE, before - 1);
        moveEnds();
        round();

        assertThat(position(ONE)).isEqualTo(before - 1);
    }

    /** Behind the same address, say where a name leads elsewhere now. */
    @Test
    void whatAnotherClusterHasSaysNothingOfTheSource() {
        settle();
        long before = position(ONE);

        clusterId = "another";
        groups.put(ONE, before - 1);
        moveEnds();

        assertThatThrownBy(this::round).hasMessageContaining("another cluster");
        assertThat(position(ONE)).isEqualTo(before);
    }

    /** The last read before a promotion waits for transactions: one that began meanwhile, and does not, was taken over in its place. */
    @Test
    void aReadDoesNotOvertakeAnotherThatIsUnderWay() {
        settle();
        whileReading = () -> assertThatThrownBy(
                        CompletableFuture.runAsync(() -> source.readAll(context(), table, false, Duration.ZERO))::join)
                .hasMessageContaining("have been read for 0 ms already");

        source.readAll(context(), table, true, Duration.ofSeconds(1));

        assertThat(read).containsExactly(Set.of(ONE, ZERO));
        whileReading = () -> {};
        source.readAll(context(), table, false, Duration.ZERO);
        assertThat(read).hasSize(2);
    }

    private void moveEnds() {
        ends.replaceAll((partition, end) -> end + 1);
    }

    private void settle() {
        rounds(3);
        read.clear();
        lists = 0;
    }

    private void rounds(int count) {
        for (int i = 0; i < count; i++) {
            round();
        }
    }

    private void round() {
        time.sleep(1000);
        source.readChanged(context(), table);
    }

    private SyncContext context() {
        LinkRecord link = Records.link();
        LinkConfig config = LinkConfig.parse(Map.of(
                LinkConfig.BOOTSTRAP_SERVERS,
                "source:9092",
                LinkConfig.OFFSET_SYNC_ENABLE,
                "true",
                LinkConfig.GROUP_FILTERS,
                "{\"groupFilters\":[{\"name\":\"*\"}]}"));
        return new SyncContext(Records.image(link, mirror), link, config, admin());
    }

    private long position(String group) {
        return table.groups().get(group).offsets().get(PARTITION).source().offset();
    }

    private SourceAdmin admin() {
        return (SourceAdmin) Proxy.newProxyInstance(
                getClass().getClassLoader(),
                new Class<?>[] {SourceAdmin.class},
                (proxy, method, args) -> switch (method.getName()) {
                    case "groupLogEnds" -> Map.copyOf(ends);
                    case "seesAllGroups" -> !hides;
                    case "requireCluster" -> {
                        assertThat(args[0]).as("another cluster").isEqualTo(clusterId);
                        yield null;
                    }
                    case "describe" ->
                        new SourceTopics(
                                Map.of(Records.TOPIC, new SourceTopic(Records.TOPIC, sourceTopicId, 2, Map.of())),
                                Map.of());
                    case "groups" -> {
                        lists++;
                        yield Set.copyOf(groups.keySet());
                    }
                    case "committedOffsets" -> {
                        @SuppressWarnings("unchecked")
                        Set<String> asked = new TreeSet<>((Set<String>) args[0]);
                        read.add(asked);
                        whileReading.run();
                        yield committed(asked);
                    }
                    default -> throw new AssertionError(method.getName() + " is not asked for");
                });
    }

    private SourceOffsets committed(Set<String> asked) {
        Map<String, Map<TopicPartition, OffsetAndMetadata>> offsets = new HashMap<>();
        asked.stream()
                .filter(group -> !failures.containsKey(group))
                .forEach(group -> offsets.put(group, Map.of(PARTITION, new OffsetAndMetadata(groups.get(group)))));
        Map<String, String> failed = new HashMap<>(failures);
        failed.keySet().retainAll(asked);
        return new SourceOffsets(offsets, failed);
    }
}
