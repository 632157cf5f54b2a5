// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.OffsetCommitRequest;
import org.apache.kafka.common.requests.OffsetCommitResponse;
import org.apache.kafka.common.requests.OffsetFetchRequest;
import org.apache.kafka.common.requests.OffsetFetchResponse;

/** Classic and new consumer groups: their position is the committed offset. */
final class ConsumerDialect implements GroupDialect {
    @Override
    public OffsetFetchRequest.Builder fetch(
            List<String> groups, Map<String, Set<TopicPartition>> partitions, boolean settled) {
        return GroupRequests.fetch(groups, partitions, settled);
    }

    @Override
    public Map<String, Fetched> fetched(AbstractResponse response) {
        Map<String, Fetched> fetched = new HashMap<>();
        ((OffsetFetchResponse) response)
                .data()
                .groups()
                .forEach(group -> fetched.put(
                        group.groupId(), new Fetched(GroupRequests.error(group), GroupRequests.offsets(group))));
        return fetched;
    }

    @Override
    public OffsetCommitRequest.Builder commit(String group, Map<TopicPartition, OffsetAndMetadata> offsets) {
        return GroupRequests.commit(group, offsets);
    }

    @Override
    public Map<TopicPartition, Errors> committed(AbstractResponse response, Set<TopicPartition> asked) {
        return GroupRequests.results((OffsetCommitResponse) response);
    }
}
