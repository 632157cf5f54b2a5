// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.utils.Crc32C;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What one batch costs before it is appended, in nanoseconds: reading its header, stamping it, patching its CRC. Beside
 * it, as what it is to be compared with, the CRC over its bytes, which the log computes for every batch anyway.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(3)
public class BatchBenchmark {
    private static final int BATCHES = 64;

    /** 1 record is a batch of about 80 bytes, 4,000 are about 64 kB. */
    @Param({"1", "4000"})
    int records;

    /** With an id the CRC is patched. */
    @Param({"false", "true"})
    boolean idempotent;

    private ByteBuffer batches;
    private int batchBytes;

    /** 64 batches outside the heap, as they are received. */
    @Setup
    public void setUp() {
        ByteBuffer[] all = new ByteBuffer[BATCHES];
        for (int i = 0; i < BATCHES; i++) {
            all[i] = TestBatches.batch((long) i * records, records, 3, idempotent ? 7 : -1, Compression.NONE);
        }
        batchBytes = all[0].remaining();
        ByteBuffer joined = TestBatches.join(all);
        batches = ByteBuffer.allocateDirect(joined.remaining()).put(joined).flip();
    }

    @Benchmark
    @OperationsPerInvocation(BATCHES)
    public Object walk() {
        return BatchScanner.scan(batches, Integer.MAX_VALUE);
    }

    /** The id gains a hop each time, so it is put back now and then. */
    @Benchmark
    @OperationsPerInvocation(BATCHES)
    public void stamp() {
        for (int i = 0, at = 0; i < BATCHES; i++) {
            int size = BatchScanner.sizeAt(batches, at);
            if (idempotent && batches.getLong(at + BatchFormat.PRODUCER_ID) >>> 60 != 0) {
                batches.putLong(at + BatchFormat.PRODUCER_ID, 7);
            }
            at += size;
        }
        BatchRewriter.rewrite(batches, 5);
    }

    @Benchmark
    public int crcPatch() {
        return Crc32cPatch.patch(12345, 7, 7 + (1L << 48), batchBytes - 51);
    }

    @Benchmark
    public long crcOfAllBytes() {
        return Crc32C.compute(batches, BatchFormat.ATTRIBUTES, batchBytes - BatchFormat.ATTRIBUTES);
    }
}
