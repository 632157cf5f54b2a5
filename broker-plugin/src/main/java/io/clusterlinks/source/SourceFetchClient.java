// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;

/**
 * One connection to a source broker that fetches as a consumer does (KIP-74, KIP-227, KIP-320). For one thread, except
 * {@link #shutdown}.
 */
public interface SourceFetchClient extends AutoCloseable {
    /**
     * Fetches, blocking up to the request timeout. Partitions that have nothing new may be missing in the answer.
     *
     * <p>Memory for a large answer is waited for while the answer is at the source.
     *
     * @throws io.clusterlinks.protocol.LinkException if the broker could not be reached or refused the request; names
     *     the address and the step
     */
    Answer fetch(Request request);

    /**
     * Connects, unless it is.
     *
     * @throws io.clusterlinks.protocol.LinkException as {@link #fetch}
     */
    void connect();

    /** Whether {@link #fetch} reports diverging epochs; known once connected, false before. */
    boolean detectsDivergence();

    /** Makes a fetch that is under way, and all later ones, fail soon. From any thread. */
    void shutdown();

    @Override
    void close();

    /** One fetch; {@code maxBytes} is exceeded only by a first batch that is larger. */
    record Request(List<Position> positions, int maxWaitMs, int minBytes, int maxBytes) {}

    /**
     * Where to fetch one partition.
     *
     * @param topicId {@link Uuid#ZERO_UUID} where the source has none
     * @param leaderEpoch the source's leader epoch as known here, -1 if unknown
     * @param lastEpoch source leader epoch of the record before {@code offset}, -1 if unknown
     */
    record Position(
            TopicPartition partition, Uuid topicId, long offset, int maxBytes, int leaderEpoch, int lastEpoch) {}

    /**
     * What came back; whoever asked lets go of the buffer.
     *
     * @param partitions what came back for each
     * @param complete whether a partition that is missing has nothing new; else the source has not looked
     * @param buffer what the records of all partitions are in
     * @param pace how fast it came
     */
    record Answer(Map<TopicPartition, Fetched> partitions, boolean complete, FetchBuffer buffer, Pace pace) {}

    /**
     * How fast an answer came.
     *
     * @param bytes size of the response
     * @param waitNs from the request to the first byte
     * @param transferNs from the first byte to the last
     * @param throttleMs how long the source's quota makes this connection pause from now on
     */
    record Pace(long bytes, long waitNs, long transferNs, int throttleMs) {}

    /**
     * What came back for one partition.
     *
     * @param highWatermark of the source, -1 if unknown
     * @param logStartOffset of the source, -1 if unknown
     * @param divergingEpoch the source's largest epoch not above {@code lastEpoch}, -1 if nothing diverges
     * @param divergingEndOffset where that epoch ends at the source
     * @param preferredReplica broker to fetch from instead, -1 if none
     * @param records batches as the source stores them; the last may be cut off
     */
    record Fetched(
            Errors error,
            long highWatermark,
            long logStartOffset,
            int divergingEpoch,
            long divergingEndOffset,
            int preferredReplica,
            ByteBuffer records) {}
}
