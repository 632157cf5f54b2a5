// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.time.Duration;

/** What the segment files of a single-broker cluster's partition 0 tell. */
final class TopicFiles {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private TopicFiles() {}

    static long records(TestCluster cluster, String topic) {
        return LogComparison.batches(cluster.broker(1).replicaDir(topic, 0), 0).stream()
                .mapToLong(LogComparison.Batch::records)
                .sum();
    }

    /** Waits until no cleaner has changed the files for a while. */
    static void awaitQuiet(TestCluster cluster, String topic) {
        long[] seen = {-1, 0};
        Await.until(topic + " is left alone", TIMEOUT, () -> {
            long records = records(cluster, topic);
            if (records != seen[0]) {
                seen[0] = records;
                seen[1] = System.nanoTime();
            }
            return System.nanoTime() - seen[1] > Duration.ofSeconds(1).toNanos();
        });
    }
}
