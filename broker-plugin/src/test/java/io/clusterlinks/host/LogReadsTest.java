// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.server.util.KafkaScheduler;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.LogStartOffsetIncrementReason;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a log of Kafka's on disk. */
class LogReadsTest {
    private static final int EPOCH = 3;

    @TempDir
    private Path dir;

    private final KafkaScheduler scheduler = new KafkaScheduler(1);
    private UnifiedLog log;

    @BeforeEach
    void open() throws IOException {
        scheduler.startup();
        LogConfig config = new LogConfig(
                Map.of("segment.bytes", 1024 * 1024, "index.interval.bytes", 300, "segment.index.bytes", 4096));
        log = UnifiedLog.create(
                dir.resolve("mirror-0").toFile(),
                config,
                0,
                0,
                scheduler,
                new BrokerTopicStats(),
                Time.SYSTEM,
                60_000,
                new ProducerStateManagerConfig(60_000, false),
                60_000,
                new LogDirFailureChannel(1),
                true,
                Optional.of(Uuid.ONE_UUID));
    }

    @AfterEach
    void close() throws InterruptedException {
        log.close();
        scheduler.shutdown();
    }

    /** A log cut at a gap or inside a batch would end where no copy of it, and not itself after a restart, ends. */
    @Test
    void aLogEndsBeforeAnOffsetWhereItsLastWholeBatchThereEnds() throws IOException {
        append(0, 10);
        append(10, 10);
        append(30, 5);

        assertThat(LogReads.endBefore(log, 35)).isEqualTo(35);
        assertThat(LogReads.endBefore(log, 34)).isEqualTo(20);
        assertThat(LogReads.endBefore(log, 30)).isEqualTo(20);
        assertThat(LogReads.endBefore(log, 25)).isEqualTo(20);
        assertThat(LogReads.endBefore(log, 20)).isEqualTo(20);
        assertThat(LogReads.endBefore(log, 19)).isEqualTo(10);
        assertThat(LogReads.endBefore(log, 9)).isEqualTo(0);
    }

    @Test
    void batchesAreFoundThroughTheIndexAndAcrossSegments() throws IOException {
        for (int i = 0; i < 40; i++) {
            append(i * 10L, 8);
            if (i % 15 == 14) {
                log.roll(Optional.of(i * 10L + 9));
            }
        }

        for (int i = 1; i < 40; i++) {
            assertThat(LogReads.endBefore(log, i * 10L)).isEqualTo(i * 10L - 2);
            assertThat(LogReads.endBefore(log, i * 10L - 2)).isEqualTo(i * 10L - 2);
            assertThat(LogReads.endBefore(log, i * 10L - 3)).isEqualTo(Math.max(0, i * 10L - 12));
        }
    }

    @Test
    void aLogWithoutABatchThereEndsAtItsStart() throws IOException {
        assertThat(LogReads.endBefore(log, 7)).isZero();

        append(0, 10);
        append(10, 10);
        log.updateHighWatermark(20);
        log.maybeIncrementLogStartOffset(5, LogStartOffsetIncrementReason.ClientRecordDeletion);

        assertThat(LogReads.endBefore(log, 8)).isEqualTo(5);
        assertThat(LogReads.endBefore(log, 12)).isEqualTo(10);
    }

    private void append(long offset, int count) {
        SimpleRecord[] records = IntStream.range(0, count)
                .mapToObj(i -> new SimpleRecord(1_000, new byte[20]))
                .toArray(SimpleRecord[]::new);
        MemoryRecords batch = MemoryRecords.withRecords(
                RecordBatch.MAGIC_VALUE_V2,
                offset,
                Compression.NONE,
                TimestampType.CREATE_TIME,
                -1,
                (short) -1,
                -1,
                EPOCH,
                false,
                records);
        log.appendAsFollower(batch, EPOCH);
    }
}
