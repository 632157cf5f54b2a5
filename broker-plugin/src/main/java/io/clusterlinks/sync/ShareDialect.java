// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.AlterShareGroupOffsetsRequestData;
import org.apache.kafka.common.message.AlterShareGroupOffsetsRequestData.AlterShareGroupOffsetsRequestPartition;
import org.apache.kafka.common.message.AlterShareGroupOffsetsRequestData.AlterShareGroupOffsetsRequestTopic;
import org.apache.kafka.common.message.DescribeShareGroupOffsetsRequestData;
import org.apache.kafka.common.message.DescribeShareGroupOffsetsRequestData.DescribeShareGroupOffsetsRequestGroup;
import org.apache.kafka.common.message.DescribeShareGroupOffsetsRequestData.DescribeShareGroupOffsetsRequestTopic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.AlterShareGroupOffsetsRequest;
import org.apache.kafka.common.requests.AlterShareGroupOffsetsResponse;
import org.apache.kafka.common.requests.DescribeShareGroupOffsetsRequest;
import org.apache.kafka.common.requests.DescribeShareGroupOffsetsResponse;

/** Share groups: their position is the start offset, before which everything has been dealt with. */
final class ShareDialect implements GroupDialect {
    @Override
    public DescribeShareGroupOffsetsRequest.Builder fetch(
            List<String> groups, Map<String, Set<TopicPartition>> partitions, boolean settled) {
        DescribeShareGroupOffsetsRequestData data = new DescribeShareGroupOffsetsRequestData();
        groups.forEach(group -> data.groups()
                .add(new DescribeShareGroupOffsetsRequestGroup()
                        .setGroupId(group)
                        .setTopics(topics(partitions.get(group)))));
        return new DescribeShareGroupOffsetsRequest.Builder(data);
    }

    private static List<DescribeShareGroupOffsetsRequestTopic> topics(Set<TopicPartition> partitions) {
        if (partitions.equals(LocalGroups.ALL)) {
            return null;
        }
        return partitions.stream().collect(Collectors.groupingBy(TopicPartition::topic)).entrySet().stream()
                .map(entry -> new DescribeShareGroupOffsetsRequestTopic()
                        .setTopicName(entry.getKey())
                        .setPartitions(entry.getValue().stream()
                                .map(TopicPartition::partition)
                                .toList()))
                .toList();
    }

    @Override
    public Map<String, Fetched> fetched(AbstractResponse response) {
        Map<String, Fetched> fetched = new HashMap<>();
        ((DescribeShareGroupOffsetsResponse) response).data().groups().forEach(group -> {
            Map<TopicPartition, Long> offsets = new HashMap<>();
            group.topics().forEach(topic -> topic.partitions().forEach(partition -> {
                if (partition.errorCode() == Errors.NONE.code() && partition.startOffset() >= 0) {
                    offsets.put(
                            new TopicPartition(topic.topicName(), partition.partitionIndex()), partition.startOffset());
                }
            }));
            fetched.put(group.groupId(), new Fetched(Errors.forCode(group.errorCode()), offsets));
        });
        return fetched;
    }

    @Override
    public AlterShareGroupOffsetsRequest.Builder commit(String group, Map<TopicPartition, OffsetAndMetadata> offsets) {
        AlterShareGroupOffsetsRequestData data = new AlterShareGroupOffsetsRequestData().setGroupId(group);
        Map<String, AlterShareGroupOffsetsRequestTopic> topics = new HashMap<>();
        offsets.forEach((partition, offset) -> topics.computeIfAbsent(
                        partition.topic(), name -> new AlterShareGroupOffsetsRequestTopic().setTopicName(name))
                .partitions()
                .add(new AlterShareGroupOffsetsRequestPartition()
                        .setPartitionIndex(partition.partition())
                        .setStartOffset(offset.offset())));
        data.topics().addAll(topics.values());
        return new AlterShareGroupOffsetsRequest.Builder(data);
    }

    @Override
    public Map<TopicPartition, Errors> committed(AbstractResponse response, Set<TopicPartition> asked) {
        var data = ((AlterShareGroupOffsetsResponse) response).data();
        Map<TopicPartition, Errors> results = new HashMap<>();
        asked.forEach(partition -> results.put(partition, Errors.forCode(data.errorCode())));
        if (data.errorCode() == Errors.NONE.code()) {
            data.responses().forEach(topic -> topic.partitions()
                    .forEach(partition -> results.put(
                            new TopicPartition(topic.topicName(), partition.partitionIndex()),
                            Errors.forCode(partition.errorCode()))));
        }
        return results;
    }
}
