// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.quickstart;

import io.clusterlinks.it.Await;
import io.clusterlinks.it.Links;
import io.clusterlinks.it.TestCluster;
import io.clusterlinks.it.Topics;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.PartitionStatus;
import io.clusterlinks.protocol.WireContract;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.LongStream;
import org.apache.kafka.common.IsolationLevel;

/** How far the story's mirrors are, as a stock client sees it. */
final class MirrorProgress {
    private static final List<String> TOPICS = List.of(Story.TOPIC, Story.COMPACTED_TOPIC);

    private final TestCluster source;
    private final TestCluster destination;
    private final Links links;
    private final long startNanos = System.nanoTime();

    MirrorProgress(TestCluster source, TestCluster destination, Links links) {
        this.source = source;
        this.destination = destination;
        this.links = links;
    }

    /** Bytes, throughput since the start, lag in records and in seconds; fails if a mirror has failed. */
    String line() {
        for (TestCluster cluster : List.of(source, destination)) {
            if (!cluster.broker(1).isAlive()) {
                throw new Await.HopelessException("The broker of the " + cluster.name() + " has ended");
            }
        }
        long bytes = TOPICS.stream()
                .mapToLong(topic -> Load.onDisk(destination, topic))
                .sum();
        double seconds = (System.nanoTime() - startNanos) / 1e9;
        List<PartitionStatus> statuses = TOPICS.stream()
                .flatMap(topic -> {
                    failIfFailed(topic);
                    return links.partitions(Story.LINK, topic).stream();
                })
                .toList();
        long records = positive(statuses.stream().mapToLong(PartitionStatus::lagRecords))
                .sum();
        long lagMs = positive(statuses.stream().mapToLong(PartitionStatus::lagMs))
                .max()
                .orElse(0);
        return String.format(
                Locale.ROOT,
                "%s mirrored, %.1f MB/s, lag %d records, %.1f s",
                Narrator.megabytes(bytes),
                bytes / 1e6 / seconds,
                records,
                lagMs / 1000.0);
    }

    private static LongStream positive(LongStream values) {
        return values.filter(value -> value > 0);
    }

    private void failIfFailed(String topic) {
        Map<String, String> entries = links.describe(Story.LINK, topic);
        if (MirrorState.FAILED.name().equals(entries.get(WireContract.STATUS_STATE))) {
            throw new Await.HopelessException(
                    "Mirror " + topic + " failed: " + entries.get(WireContract.STATUS_REASON));
        }
    }

    /** Whether every partition ends where its source ends. */
    boolean isLevel() {
        return TOPICS.stream().allMatch(topic -> {
            var partitions = Topics.partitions(source.admin(), topic);
            return Topics.ends(source.admin(), partitions, IsolationLevel.READ_UNCOMMITTED)
                    .equals(Topics.ends(destination.admin(), partitions, IsolationLevel.READ_UNCOMMITTED));
        });
    }
}
