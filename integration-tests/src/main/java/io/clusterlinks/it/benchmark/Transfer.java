// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import io.clusterlinks.it.BrokerProcess;
import io.clusterlinks.it.TestCluster;
import io.clusterlinks.it.Topics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/**
 * One copy, from the first amount that was seen to have arrived to the last. Starting processes and links is not part of it;
 * what had arrived before the first look is not counted.
 *
 * @param part share of the whole that arrived in {@code seconds}
 * @param cpuSeconds of all processes that take part, in the same time
 */
record Transfer(double seconds, double part, double cpuSeconds) {
    private static final long POLL_NS = TimeUnit.MILLISECONDS.toNanos(5);

    /** Bytes per second if the whole is {@code bytes}. */
    double megabytesPerSecond(long bytes) {
        return bytes * part / 1e6 / seconds;
    }

    double cpuPerGb(long bytes) {
        return cpuSeconds / (bytes * part / 1e9);
    }

    double perSecond(long total) {
        return total * part / seconds;
    }

    /** Watches a topic until it has {@code records}; lets go of {@code memory} as soon as the topic is there. */
    static Transfer ofRecords(TestCluster to, String topic, long records, List<Long> pids, WarmMemory memory) {
        long deadline = System.nanoTime() + Duration.ofMinutes(15).toNanos();
        while (!Topics.exists(to.admin(), topic)) {
            expire(deadline, topic);
            LockSupport.parkNanos(POLL_NS);
        }
        memory.close();
        List<TopicPartition> partitions = Topics.partitions(to.admin(), topic);
        return watch(topic, records, pids, () -> records(to, partitions));
    }

    static long records(TestCluster cluster, List<TopicPartition> partitions) {
        return Topics.ends(cluster.admin(), partitions, IsolationLevel.READ_UNCOMMITTED).values().stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    /** Watches a replica until its segments have {@code bytes}. */
    static Transfer ofReplica(BrokerProcess to, String topic, int partitions, long bytes, List<Long> pids) {
        return watch(topic, bytes, pids, () -> segmentBytes(to, topic, partitions));
    }

    static long segmentBytes(BrokerProcess broker, String topic, int partitions) {
        return segments(broker, topic, partitions).stream()
                .mapToLong(file -> file.toFile().length())
                .sum();
    }

    /** The files of a topic's records; those that exist. */
    static List<Path> segments(BrokerProcess broker, String topic, int partitions) {
        return IntStream.range(0, partitions)
                .mapToObj(partition -> broker.replicaDir(topic, partition))
                .filter(Files::isDirectory)
                .flatMap(dir -> segments(dir).stream())
                .toList();
    }

    private static List<Path> segments(Path dir) {
        try (Stream<Path> files = Files.list(dir)) {
            return files.filter(file -> file.toString().endsWith(".log")).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Transfer watch(String what, long total, List<Long> pids, LongSupplier arrived) {
        long deadline = System.nanoTime() + Duration.ofMinutes(15).toNanos();
        long first = await(what, 1, arrived, deadline);
        long startNs = System.nanoTime();
        double cpu = ProcessStats.cpuSeconds(pids);
        await(what, total, arrived, deadline);
        double seconds = (System.nanoTime() - startNs) / 1e9;
        double part = Math.max(1, total - first) / (double) total;
        return new Transfer(seconds, part, ProcessStats.cpuSeconds(pids) - cpu);
    }

    private static long await(String what, long atLeast, LongSupplier arrived, long deadline) {
        while (true) {
            long now = arrived.getAsLong();
            if (now >= atLeast) {
                return now;
            }
            expire(deadline, what);
            LockSupport.parkNanos(POLL_NS);
        }
    }

    private static void expire(long deadline, String what) {
        if (System.nanoTime() > deadline) {
            throw new IllegalStateException(what + " was not copied in 15 minutes");
        }
    }
}
