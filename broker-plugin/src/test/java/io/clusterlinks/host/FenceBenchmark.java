// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import io.clusterlinks.guard.MirrorFence;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.LinkImage.Change;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a produce request to topics that are not mirrored pays for the fence: the check of all its partitions, as the hook
 * does it. A produce request takes a broker tens of microseconds. This and the others run with
 * {@code mvn -pl broker-plugin -am -Pbenchmark process-test-classes}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 10, time = 1)
@Fork(5)
public class FenceBenchmark {
    @Param({"1", "20"})
    int partitions;

    @Param({"0", "1000"})
    int mirrors;

    private scala.collection.mutable.HashMap<TopicIdPartition, MemoryRecords> request;

    /** A produce request's partitions, and a fence with as many mirrors as asked for. */
    @Setup
    public void setUp() {
        Iterable<Change> changes =
                IntStream.range(0, mirrors).mapToObj(i -> Change.put(mirror("mirror-" + i)))::iterator;
        WriteFence fence = new MirrorFence(LinkImage.EMPTY.apply(changes, mirrors), true);
        HookBridge.hooks(new FencedHooks(fence));
        request = new scala.collection.mutable.HashMap<>();
        for (int i = 0; i < partitions; i++) {
            request.put(new TopicIdPartition(Uuid.randomUuid(), i, "topic-" + i % 5), MemoryRecords.EMPTY);
        }
    }

    /** What stock Kafka does with the request at this point: it walks its partitions. The fence's cost is the difference. */
    @Benchmark
    public int walkAlone() {
        int bytes = 0;
        for (var entries = request.iterator(); entries.hasNext(); ) {
            bytes += entries.next()._2().sizeInBytes();
        }
        return bytes;
    }

    @Benchmark
    public Object refusals() {
        return HookBridge.refusals(request);
    }

    private static MirrorRecord mirror(String topic) {
        return new MirrorRecord(
                1,
                "east",
                topic,
                topic,
                "id",
                "source-id",
                1,
                1,
                (short) -1,
                Map.of(),
                "earliest",
                List.of(),
                false,
                MirrorState.ACTIVE,
                StopMode.NONE,
                null,
                null,
                1,
                List.of());
    }
}
