// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.ProduceResponse.PartitionResponse;
import scala.Function1;
import scala.collection.Iterator;
import scala.runtime.BoxedUnit;

/**
 * The refused partitions of one produce request. They are taken out before the broker looks at the request: with
 * transactions of version 2 it would otherwise add them to the transaction first, and later write a marker into the
 * mirror.
 */
final class ProduceRefusals {
    private final Map<TopicIdPartition, ApiException> refused;

    private ProduceRefusals(Map<TopicIdPartition, ApiException> refused) {
        this.refused = refused;
    }

    /** Null if nothing is refused: the common case, which allocates only an iterator. */
    static ProduceRefusals of(Object entries, WriteFence fence) {
        Map<TopicIdPartition, ApiException> refused = null;
        Iterator<TopicIdPartition> partitions = entries(entries).keysIterator();
        while (partitions.hasNext()) {
            TopicIdPartition partition = partitions.next();
            ApiException refusal =
                    fence.refusal(partition.topic(), partition.partition()).orElse(null);
            if (refusal != null) {
                refused = refused == null ? new HashMap<>() : refused;
                refused.put(partition, refusal);
            }
        }
        return refused == null ? null : new ProduceRefusals(refused);
    }

    Object admitted(Object entries) {
        scala.collection.mutable.HashMap<TopicIdPartition, MemoryRecords> admitted =
                new scala.collection.mutable.HashMap<>();
        Iterator<scala.Tuple2<TopicIdPartition, MemoryRecords>> iterator =
                entries(entries).iterator();
        while (iterator.hasNext()) {
            scala.Tuple2<TopicIdPartition, MemoryRecords> entry = iterator.next();
            if (!refused.containsKey(entry._1())) {
                admitted.put(entry._1(), entry._2());
            }
        }
        return admitted;
    }

    @SuppressWarnings("unchecked")
    Object answering(Object originalCallback) {
        var callback =
                (Function1<scala.collection.Map<TopicIdPartition, PartitionResponse>, BoxedUnit>) originalCallback;
        Function1<scala.collection.Map<TopicIdPartition, PartitionResponse>, BoxedUnit> answering =
                responses -> callback.apply(withRefusals(responses));
        return answering;
    }

    private scala.collection.Map<TopicIdPartition, PartitionResponse> withRefusals(
            scala.collection.Map<TopicIdPartition, PartitionResponse> responses) {
        scala.collection.mutable.HashMap<TopicIdPartition, PartitionResponse> all =
                new scala.collection.mutable.HashMap<>();
        Iterator<scala.Tuple2<TopicIdPartition, PartitionResponse>> iterator = responses.iterator();
        while (iterator.hasNext()) {
            scala.Tuple2<TopicIdPartition, PartitionResponse> response = iterator.next();
            all.put(response._1(), response._2());
        }
        refused.forEach((partition, refusal) ->
                all.put(partition, new PartitionResponse(Errors.forException(refusal), refusal.getMessage())));
        return all;
    }

    @SuppressWarnings("unchecked")
    private static scala.collection.Map<TopicIdPartition, MemoryRecords> entries(Object entries) {
        return (scala.collection.Map<TopicIdPartition, MemoryRecords>) entries;
    }
}
