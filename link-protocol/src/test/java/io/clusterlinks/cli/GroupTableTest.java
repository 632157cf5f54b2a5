// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.clusterlinks.protocol.GroupOffsetState;
import io.clusterlinks.protocol.GroupSummary;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class GroupTableTest extends CommandTest {
    @BeforeEach
    void groups() {
        cluster.group(
                "east",
                new GroupSummary(
                        "east.billing", "billing", "consumer", GroupOffsetState.SYNCED, 3, 0, 4500, 4000, null));
        cluster.group(
                "east",
                new GroupSummary(
                        "audit",
                        "audit",
                        "share",
                        GroupOffsetState.ACTIVE_AT_DESTINATION,
                        1,
                        1234,
                        4500,
                        -1,
                        "The group has members here."));
    }

    @Test
    void groupsAreListedByName() {
        assertThat(run("describe --link east --groups")).isZero();

        assertThat(out.lines().map(String::strip))
                .hasSize(3)
                .element(1)
                .asString()
                .startsWith("audit")
                .contains("ACTIVE_AT_DESTINATION", "1,234", "The group has members here.");
    }

    @Test
    void aGroupIsShownPartitionByPartition() {
        assertThat(run("describe --link east --group audit")).isZero();

        assertThat(out).contains("Group:", "audit", "ACTIVE_AT_DESTINATION", "orders", "70", "50", "20");
    }

    @Test
    void programsGetEveryField() {
        assertThat(run("--output json describe --link east --groups")).isZero();
        assertThat(names(json().get(0)))
                .containsExactly(
                        "group",
                        "sourceGroup",
                        "kind",
                        "state",
                        "partitions",
                        "lag",
                        "lastReadMs",
                        "lastCommitMs",
                        "reason");

        assertThat(run("--output json describe --link east --group audit")).isZero();
        JsonNode group = json().get(0);
        assertThat(names(group)).containsExactly("link", "summary", "offsets");
        assertThat(names(group.get("offsets").get(0)))
                .containsExactly(
                        "topic",
                        "partition",
                        "sourceOffset",
                        "committedOffset",
                        "lag",
                        "committedMs",
                        "state",
                        "message");
    }

    @Test
    void aGroupThatDoesNotFollowIsNamed() {
        assertThat(run("describe --link east --group nobody")).isEqualTo(1);
        assertThat(err).contains("'nobody'");
    }

    @Test
    void oneThingAtATime() {
        assertThat(run("describe --link east --groups --tasks")).isEqualTo(2);
    }
}
