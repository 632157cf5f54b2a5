// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import io.clusterlinks.it.BrokerProcess;
import io.clusterlinks.it.Links;
import io.clusterlinks.it.TestCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.common.TopicPartition;

/** Copies what is there already: against MirrorMaker 2, the replica fetcher and the disk. */
final class Backlog implements Scenario {
    private static final String TOPIC = "backlog";
    private static final int PARTITIONS = 4;

    private record Run(
            String contender,
            double mbPerSecond,
            double cpuPerGb,
            double seconds,
            double halfMbPerSecond,
            double halfCpuPerGb) {
        static Run of(String contender, Transfer transfer, long bytes) {
            Transfer half = transfer.secondHalf();
            Run run = new Run(
                    contender,
                    transfer.megabytesPerSecond(bytes),
                    transfer.cpuPerGb(bytes),
                    transfer.seconds(),
                    half.megabytesPerSecond(bytes),
                    half.cpuPerGb(bytes));
            Lab.say(
                    "  %s: %.2f s, %.0f MB/s, %.2f CPU-s/GB; the second half %.0f MB/s, %.2f CPU-s/GB",
                    contender, run.seconds, run.mbPerSecond, run.cpuPerGb, run.halfMbPerSecond, run.halfCpuPerGb);
            return run;
        }
    }

    @Override
    public void run(Lab lab, Options options, Report report) throws IOException {
        long records = options.backlogMb() * 1_000_000L / 1000;
        int rounds = options.pick(3, 5);
        List<Run> links = new ArrayList<>();
        List<Run> mirrorMakers = new ArrayList<>();
        DiskProbe fresh;
        DiskProbe disk;
        try (TestCluster source = lab.stock("source")) {
            Filler.fill(source, TOPIC, PARTITIONS, 1000, records, Filler.LARGE_BATCH);
            lab.settle();
            fresh = DiskProbe.run(lab.work(), options.backlogMb() * 1_000_000L);
            lab.settle(source.broker(1), TOPIC, PARTITIONS).close();
            disk = DiskProbe.run(lab.work(), options.backlogMb() * 1_000_000L);
            Lab.say("  a round that does not count: whoever comes first would pay for compiling the source");
            links(lab, null, source);
            for (int round = 0; round < rounds; round++) {
                links.add(links(lab, null, source));
            }
            for (Tuning tuning : Tuning.ALL) {
                for (int round = 0; round < options.pick(1, 3); round++) {
                    mirrorMakers.add(mirrorMaker(lab, source, records, tuning));
                }
            }
        }
        List<Run> replicas = replicas(lab, records, rounds);
        write(
                report,
                options,
                median(links),
                best(mirrorMakers),
                median(replicas),
                fresh,
                disk,
                all(links, mirrorMakers, replicas));
    }

    /** Records a profile of the destination broker while cluster links copy the backlog; measures nothing else. */
    static void profile(Lab lab, Options options) {
        long records = options.backlogMb() * 1_000_000L / 1000;
        try (TestCluster source = lab.stock("source")) {
            Filler.fill(source, TOPIC, PARTITIONS, 1000, records, Filler.LARGE_BATCH);
            links(lab, options.jfr(), source);
        }
        Lab.say("Profile: %s", options.jfr());
    }

    private static Run links(Lab lab, Path jfr, TestCluster source) {
        try (TestCluster destination = lab.linked("destination")) {
            new Links(destination).create("bench", source);
            lab.awaitQuiet(destination.broker(1));
            WarmMemory memory = lab.settle(source.broker(1), TOPIC, PARTITIONS);
            long pid = destination.broker(1).pid();
            if (jfr != null) {
                ProcessStats.jcmd(pid, "JFR.start", "settings=profile", "name=bench");
            }
            MirrorCrowd.request(destination, "bench", TOPIC);
            long bytes = bytes(source);
            Transfer transfer = Transfer.ofSegments(
                    destination.broker(1),
                    TOPIC,
                    PARTITIONS,
                    bytes,
                    List.of(source.broker(1).pid(), pid),
                    memory);
            if (jfr != null) {
                ProcessStats.jcmd(pid, "JFR.dump", "name=bench", "filename=" + jfr);
            }
            return Run.of("cluster links", transfer, bytes);
        }
    }

    private static Run mirrorMaker(Lab lab, TestCluster source, long records, Tuning tuning) {
        try (TestCluster destination = lab.stock("destination")) {
            lab.awaitQuiet(destination.broker(1));
            WarmMemory memory = lab.settle(source.broker(1), TOPIC, PARTITIONS);
            try (MirrorMaker mirrorMaker = lab.mirrorMaker(source, destination, TOPIC, tuning)) {
                Transfer transfer = Transfer.ofRecords(
                        destination,
                        TOPIC,
                        records,
                        List.of(source.broker(1).pid(), destination.broker(1).pid(), mirrorMaker.pid()),
                        memory);
                return Run.of("MirrorMaker 2, " + tuning.name(), transfer, bytes(source));
            }
        }
    }

    /** The second broker is started anew for each round, as the other contenders' destinations are. */
    private static List<Run> replicas(Lab lab, long records, int rounds) {
        List<Run> runs = new ArrayList<>();
        try (TestCluster cluster = lab.cluster("replicas")
                .brokers(2)
                .config("default.replication.factor", "1")
                .start()) {
            Filler.fill(cluster, TOPIC, PARTITIONS, 1000, records, Filler.LARGE_BATCH);
            reassign(cluster, List.of(1));
            awaitReassigned(cluster);
            BrokerProcess second = cluster.broker(2);
            long bytes = bytes(cluster);
            for (int round = 0; round < rounds; round++) {
                awaitGone(second);
                cluster.restart(2);
                lab.awaitQuiet(second);
                WarmMemory memory = lab.settle(cluster.broker(1), TOPIC, PARTITIONS);
                reassign(cluster, List.of(1, 2));
                List<Long> pids = List.of(cluster.broker(1).pid(), second.pid());
                runs.add(Run.of(
                        "replica fetcher", Transfer.ofSegments(second, TOPIC, PARTITIONS, bytes, pids, memory), bytes));
                // A replica that has all bytes is not in sync yet.
                awaitReassigned(cluster);
                reassign(cluster, List.of(1));
                awaitReassigned(cluster);
            }
        }
        return runs;
    }

    private static void awaitGone(BrokerProcess broker) {
        io.clusterlinks.it.Await.until(
                "the replica is deleted",
                java.time.Duration.ofSeconds(60),
                () -> Transfer.segmentBytes(broker, TOPIC, PARTITIONS) == 0);
    }

    private static void reassign(TestCluster cluster, List<Integer> replicas) {
        Map<TopicPartition, Optional<NewPartitionReassignment>> moves = new LinkedHashMap<>();
        for (int partition = 0; partition < PARTITIONS; partition++) {
            moves.put(new TopicPartition(TOPIC, partition), Optional.of(new NewPartitionReassignment(replicas)));
        }
        io.clusterlinks.it.Topics.get(
                cluster.admin().alterPartitionReassignments(moves).all());
    }

    private static void awaitReassigned(TestCluster cluster) {
        io.clusterlinks.it.Await.until("reassigned", java.time.Duration.ofMinutes(1), () -> cluster.admin()
                .listPartitionReassignments()
                .reassignments()
                .get()
                .isEmpty());
    }

    private static long bytes(TestCluster cluster) {
        return Transfer.segmentBytes(cluster.broker(1), TOPIC, PARTITIONS);
    }

    private static Run median(List<Run> runs) {
        return runs.stream()
                .sorted(Comparator.comparingDouble(Run::mbPerSecond))
                .toList()
                .get(runs.size() / 2);
    }

    private static Run best(List<Run> runs) {
        return runs.stream().max(Comparator.comparingDouble(Run::mbPerSecond)).orElseThrow();
    }

    @SafeVarargs
    private static List<Run> all(List<Run>... lists) {
        return java.util.stream.Stream.of(lists).flatMap(List::stream).toList();
    }

    private static void write(
            Report report,
            Options options,
            Run links,
            Run mirrorMaker,
            Run replica,
            DiskProbe fresh,
            DiskProbe disk,
            List<Run> all) {
        Report.Section section = report.section("backlog", "Backlog")
                .text(
                        "%d MB of 1 kB records in 128 kB batches, 4 partitions. From the first byte seen at the destination to the last; every"
                                + " run on a destination (and MirrorMaker 2) started for it, brokers so long before that they are quiet. CPU of all processes that take part, in the same time. The second half of the bytes shows"
                                + " what remains when most code is compiled.",
                        options.backlogMb());
        section.table(
                List.of("contender", "s", "MB/s", "CPU-s per GB", "second half, MB/s", "CPU-s per GB"),
                all.stream().map(Backlog::row).toList());
        section.text(
                "The disk alone, 1 MB writes: %.0f MB/s until the kernel has them, %.0f MB/s until they are on the disk. Into memory that"
                        + " nobody has touched before, as it is where nothing prepares it: %.0f and %.0f MB/s.",
                disk.buffered(), disk.durable(), fresh.buffered(), fresh.durable());
        Map<String, Double> speed = new LinkedHashMap<>();
        speed.put("cluster links", links.mbPerSecond);
        speed.put("replica fetcher", replica.mbPerSecond);
        speed.put("MirrorMaker 2 (best)", mirrorMaker.mbPerSecond);
        speed.put("disk, durable", disk.durable());
        Map<String, Double> cpu = new LinkedHashMap<>();
        cpu.put("cluster links", links.cpuPerGb);
        cpu.put("replica fetcher", replica.cpuPerGb);
        cpu.put("MirrorMaker 2 (best)", mirrorMaker.cpuPerGb);
        section.bars("throughput", "Backlog: throughput", "MB/s", speed);
        section.bars("cpu", "Backlog: CPU per GB", "CPU-s", cpu);
        report.atLeast("backlog", "speed / MirrorMaker 2", links.mbPerSecond / mirrorMaker.mbPerSecond, 5, "");
        report.atLeast("backlog", "speed / replica fetcher", links.mbPerSecond / replica.mbPerSecond, 1.3, "");
        report.atLeast("backlog", "speed / durable disk", links.mbPerSecond / disk.durable(), 0.9, "");
        report.atMost("backlog", "CPU per GB / MirrorMaker 2", links.cpuPerGb / mirrorMaker.cpuPerGb, 0.125, "");
        report.atMost("backlog", "CPU per GB / replica fetcher", links.cpuPerGb / replica.cpuPerGb, 1, "");
    }

    private static List<String> row(Run run) {
        return List.of(
                run.contender,
                format(run.seconds),
                format(run.mbPerSecond),
                format(run.cpuPerGb),
                format(run.halfMbPerSecond),
                format(run.halfCpuPerGb));
    }

    private static String format(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }
}
