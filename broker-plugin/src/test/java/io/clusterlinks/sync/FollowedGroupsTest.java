// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.Records;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.GroupRecord;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.source.SourceOffsets;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.LinkImage.Change;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class FollowedGroupsTest {
    private static final TopicPartition PARTITION = new TopicPartition(Records.TOPIC, 0);

    private final GroupTable table = new GroupTable();
    private LinkImage image = Records.image(Records.link());
    private int written;
    private int largest;
    private final FollowedGroups followed = new FollowedGroups(GroupKind.CONSUMER, decision -> {
        List<Change> changes = decision.decide(image);
        written += changes.size();
        largest = Math.max(largest, changes.size());
        image = image.apply(changes, image.nextOffset() + changes.size());
        return CompletableFuture.completedFuture(image);
    });

    @Test
    void everyGroupIsWrittenOnce() {
        reads("billing", "name/with slashes");
        assertThat(names()).containsExactlyInAnyOrder("billing", "name/with slashes");
        reads("billing", "name/with slashes");
        assertThat(written).isEqualTo(2);

        reads("billing", "name/with slashes", "new");
        assertThat(written).isEqualTo(3);
    }

    /** One batch of the state topic holds only so many long names. */
    @Test
    void manyGroupsAreWrittenInParts() {
        String[] names = IntStream.range(0, 600).mapToObj(i -> "group-" + i).toArray(String[]::new);

        reads(names);

        assertThat(names()).containsExactlyInAnyOrder(names);
        assertThat(written).isEqualTo(600);
        assertThat(largest).isEqualTo(250);
    }

    @Test
    void aGroupThatTheSourceDeletedStaysUntilItIsGoneHereToo() {
        reads("billing", "shipping");
        reads("billing");
        assertThat(names()).containsExactlyInAnyOrder("billing", "shipping");

        table.groups().remove("shipping");
        reads("billing");
        assertThat(table.lost()).containsExactly("shipping");
        table.found("", Map.of("shipping", Map.of()));
        followed.keep(image, Records.LINK, table);
        assertThat(names()).containsExactly("billing");
    }

    @Test
    void groupsOfAnotherKindOrLinkAreNotTouched() {
        image = image.apply(
                List.of(
                        Change.put(new GroupRecord(1, Records.LINK, "share", "pool")),
                        Change.put(new GroupRecord(1, "west", "consumer", "other"))),
                2);

        reads("pool");
        table.groups().clear();
        followed.keep(image, Records.LINK, table);

        assertThat(FollowedGroups.of(image, Records.LINK, GroupKind.SHARE)).containsExactly("pool");
        assertThat(FollowedGroups.of(image, "west", GroupKind.CONSUMER)).containsExactly("other");
        assertThat(names()).isEmpty();
    }

    @Test
    void nothingIsWrittenForALinkThatIsGone() {
        LinkImage before = image;
        image = LinkImage.EMPTY;
        table.update("", Set.of(), Set.of("billing"), offsets("billing"), mirrors());

        followed.keep(before, Records.LINK, table);

        assertThat(written).isZero();
    }

    private void reads(String... groups) {
        table.update("", names(), Set.of(groups), offsets(groups), mirrors());
        followed.keep(image, Records.LINK, table);
    }

    private Set<String> names() {
        return FollowedGroups.of(image, Records.LINK, GroupKind.CONSUMER);
    }

    private static SourceOffsets offsets(String... groups) {
        Map<String, Map<TopicPartition, OffsetAndMetadata>> offsets = new HashMap<>();
        for (String group : groups) {
            offsets.put(group, Map.of(PARTITION, new OffsetAndMetadata(1)));
        }
        return new SourceOffsets(offsets, Map.of());
    }

    private static Map<String, List<MirrorRecord>> mirrors() {
        return Map.of(Records.TOPIC, List.of(Records.mirror(MirrorState.ACTIVE, StopMode.NONE)));
    }
}
