// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import java.util.HashSet;
import java.util.Set;
import kafka.cluster.Partition;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnsupportedForMessageFormatException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.server.common.TransactionVersion;
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import scala.Function1;
import scala.Option;

/** Asks the fence where writes reach a partition, whatever path they took. */
final class PartitionGuard {
    private PartitionGuard() {}

    static void beforeAppend(Object partition, Object records, Object origin, WriteFence fence) {
        if (origin == AppendOrigin.RAFT_LEADER || origin == AppendOrigin.REPLICATION) {
            return;
        }
        ApiException refusal = refusal(partition, fence);
        if (refusal != null) {
            throw origin == AppendOrigin.COORDINATOR ? markerRefusal(partition, records, refusal) : refusal;
        }
    }

    static void beforeDeleteRecords(Object partition, WriteFence fence) {
        ApiException refusal = refusal(partition, fence);
        if (refusal != null) {
            throw refusal;
        }
    }

    static Object transactionPartitions(Object partitions, WriteFence fence) {
        @SuppressWarnings("unchecked")
        Set<TopicPartition> requested = (Set<TopicPartition>) partitions;
        Set<TopicPartition> admitted = requested;
        for (TopicPartition partition : requested) {
            if (fence.refusal(partition.topic(), partition.partition()).isPresent()) {
                admitted = admitted == requested ? new HashSet<>(requested) : admitted;
                admitted.remove(partition);
            }
        }
        return admitted;
    }

    /**
     * With transactions of version 2 it is the partition's leader that asks, in the middle of a produce request that it
     * has admitted. Were the partition left out then, the leader would append what no marker ever ends. So the two do not
     * agree on what the topic is, which passes.
     */
    @SuppressWarnings("unchecked")
    static boolean postponesTransaction(Object partitions, Object callback, Object version, WriteFence fence) {
        boolean isLeaderAsking = ((TransactionVersion) version).supportsEpochBump();
        boolean inDoubt = ((Set<TopicPartition>) partitions)
                .stream().anyMatch(partition -> fence.refusal(partition.topic(), partition.partition())
                        .filter(refusal -> isLeaderAsking || refusal instanceof RetriableException)
                        .isPresent());
        if (inDoubt) {
            ((Function1<Errors, ?>) callback).apply(Errors.COORDINATOR_LOAD_IN_PROGRESS);
        }
        return inDoubt;
    }

    static boolean isOwnAppend(Object log, Object origin) {
        return origin == AppendOrigin.RAFT_LEADER
                && !((UnifiedLog) log).topicPartition().topic().equals(Topic.CLUSTER_METADATA_TOPIC_NAME);
    }

    private static ApiException refusal(Object guarded, WriteFence fence) {
        TopicPartition partition = ((Partition) guarded).topicPartition();
        return fence.refusal(partition.topic(), partition.partition()).orElse(null);
    }

    /**
     * A marker of a transaction that is open here is awaited: the topic was ordinary when the transaction began, and is
     * being compared with a source, or is ordinary again and this broker has not heard. Its coordinator tries again. Any
     * other marker is meant for a topic of the mirror's name that was deleted: its coordinator gives up on a partition
     * that answers with an error of this kind, where it would retry others for ever or fail on them.
     */
    private static ApiException markerRefusal(Object partition, Object records, ApiException refusal) {
        return refusal instanceof RetriableException || endsTransaction((Partition) partition, (MemoryRecords) records)
                ? new NotEnoughReplicasException(refusal.getMessage(), refusal)
                : new UnsupportedForMessageFormatException(refusal.getMessage(), refusal);
    }

    /** Producer ids of mirrored transactions have passed a link, so no marker of this cluster bears one of them. */
    private static boolean endsTransaction(Partition partition, MemoryRecords marker) {
        Option<UnifiedLog> log = partition.leaderLogIfLocal();
        if (log.isEmpty()) {
            return true;
        }
        long id = marker.batchIterator().next().producerId();
        return log.get().activeProducers().stream()
                .anyMatch(producer -> producer.producerId() == id && producer.currentTxnStartOffset() >= 0);
    }
}
