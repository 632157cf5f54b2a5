// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import io.clusterlinks.client.ClusterLinkAdmin;
import io.clusterlinks.it.Links;
import io.clusterlinks.it.TestCluster;
import java.util.List;
import java.util.Map;

/** How long it takes to start many mirrors and to fail them over. */
final class Stop implements Scenario {
    private static final int MIRRORS = 1000;

    @Override
    public void run(Lab lab, Options options, Report report) {
        lab.settle();
        try (TestCluster source = lab.stock("source");
                TestCluster destination = lab.linked("destination");
                ClusterLinkAdmin links = ClusterLinkAdmin.over(destination.admin())) {
            List<String> topics = MirrorCrowd.createTopics(source, "crowd-", MIRRORS, 1);
            new Links(destination).create("bench", source);
            double started = MirrorCrowd.mirror(links, "bench", topics);
            Lab.say("  %d mirrors started in %.1f s", MIRRORS, started);
            double stopped = MirrorCrowd.failOver(links, "bench", topics);
            Lab.say("  %d partitions failed over in %.1f s", MIRRORS, stopped);
            report.section("stop", "Start and failover of 1,000")
                    .text(
                            "1,000 mirrors of one partition each: from the request until each is shown as active, or stopped.")
                    .table(
                            List.of("", "s"),
                            List.of(
                                    List.of("start", String.format("%.2f", started)),
                                    List.of("failover", String.format("%.2f", stopped))))
                    .bars(
                            "time",
                            "1,000 mirrors",
                            "s",
                            new java.util.TreeMap<>(Map.of("start", started, "failover", stopped)));
            report.atMost("stop", "start of 1,000 mirrors", started, 30, " s");
            report.atMost("stop", "failover of 1,000 partitions", stopped, 10, " s");
        }
    }
}
