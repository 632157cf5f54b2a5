// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.host.AppendException.Kind;
import java.util.stream.Stream;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotEnoughReplicasAfterAppendException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.server.storage.log.UnexpectedAppendOffsetException;
import org.apache.kafka.storage.internals.log.OffsetsOutOfOrderException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class AppendFailuresTest {
    @ParameterizedTest
    @MethodSource("failures")
    void failureSaysWhatTheCallerCanDo(Throwable failure, Kind kind) {
        AppendException appendException = AppendFailures.of(new TopicIdPartition(Uuid.ZERO_UUID, 3, "topic"), failure);

        assertThat(appendException.kind()).isEqualTo(kind);
        assertThat(appendException).hasMessageStartingWith("topic-3: ").hasCause(failure);
    }

    static Stream<Arguments> failures() {
        return Stream.of(
                Arguments.of(new NotLeaderOrFollowerException("moved"), Kind.NOT_LEADER),
                Arguments.of(new UnknownTopicOrPartitionException("gone"), Kind.NOT_LEADER),
                Arguments.of(new UnknownTopicIdException("created again"), Kind.NOT_LEADER),
                Arguments.of(new InvalidRecordException("did not set the batch epoch correctly"), Kind.NOT_LEADER),
                Arguments.of(new UnexpectedAppendOffsetException("below", 1, 2), Kind.UNEXPECTED_OFFSET),
                Arguments.of(new OffsetsOutOfOrderException("order"), Kind.UNEXPECTED_OFFSET),
                Arguments.of(new CorruptRecordException("crc"), Kind.CORRUPT),
                Arguments.of(new NotEnoughReplicasException("isr"), Kind.TOO_FEW_REPLICAS),
                Arguments.of(new NotEnoughReplicasAfterAppendException("isr"), Kind.NOT_REPLICATED),
                Arguments.of(new TimeoutException(), Kind.NOT_REPLICATED),
                Arguments.of(new KafkaStorageException("disk"), Kind.STORAGE),
                Arguments.of(new InvalidProducerEpochException("epoch"), Kind.INVALID),
                Arguments.of(new IllegalStateException("bug"), Kind.INVALID));
    }
}
