// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.common.errors.InvalidMetadataException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotEnoughReplicasAfterAppendException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.server.storage.log.UnexpectedAppendOffsetException;
import org.apache.kafka.storage.internals.log.OffsetsOutOfOrderException;

/** Tells a caller what a failed append means to it. */
final class AppendFailures {
    private AppendFailures() {}

    static AppendException of(TopicIdPartition partition, Throwable failure) {
        String reason = failure.getMessage() == null ? failure.toString() : failure.getMessage();
        return new AppendException(kindOf(failure), partition.topicPartition() + ": " + reason, failure);
    }

    private static AppendException.Kind kindOf(Throwable failure) {
        if (failure instanceof KafkaStorageException) {
            return AppendException.Kind.STORAGE;
        }
        // Not leader, unknown topic or id: all say that the metadata of whoever asks is old. And the one record that is
        // invalid on this path is a batch with another leader epoch than the partition's.
        if (failure instanceof InvalidMetadataException || failure instanceof InvalidRecordException) {
            return AppendException.Kind.NOT_LEADER;
        }
        if (failure instanceof UnexpectedAppendOffsetException || failure instanceof OffsetsOutOfOrderException) {
            return AppendException.Kind.UNEXPECTED_OFFSET;
        }
        if (failure instanceof CorruptRecordException) {
            return AppendException.Kind.CORRUPT;
        }
        if (failure instanceof RecordBatchTooLargeException) {
            return AppendException.Kind.TOO_LARGE;
        }
        if (failure instanceof NotEnoughReplicasException) {
            return AppendException.Kind.TOO_FEW_REPLICAS;
        }
        if (failure instanceof NotEnoughReplicasAfterAppendException || failure instanceof TimeoutException) {
            return AppendException.Kind.NOT_REPLICATED;
        }
        return AppendException.Kind.INVALID;
    }
}
