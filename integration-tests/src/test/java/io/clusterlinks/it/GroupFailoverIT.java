// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.GroupSummary;
import io.clusterlinks.protocol.Json;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.WireContract;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.IsolationLevel;
import org.junit.jupiter.api.Test;

/** Groups follow wherever they, the mirrors and the link are coordinated, and go on when that broker dies. */
class GroupFailoverIT {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int GROUPS = 6;
    private static final String GONE = "team-gone";

    @Test
    void groupsMoveAlthoughTheCoordinatorOfTheLinkDied() {
        try (TestCluster source = TestCluster.builder("source").start();
                TestCluster destination = TestCluster.builder("destination")
                        .brokers(3)
                        .separateController()
                        .agent()
                        .start()) {
            // Given groups in mid-stream, coordinated and mirrored all over three brokers
            Links links = new Links(destination);
            links.create(
                    "east",
                    source,
                    "consumer.offset.sync.enable=true",
                    "consumer.offset.group.filters={\"groupFilters\":[{\"name\":\"team-\",\"patternType\":\"PREFIXED\"}]}");
            Topics.create(source.admin(), "shared", 6, Map.of());
            links.mirror("east", "shared", "--replication-factor", "3");
            Deliveries[] deliveries = new Deliveries[GROUPS];
            try (Stream load = Stream.start(source, "shared", 6)) {
                for (int i = 0; i < GROUPS; i++) {
                    deliveries[i] = new Deliveries();
                    consumeSome(source, "team-" + i, protocol(i), deliveries[i]);
                }
                assertThat(load.written()).isPositive();
            }

            consumeSome(source, GONE, "classic", new Deliveries());
            Await.until("it follows", SOON, () -> committedMs(destination) > 0);

            // When the broker dies that coordinates the link, while the source deletes a group, and the topic is
            // promoted
            int coordinator = coordinator(destination);
            destination.broker(coordinator).kill();
            Topics.get(source.admin().deleteConsumerGroups(List.of(GONE)).all());
            Await.until("another one coordinates", SOON, () -> {
                int now = coordinator(destination);
                return now >= 0 && now != coordinator;
            });
            Await.until("it is known to be deleted", SOON, () -> group(destination)
                    .get(WireContract.STATUS_STATE)
                    .equals("DELETED_AT_SOURCE"));
            links.run("mirrors", "promote", "--link", "east", "--topic", "shared", "--wait");

            // Then every group goes on where it stood
            Set<String> all = Set.copyOf(Clients.values(destination, "shared", IsolationLevel.READ_COMMITTED));
            for (int i = 0; i < GROUPS; i++) {
                Deliveries ofGroup = deliveries[i];
                try (GroupMembers members =
                        GroupMembers.start(destination, "shared", "team-" + i, protocol(i), 1, ofGroup)) {
                    Await.until("all is consumed", SOON, () -> ofGroup.distinct() == all.size());
                    members.stop();
                }
                assertThat(ofGroup.repeated()).as("team-" + i).isEmpty();
            }
        }
    }

    private static Map<String, String> group(TestCluster destination) {
        return Topics.describe(destination.admin(), new LinkResource.Group("east", GONE).resourceName());
    }

    private static long committedMs(TestCluster destination) {
        return Json.read(group(destination).get(WireContract.STATUS_SUMMARY), GroupSummary.class)
                .lastCommitMs();
    }

    private static String protocol(int group) {
        return group % 2 == 0 ? "classic" : "consumer";
    }

    private static void consumeSome(TestCluster source, String group, String protocol, Deliveries deliveries) {
        try (GroupMembers members = GroupMembers.start(source, "shared", group, protocol, 1, deliveries)) {
            Await.until("records are consumed", SOON, () -> deliveries.count() > 500);
            members.stop();
        }
    }

    private static int coordinator(TestCluster cluster) {
        return Integer.parseInt(Topics.describe(cluster.admin(), new LinkResource.Index().resourceName())
                .get(WireContract.COORDINATOR));
    }
}
