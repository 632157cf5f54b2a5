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
import java.util.stream.Stream;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.errors.ResourceNotFoundException;

/** How far the story's mirrors are, as a stock client sees it. */
final class MirrorProgress {
    private static final List<String> TOPICS = List.of(Story.TOPIC, Story.COMPACTED_TOPIC);

    private final TestCluster source;
    private final TestCluster destination;
    private final Links links;
    private long startNanos = System.nanoTime();
    private long lastByteNanos = System.nanoTime();
    private long bytes;

    MirrorProgress(TestCluster source, TestCluster destination, Links links) {
        this.source = source;
        this.destination = destination;
        this.links = links;
    }

    /** Bytes, throughput, lag in records and in seconds; fails if a mirror has failed. */
    String line() {
        for (TestCluster cluster : List.of(source, destination)) {
            if (!cluster.broker(1).isAlive()) {
                throw new Await.HopelessException("The broker of the " + cluster.name() + " has ended");
            }
        }
        observe();
        List<PartitionStatus> statuses = TOPICS.stream().flatMap(this::statuses).toList();
        long records = statuses.stream()
                .mapToLong(status -> Math.max(0, status.lagRecords()))
                .sum();
        long lagMs = statuses.stream().mapToLong(this::lagMs).max().orElse(0);
        return String.format(
                Locale.ROOT,
                "%s mirrored, %.1f MB/s, lag %d records, %.1f s",
                Narrator.megabytes(bytes),
                megabytesPerSecond(),
                records,
                lagMs / 1000.0);
    }

    /** From the first byte to the last that has arrived. */
    double megabytesPerSecond() {
        return bytes / 1e3 / Math.max(1, (lastByteNanos - startNanos) / 1_000_000);
    }

    /** A mirror that was never level is behind since it began. */
    private long lagMs(PartitionStatus status) {
        return status.lagMs() < 0 ? (System.nanoTime() - startNanos) / 1_000_000 : status.lagMs();
    }

    private void observe() {
        long now = TOPICS.stream()
                .mapToLong(topic -> Load.onDisk(destination, topic))
                .sum();
        if (bytes == 0) {
            startNanos = lastByteNanos;
        }
        if (now > bytes || bytes == 0) {
            lastByteNanos = System.nanoTime();
        }
        bytes = now;
    }

    /** Empty while the mirror is not there yet. */
    private Stream<PartitionStatus> statuses(String topic) {
        try {
            failIfFailed(topic);
            return links.partitions(Story.LINK, topic).stream();
        } catch (ResourceNotFoundException e) {
            return Stream.empty();
        }
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
            if (!Topics.exists(destination.admin(), topic)) {
                return false;
            }
            var partitions = Topics.partitions(source.admin(), topic);
            return Topics.ends(source.admin(), partitions, IsolationLevel.READ_UNCOMMITTED)
                    .equals(Topics.ends(destination.admin(), partitions, IsolationLevel.READ_UNCOMMITTED));
        });
    }
}
