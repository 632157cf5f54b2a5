// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import io.clusterlinks.protocol.PartitionStatus;
import io.clusterlinks.state.BrokerReport;
import io.clusterlinks.state.BrokerReport.ObservedPartition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/**
 * Leaves out of a report what the coordinator knows from the one before: thousands of idle partitions cost nothing then. A
 * partition to which nothing happened but another fetch without news, or that lags as before, counts as unchanged; a
 * complete report now and then keeps these times near the truth. The coordinator takes a change only for the very report
 * that it changes. For one thread at a time.
 */
final class ReportChanges {
    private static final long COMPLETE_MS = 5_000;
    /** Beyond a thousand partitions complete reports are as much rarer, so that they cost no more the more there are, */
    private static final long COMPLETE_MS_PER_PARTITION = 5;
    /** but not beyond six thousand: what is shown must not be older than this. */
    private static final long MAX_COMPLETE_MS = 30_000;

    private Map<TopicPartition, ObservedPartition> known = Map.of();
    /** Id of the report that the coordinator has; null if it is not known to have one. */
    private Long base;

    private long lastId;
    private long completeAtMs;

    /** Reports whose ids follow {@code firstId}, which no other process of this broker has used. */
    ReportChanges(long firstId) {
        this.lastId = firstId;
    }

    /** What to send in place of {@code complete}. */
    BrokerReport next(BrokerReport complete, long nowMs) {
        Map<TopicPartition, ObservedPartition> now =
                new HashMap<>(2 * complete.partitions().size());
        List<ObservedPartition> changed = new ArrayList<>();
        boolean sameOnes = complete.partitions().size() == known.size();
        for (ObservedPartition partition : complete.partitions()) {
            TopicPartition id =
                    new TopicPartition(partition.topic(), partition.status().partition());
            ObservedPartition before = known.get(id);
            sameOnes &= before != null;
            now.put(id, partition);
            if (before == null || !isSame(before, partition)) {
                changed.add(partition);
            }
        }
        known = now;
        Long changeOf = base != null && sameOnes && nowMs < completeAtMs ? base : null;
        if (changeOf == null) {
            completeAtMs = nowMs + completeMs(complete.partitions().size());
        }
        lastId++;
        base = null;
        return complete.with(changeOf == null ? complete.partitions() : changed, lastId, changeOf);
    }

    private static long completeMs(int partitions) {
        return Math.max(COMPLETE_MS, Math.min(MAX_COMPLETE_MS, COMPLETE_MS_PER_PARTITION * partitions));
    }

    /** The coordinator has taken the last report. Without this call the next one is complete. */
    void onTaken() {
        base = lastId;
    }

    private static boolean isSame(ObservedPartition one, ObservedPartition other) {
        return one.leaderEpoch() == other.leaderEpoch()
                && one.revision() == other.revision()
                && one.highWatermark() == other.highWatermark()
                && one.drainedSinceMs() == other.drainedSinceMs()
                && one.sourcePace() == other.sourcePace()
                && withoutTimes(one.status()).equals(withoutTimes(other.status()));
    }

    /** How long it lags grows by itself. */
    private static PartitionStatus withoutTimes(PartitionStatus status) {
        return new PartitionStatus(
                status.partition(),
                status.state(),
                status.leader(),
                status.sourceLeader(),
                status.sourceStartOffset(),
                status.sourceEndOffset(),
                status.startOffset(),
                status.endOffset(),
                status.lagRecords(),
                Long.signum(status.lagMs()),
                status.lastFetchMs() < 0 ? -1 : 0,
                status.bytes(),
                status.error());
    }
}
