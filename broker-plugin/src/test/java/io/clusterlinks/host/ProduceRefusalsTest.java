// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.ProduceResponse.PartitionResponse;
import org.junit.jupiter.api.Test;
import scala.Function1;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.BoxedUnit;

class ProduceRefusalsTest {
    private static final TopicIdPartition ORDINARY = new TopicIdPartition(Uuid.randomUuid(), 0, "ordinary");
    private static final TopicIdPartition MIRROR = new TopicIdPartition(Uuid.randomUuid(), 1, "mirror");

    @Test
    void requestWithoutFencedPartitionsIsLeftAlone() {
        assertThat(ProduceRefusals.of(entries(ORDINARY), new MirrorFence())).isNull();
    }

    @Test
    void fencedPartitionsAreTakenOutAndAnswered() {
        Object entries = entries(ORDINARY, MIRROR);
        ProduceRefusals refusals = ProduceRefusals.of(entries, new MirrorFence());
        Map<TopicIdPartition, PartitionResponse> answered = new HashMap<>();

        callback(refusals.answering(collectInto(answered))).apply(responses(ORDINARY));

        assertThat(CollectionConverters.asJava((scala.collection.Map<?, ?>) refusals.admitted(entries))
                        .keySet())
                .isEqualTo(java.util.Set.of(ORDINARY));
        assertThat(answered).containsOnlyKeys(ORDINARY, MIRROR);
        assertThat(answered.get(ORDINARY).error).isEqualTo(Errors.NONE);
        assertThat(answered.get(MIRROR).error).isEqualTo(Errors.POLICY_VIOLATION);
        assertThat(answered.get(MIRROR).errorMessage).isEqualTo("mirror-1 is read-only");
    }

    @Test
    void requestWithNothingElseBecomesEmptyAndIsAnswered() {
        Object entries = entries(MIRROR);
        ProduceRefusals refusals = ProduceRefusals.of(entries, new MirrorFence());
        Map<TopicIdPartition, PartitionResponse> answered = new HashMap<>();

        callback(refusals.answering(collectInto(answered))).apply(responses());

        assertThat(((scala.collection.Map<?, ?>) refusals.admitted(entries)).isEmpty())
                .isTrue();
        assertThat(answered).containsOnlyKeys(MIRROR);
    }

    private static Object entries(TopicIdPartition... partitions) {
        var entries = new scala.collection.mutable.HashMap<TopicIdPartition, MemoryRecords>();
        for (TopicIdPartition partition : partitions) {
            entries.put(partition, MemoryRecords.EMPTY);
        }
        return entries;
    }

    private static scala.collection.Map<TopicIdPartition, PartitionResponse> responses(TopicIdPartition... served) {
        var responses = new scala.collection.mutable.HashMap<TopicIdPartition, PartitionResponse>();
        for (TopicIdPartition partition : served) {
            responses.put(partition, new PartitionResponse(Errors.NONE));
        }
        return responses;
    }

    private static Function1<scala.collection.Map<TopicIdPartition, PartitionResponse>, BoxedUnit> collectInto(
            Map<TopicIdPartition, PartitionResponse> answered) {
        return responses -> {
            answered.putAll(CollectionConverters.asJava(responses));
            return BoxedUnit.UNIT;
        };
    }

    @SuppressWarnings("unchecked")
    private static Function1<scala.collection.Map<TopicIdPartition, PartitionResponse>, BoxedUnit> callback(
            Object callback) {
        return (Function1<scala.collection.Map<TopicIdPartition, PartitionResponse>, BoxedUnit>) callback;
    }

    private static final class MirrorFence implements WriteFence {
        @Override
        public boolean isIdle() {
            return false;
        }

        @Override
        public Optional<ApiException> refusal(String topic, int partition) {
            return topic.equals("mirror")
                    ? Optional.of(new PolicyViolationException(topic + "-" + partition + " is read-only"))
                    : Optional.empty();
        }
    }
}
