// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;

/** The requests in which a kind of group is asked for its positions and told them. Pure. */
interface GroupDialect {
    /**
     * Asks for positions.
     *
     * @param partitions by group; {@link LocalGroups#ALL} for all of which it has one
     * @param settled whether the answer must hold all that was ever committed, for which it may have to wait; otherwise a
     *     coordinator tells what it knows to be replicated, which just after it took over may be less than there was
     */
    AbstractRequest.Builder<? extends AbstractRequest> fetch(
            List<String> groups, Map<String, Set<TopicPartition>> partitions, boolean settled);

    /** What a group said; {@code offsets} lacks partitions without a position. */
    record Fetched(Errors error, Map<TopicPartition, Long> offsets) {}

    /** The answer to {@link #fetch}, by group. */
    Map<String, Fetched> fetched(AbstractResponse response);

    AbstractRequest.Builder<? extends AbstractRequest> commit(
            String group, Map<TopicPartition, OffsetAndMetadata> offsets);

    /** The answer to {@link #commit}, for what was asked. */
    Map<TopicPartition, Errors> committed(AbstractResponse response, Set<TopicPartition> asked);
}
