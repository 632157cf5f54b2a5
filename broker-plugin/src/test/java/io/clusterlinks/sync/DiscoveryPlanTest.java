// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.Records;
import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.TaskItem;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.RetiredRecord;
import io.clusterlinks.state.LinkImage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DiscoveryPlanTest {
    private static final String ALL = "{\"name\":\"*\"}";
    private static final LinkImage EMPTY = Records.image(Records.link());

    @Test
    void takesWhatTheFiltersIncludeUnderThePrefix() {
        DiscoveryPlan plan = plan(
                EMPTY,
                "west.",
                ALL + ",{\"name\":\"tmp-\",\"patternType\":\"PREFIXED\",\"filterType\":\"EXCLUDE\"}",
                Set.of("orders", "tmp-1"),
                Set.of());

        assertThat(plan.create()).isEqualTo(Map.of("west.orders", "orders"));
        assertThat(plan.conflicts()).isEmpty();
    }

    @Test
    void takesInternalTopicsOnlyByName() {
        Set<String> topics = Set.of("__consumer_offsets", "__cluster_links", "_schemas", "orders");

        assertThat(plan(EMPTY, "west.", ALL, topics, Set.of()).create().values())
                .containsExactlyInAnyOrder("_schemas", "orders");
        assertThat(plan(EMPTY, "west.", "{\"name\":\"__consumer_offsets\"}", topics, Set.of())
                        .create()
                        .values())
                .containsExactly("__consumer_offsets");
        assertThat(plan(EMPTY, "west.", "{\"name\":\"__.*\",\"patternType\":\"REGEX\"}", topics, Set.of())
                        .create())
                .isEmpty();
    }

    @Test
    void reportsATopicThatExistsHereAndDoesNotTry() {
        DiscoveryPlan plan = plan(EMPTY, "", ALL, Set.of("orders"), Set.of("orders"));

        assertThat(plan.create()).isEmpty();
        assertThat(plan.conflicts()).extracting(TaskItem::state).containsExactly("CONFLICT");
    }

    @Test
    void doesNotMirrorAgainWhatHasStopped() {
        LinkImage image = Records.image(Records.link(), Records.mirror(MirrorState.STOPPED, StopMode.PROMOTE));

        DiscoveryPlan plan = plan(image, "", ALL, Set.of(Records.TOPIC), Set.of(Records.TOPIC));

        assertThat(plan.create()).isEmpty();
        assertThat(plan.conflicts()).isEmpty();
    }

    @Test
    void doesNotMirrorAgainWhatSomebodyDeletedHere() {
        LinkImage image = Records.image(Records.link(), new RetiredRecord(1, Records.LINK, "orders", "orders", 1));

        assertThat(plan(image, "", ALL, Set.of("orders"), Set.of()).create()).isEmpty();
    }

    @Test
    void reportsAMirrorOfAnotherLink() {
        LinkImage image = Records.image(Records.link(), Records.mirror(MirrorState.ACTIVE, StopMode.NONE));

        DiscoveryPlan plan =
                DiscoveryPlan.of(image, "west", config("", ALL), Set.of(Records.TOPIC), Set.of(), name -> true);

        assertThat(plan.conflicts())
                .extracting(TaskItem::message)
                .first()
                .asString()
                .contains("link 'east'");
    }

    @Test
    void reportsANameThatIsTooLongWithThePrefix() {
        String longName = "x".repeat(245);

        DiscoveryPlan plan = plan(EMPTY, "west.", ALL, Set.of(longName, "orders"), Set.of());

        assertThat(plan.create()).containsOnlyKeys("west.orders");
        assertThat(plan.conflicts()).extracting(TaskItem::state).isEqualTo(List.of("ILLEGAL_NAME"));
    }

    /** Two links with * in both directions mirrored mirrors of mirrors until the names were too long. */
    @Test
    void leavesOutMirrorsOfTheSourceUnlessAFilterNamesThem() {
        Set<String> topics = Set.of("orders", "b.orders");

        DiscoveryPlan byPattern =
                DiscoveryPlan.of(EMPTY, Records.LINK, config("a.", ALL), topics, Set.of("b.orders"), name -> false);
        DiscoveryPlan byName = DiscoveryPlan.of(
                EMPTY,
                Records.LINK,
                config("a.", "{\"name\":\"b.orders\"}"),
                topics,
                Set.of("b.orders"),
                name -> false);

        assertThat(byPattern.create()).isEqualTo(Map.of("a.orders", "orders"));
        assertThat(byPattern.chained()).containsExactly("b.orders");
        assertThat(byPattern.conflicts()).isEmpty();
        assertThat(byName.create()).isEqualTo(Map.of("a.b.orders", "b.orders"));
    }

    private static DiscoveryPlan plan(
            LinkImage image, String prefix, String filters, Set<String> topics, Set<String> here) {
        return DiscoveryPlan.of(image, Records.LINK, config(prefix, filters), topics, Set.of(), here::contains);
    }

    private static LinkConfig config(String prefix, String filters) {
        Map<String, String> configs = new HashMap<>();
        configs.put("bootstrap.servers", "localhost:1");
        configs.put("cluster.link.prefix", prefix);
        configs.put("auto.create.mirror.topics.enable", "true");
        configs.put("auto.create.mirror.topics.filters", "{\"topicFilters\":[" + filters + "]}");
        return LinkConfig.parse(configs);
    }
}
