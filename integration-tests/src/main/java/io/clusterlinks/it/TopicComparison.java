// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/** Compares a topic with its mirror as stock consumers see them, record by record, under both isolation levels. */
public final class TopicComparison {
    private static final int MAX_DIFFERENCES = 20;

    private final TestCluster source;
    private final String sourceTopic;
    private final TestCluster destination;
    private final String mirrorTopic;
    private LongConsumer progress = records -> {};

    public TopicComparison(TestCluster source, String sourceTopic, TestCluster destination, String mirrorTopic) {
        this.source = source;
        this.sourceTopic = sourceTopic;
        this.destination = destination;
        this.mirrorTopic = mirrorTopic;
    }

    /** What was compared and what differs. */
    public record Result(long records, long bytes, List<String> differences) {
        public boolean isEqual() {
            return differences.isEmpty();
        }

        public Result orThrow() {
            if (!isEqual()) {
                throw new AssertionError("Mirror differs:\n" + String.join("\n", differences));
            }
            return this;
        }
    }

    /** Tells the number of records compared so far, now and then. */
    public TopicComparison onProgress(LongConsumer listener) {
        progress = listener;
        return this;
    }

    /** Waits until both have the same ends under both isolation levels. */
    public TopicComparison awaitLevel(Duration timeout) {
        Await.untilPasses(timeout, () -> {
            for (IsolationLevel isolation : IsolationLevel.values()) {
                Map<Integer, Long> wanted = ends(source, sourceTopic, isolation);
                Map<Integer, Long> actual = ends(destination, mirrorTopic, isolation);
                if (!wanted.equals(actual)) {
                    throw new AssertionError(
                            mirrorTopic + " ends at " + actual + ", its source at " + wanted + " (" + isolation + ")");
                }
            }
        });
        return this;
    }

    private static Map<Integer, Long> ends(TestCluster cluster, String topic, IsolationLevel isolation) {
        Map<Integer, Long> ends = new TreeMap<>();
        Topics.ends(cluster.admin(), Topics.partitions(cluster.admin(), topic), isolation)
                .forEach((partition, end) -> ends.put(partition.partition(), end));
        return ends;
    }

    /** Compares under both isolation levels. */
    public Result compare() {
        Tally tally = new Tally();
        int partitions = Topics.partitions(source.admin(), sourceTopic).size();
        tally.expect(
                "number of partitions",
                partitions,
                Topics.partitions(destination.admin(), mirrorTopic).size());
        for (IsolationLevel isolation : IsolationLevel.values()) {
            for (int partition = 0; partition < partitions; partition++) {
                comparePartition(partition, isolation, tally);
            }
        }
        return tally.result();
    }

    private void comparePartition(int partition, IsolationLevel isolation, Tally tally) {
        try (PartitionReader theirs =
                        new PartitionReader(source, new TopicPartition(sourceTopic, partition), isolation);
                PartitionReader ours =
                        new PartitionReader(destination, new TopicPartition(mirrorTopic, partition), isolation)) {
            String where = mirrorTopic + "-" + partition + " " + isolation + ": ";
            tally.expect(where + "log start", theirs.start(), ours.start());
            tally.expect(where + "end", theirs.end(), ours.end());
            while (true) {
                Optional<ConsumerRecord<byte[], byte[]>> expected = theirs.next();
                Optional<ConsumerRecord<byte[], byte[]>> actual = ours.next();
                if (expected.isEmpty() || actual.isEmpty()) {
                    tally.expect(where + "next record", describe(expected), describe(actual));
                    break;
                }
                compareRecord(where, expected.get(), actual.get(), tally);
            }
            tally.expect(where + "position at the end", theirs.position(), ours.position());
        }
    }

    private void compareRecord(
            String where, ConsumerRecord<byte[], byte[]> expected, ConsumerRecord<byte[], byte[]> actual, Tally tally) {
        String record = where + "offset " + expected.offset();
        boolean equal = expected.offset() == actual.offset()
                && expected.timestamp() == actual.timestamp()
                && expected.timestampType() == actual.timestampType()
                && Arrays.equals(expected.key(), actual.key())
                && Arrays.equals(expected.value(), actual.value())
                && expected.headers().equals(actual.headers());
        if (!equal) {
            tally.differ(
                    record + ": expected " + describe(Optional.of(expected)) + ", is " + describe(Optional.of(actual)));
        }
        tally.count(expected, progress);
    }

    private static String describe(Optional<ConsumerRecord<byte[], byte[]>> record) {
        return record.map(r -> "offset " + r.offset() + " " + r.timestampType() + " " + r.timestamp() + " key "
                        + Arrays.toString(r.key()) + " value of " + r.serializedValueSize() + " bytes hash "
                        + Arrays.hashCode(r.value()) + " headers " + r.headers())
                .orElse("none");
    }

    /** Counts and differences so far. */
    private static final class Tally {
        private final List<String> differences = new ArrayList<>();
        private long records;
        private long bytes;

        void expect(String what, Object expected, Object actual) {
            if (!expected.equals(actual)) {
                differ(what + ": expected " + expected + ", is " + actual);
            }
        }

        void differ(String difference) {
            if (differences.size() < MAX_DIFFERENCES) {
                differences.add(difference);
            }
        }

        void count(ConsumerRecord<byte[], byte[]> record, LongConsumer progress) {
            records++;
            bytes += Math.max(0, record.serializedKeySize()) + Math.max(0, record.serializedValueSize());
            if (records % 50_000 == 0) {
                progress.accept(records);
            }
        }

        Result result() {
            return new Result(records, bytes, List.copyOf(differences));
        }
    }
}
