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
import org.apache.kafka.storage.internals.log.AppendOrigin;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import scala.Function1;

/** Asks the fence where writes reach a partition, whatever path they took. */
final class PartitionGuard {
    private PartitionGuard() {}

    static void beforeAppend(Object partition, Object origin, WriteFence fence) {
        if (origin == AppendOrigin.RAFT_LEADER || origin == AppendOrigin.REPLICATION) {
            return;
        }
        ApiException refusal = refusal(partition, fence);
        if (refusal != null) {
            throw origin == AppendOrigin.COORDINATOR ? markerRefusal(refusal) : refusal;
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

    @SuppressWarnings("unchecked")
    static boolean postponesTransaction(Object partitions, Object callback, WriteFence fence) {
        boolean inDoubt = ((Set<TopicPartition>) partitions)
                .stream().anyMatch(partition -> fence.refusal(partition.topic(), partition.partition())
                        .filter(RetriableException.class::isInstance)
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
     * A transaction marker can only be meant for a topic of the mirror's name that was deleted. Its coordinator gives
     * up on a partition that answers with this error, where it would retry others for ever or fail on them.
     */
    private static ApiException markerRefusal(ApiException refusal) {
        return refusal instanceof RetriableException
                ? new NotEnoughReplicasException(refusal.getMessage(), refusal)
                : new UnsupportedForMessageFormatException(refusal.getMessage(), refusal);
    }
}
