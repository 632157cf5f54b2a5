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
 * @param secondHalf the same from when half of the whole had arrived, by when most code is compiled; null of such a half
 */
record Transfer(double seconds, double part, double cpuSeconds, Transfer secondHalf) {
    /** Looks at files cost the brokers nothing. */
    private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(5);
    /** Questions to a broker cost it, which is counted against whoever copies. */
    private static final long QUESTION_NS = TimeUnit.MILLISECONDS.toNanos(20);

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

    /**
     * Asks for a topic's ends until it has {@code records}, as is needed where batches are made anew; lets go of {@code memory}
     * at the same pace.
     */
    static Transfer ofRecords(TestCluster to, String topic, long records, List<Long> pids, WarmMemory memory) {
        long deadline = System.nanoTime() + Duration.ofMinutes(15).toNanos();
        while (!Topics.exists(to.admin(), topic)) {
            expire(deadline, topic);
            LockSupport.parkNanos(QUESTION_NS);
        }
        List<TopicPartition> partitions = Topics.partitions(to.admin(), topic);
        return watch(topic, records, pids, memory, QUESTION_NS, () -> records(to, partitions));
    }

    static long records(TestCluster cluster, List<TopicPartition> partitions) {
        return Topics.ends(cluster.admin(), partitions, IsolationLevel.READ_UNCOMMITTED).values().stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    /** Watches a copy until its segments have as many {@code bytes} as the original's; lets go of {@code memory} at the same pace. */
    static Transfer ofSegments(
            BrokerProcess to, String topic, int partitions, long bytes, List<Long> pids, WarmMemory memory) {
        return watch(topic, bytes, pids, memory, LOOK_NS, () -> segmentBytes(to, topic, partitions));
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

    private static Transfer watch(
            String what, long total, List<Long> pids, WarmMemory memory, long pauseNs, LongSupplier look) {
        long deadline = System.nanoTime() + Duration.ofMinutes(15).toNanos();
        try (memory) {
            LongSupplier arrived = () -> {
                long now = look.getAsLong();
                memory.follow((double) now / total);
                return now;
            };
            Mark first = Mark.set(await(what, 1, arrived, pauseNs, deadline), pids);
            Mark half = Mark.set(await(what, total / 2, arrived, pauseNs, deadline), pids);
            Mark last = Mark.set(await(what, total, arrived, pauseNs, deadline), pids);
            return first.to(last, total, half.to(last, total, null));
        }
    }

    private record Mark(long arrived, long ns, double cpuSeconds) {
        static Mark set(long arrived, List<Long> pids) {
            return new Mark(arrived, System.nanoTime(), ProcessStats.cpuSeconds(pids));
        }

        Transfer to(Mark last, long total, Transfer secondHalf) {
            double part = Math.max(1, last.arrived - arrived) / (double) total;
            return new Transfer((last.ns - ns) / 1e9, part, last.cpuSeconds - cpuSeconds, secondHalf);
        }
    }

    private static long await(String what, long atLeast, LongSupplier arrived, long pauseNs, long deadline) {
        while (true) {
            long now = arrived.getAsLong();
            if (now >= atLeast) {
                return now;
            }
            expire(deadline, what);
            LockSupport.parkNanos(pauseNs);
        }
    }

    private static void expire(long deadline, String what) {
        if (System.nanoTime() > deadline) {
            throw new IllegalStateException(what + " was not copied in 15 minutes");
        }
    }
}
