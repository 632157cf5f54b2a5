// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;

/**
 * What the data path asks of a source besides data. Every method blocks, for no longer than its timeout, and fails with
 * a {@link io.clusterlinks.protocol.LinkException} that names the address. For one thread, except {@link #shutdown}.
 */
public interface SourceQueryClient extends AutoCloseable {
    /** Timestamp that stands for the end of a log: its high watermark. */
    long LATEST = -1L;
    /** Timestamp that stands for the start of a log. */
    long EARLIEST = -2L;

    /**
     * Leaders of {@code topics}; topics that do not exist are in the answer with their error and are not created. Fails with
     * INCONSISTENT_CLUSTER_ID if another cluster answers, and nobody of the source.
     */
    SourceMetadata metadata(Set<String> topics, Duration timeout);

    /**
     * Asks a leader for offsets.
     *
     * @param leaderEpochs the partitions, with the leader epoch under which they are asked for, -1 if unknown
     * @param timestampMs {@link #LATEST}, {@link #EARLIEST}, or milliseconds since the epoch
     */
    Map<TopicPartition, Offset> offsets(
            Node leader, Map<TopicPartition, Integer> leaderEpochs, long timestampMs, Duration timeout);

    /** Asks a leader where leader epochs end. Empty if the source is too old to tell a consumer. */
    Map<TopicPartition, EpochEnd> epochEnds(Node leader, Map<TopicPartition, EpochQuery> queries, Duration timeout);

    /** Makes a call that is under way, and all later ones, fail soon. From any thread. */
    void shutdown();

    @Override
    void close();

    /** An offset; -1 if no record is that young. */
    record Offset(Errors error, long offset) {}

    /** Where does {@code epoch} end, under the leader epoch {@code leaderEpoch}, -1 if unknown. */
    record EpochQuery(int leaderEpoch, int epoch) {}

    /** The largest epoch that is not above the one asked for, and its end offset; both -1 if the leader has none. */
    record EpochEnd(Errors error, int epoch, long endOffset) {}
}
