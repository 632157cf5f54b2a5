// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FindCoordinatorRequest;
import org.apache.kafka.common.requests.FindCoordinatorRequest.CoordinatorType;
import org.apache.kafka.common.requests.ListGroupsRequest;
import org.apache.kafka.common.requests.OffsetCommitRequest;
import org.apache.kafka.common.requests.OffsetCommitResponse;
import org.apache.kafka.common.requests.OffsetFetchRequest;

/** Requests about groups of the own cluster, and what their answers say. */
final class GroupRequests {
    /** Every state of a group that has members. */
    private static final List<String> ACTIVE_STATES =
            List.of("Stable", "PreparingRebalance", "CompletingRebalance", "Assigning", "Reconciling", "NotReady");

    private GroupRequests() {}

    static ListGroupsRequest.Builder listActive() {
        return new ListGroupsRequest.Builder(new ListGroupsRequestData().setStatesFilter(ACTIVE_STATES));
    }

    static FindCoordinatorRequest.Builder findCoordinators(List<String> groups) {
        return new FindCoordinatorRequest.Builder(new FindCoordinatorRequestData()
                .setKeyType(CoordinatorType.GROUP.id())
                .setCoordinatorKeys(groups));
    }

    static OffsetFetchRequest.Builder fetch(
            List<String> groups, Map<String, Set<TopicPartition>> partitions, boolean settled) {
        OffsetFetchRequestData data = new OffsetFetchRequestData().setRequireStable(settled);
        groups.forEach(group -> data.groups()
                .add(new OffsetFetchRequestGroup().setGroupId(group).setTopics(topics(partitions.get(group)))));
        return OffsetFetchRequest.Builder.forTopicNames(data, false);
    }

    private static List<OffsetFetchRequestTopics> topics(Set<TopicPartition> partitions) {
        if (partitions.equals(LocalGroups.ALL)) {
            return null;
        }
        return partitions.stream().collect(Collectors.groupingBy(TopicPartition::topic)).entrySet().stream()
                .map(entry -> new OffsetFetchRequestTopics()
                        .setName(entry.getKey())
                        .setPartitionIndexes(entry.getValue().stream()
                                .map(TopicPartition::partition)
                                .toList()))
                .toList();
    }

    /** Why a group's positions are not known; also where a transaction decides about one of them only later. */
    static Errors error(OffsetFetchResponseGroup group) {
        boolean undecided = group.topics().stream()
                .flatMap(topic -> topic.partitions().stream())
                .anyMatch(partition -> partition.errorCode() == Errors.UNSTABLE_OFFSET_COMMIT.code());
        return undecided ? Errors.UNSTABLE_OFFSET_COMMIT : Errors.forCode(group.errorCode());
    }

    static Map<TopicPartition, Long> offsets(OffsetFetchResponseGroup group) {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        group.topics().forEach(topic -> topic.partitions().forEach(partition -> {
            if (partition.errorCode() == Errors.NONE.code() && partition.committedOffset() >= 0) {
                offsets.put(new TopicPartition(topic.name(), partition.partitionIndex()), partition.committedOffset());
            }
        }));
        return offsets;
    }

    /**
     * A commit by nobody of the group, which its coordinator accepts while the group has no members. Without leader
     * epochs: a foreign one makes consumers loop on metadata.
     */
    static OffsetCommitRequest.Builder commit(String group, Map<TopicPartition, OffsetAndMetadata> offsets) {
        OffsetCommitRequestData data = new OffsetCommitRequestData()
                .setGroupId(group)
                .setGenerationIdOrMemberEpoch(-1)
                .setMemberId("");
        Map<String, OffsetCommitRequestTopic> topics = new HashMap<>();
        offsets.forEach((partition, offset) -> topics.computeIfAbsent(
                        partition.topic(), name -> new OffsetCommitRequestTopic().setName(name))
                .partitions()
                .add(new OffsetCommitRequestPartition()
                        .setPartitionIndex(partition.partition())
                        .setCommittedOffset(offset.offset())
                        .setCommittedMetadata(offset.metadata())));
        data.topics().addAll(topics.values());
        return OffsetCommitRequest.Builder.forTopicNames(data);
    }

    static Map<TopicPartition, Errors> results(OffsetCommitResponse response) {
        Map<TopicPartition, Errors> results = new HashMap<>();
        response.data().topics().forEach(topic -> topic.partitions()
                .forEach(partition -> results.put(
                        new TopicPartition(topic.name(), partition.partitionIndex()),
                        Errors.forCode(partition.errorCode()))));
        return results;
    }
}
