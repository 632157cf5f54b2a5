// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import io.clusterlinks.client.ClusterLinkAdmin;
import io.clusterlinks.client.WriteOptions;
import io.clusterlinks.it.Links;
import io.clusterlinks.it.TestCluster;
import io.clusterlinks.it.Topics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What many idle partitions cost: throughput of few busy ones, CPU while nothing happens, heap. */
final class Partitions implements Scenario {
    private static final int PER_TOPIC = 10;

    @Override
    public void run(Lab lab, Options options, Report report) {
        int busy = options.pick(10, 40);
        int total = options.pick(1000, 4000);
        long records = options.pick(400, 2000) * 1000L;
        lab.settle();
        try (TestCluster source = lab.stock("source");
                TestCluster destination = lab.linked("destination");
                ClusterLinkAdmin links = ClusterLinkAdmin.over(destination.admin())) {
            long from = source.broker(1).pid();
            long to = destination.broker(1).pid();
            List<String> busyTopics = List.of("warm", "alone-0", "crowded-0", "alone-1", "crowded-1");
            busyTopics.forEach(topic -> Filler.fill(source, topic, busy, 1000, records, Filler.LARGE_BATCH));
            new Links(destination).create("bench", source);
            copy(lab, source, destination, "warm", busy, records);
            double alone = Math.max(
                    copy(lab, source, destination, "alone-0", busy, records),
                    copy(lab, source, destination, "alone-1", busy, records));
            double sourceHeap = ProcessStats.liveHeapMb(from);
            double heap = ProcessStats.liveHeapMb(to);
            List<String> idle = MirrorCrowd.createTopics(source, "idle-", (total - busy) / PER_TOPIC, PER_TOPIC);
            double start = MirrorCrowd.mirror(links, "bench", idle);
            Lab.say("  %d idle partitions mirrored after %.1f s", total - busy, start);
            ProcessStats.pause(options.pick(10_000, 30_000));
            double active = idleCores(to, options);
            double activeSource = idleCores(from, options);
            double crowded = Math.max(
                    copy(lab, source, destination, "crowded-0", busy, records),
                    copy(lab, source, destination, "crowded-1", busy, records));
            double sourceGrowth = ProcessStats.liveHeapMb(from) - sourceHeap;
            double growth = ProcessStats.liveHeapMb(to) - heap;
            Topics.get(links.pauseLink("bench", WriteOptions.defaults()));
            ProcessStats.pause(10_000);
            double paused = idleCores(to, options);
            Map<String, Double> bars = new LinkedHashMap<>();
            bars.put("cluster links, " + busy + " alone", alone);
            bars.put("cluster links, " + busy + " of " + total, crowded);
            report.section("partitions", "Many partitions")
                    .text(
                            "%d mirrored partitions of which %d are busy against %d alone (best of two). Idle CPU: link active less link paused."
                                    + " Heap after full collections: growth of the destination less growth of the source, which got the same"
                                    + " partitions without mirroring them.",
                            total, busy, busy)
                    .table(
                            List.of("", ""),
                            List.of(
                                    row("busy alone, MB/s", alone),
                                    row("busy among idle, MB/s", crowded),
                                    row("destination idle, link active, % of a core", active * 100),
                                    row("destination idle, link paused, % of a core", paused * 100),
                                    row("source idle, link active, % of a core", activeSource * 100),
                                    row("heap growth of the destination, MB", growth),
                                    row("heap growth of the source, MB", sourceGrowth),
                                    row("start of the idle mirrors, s", start)))
                    .bars("throughput", "Busy partitions, alone and in a crowd", "MB/s", bars);
            report.atLeast("partitions", "busy among idle / alone", crowded / alone, 0.9, "");
            report.atMost("partitions", "idle CPU of mirroring", (active - paused) * 100, 3, " %");
            report.atMost("partitions", "heap of mirroring", growth - sourceGrowth, 50, " MB");
        }
    }

    private static double copy(
            Lab lab, TestCluster source, TestCluster destination, String topic, int partitions, long records) {
        lab.settle();
        new Links(destination)
                .cli()
                .run("mirrors", "create", "--link", "bench", "--topic", topic)
                .orThrow();
        List<Long> pids = List.of(source.broker(1).pid(), destination.broker(1).pid());
        Transfer transfer = Transfer.ofRecords(destination, topic, records, pids);
        double speed = transfer.megabytesPerSecond(Transfer.segmentBytes(source.broker(1), topic, partitions));
        Lab.say("  %s: %.2f s, %.0f MB/s", topic, transfer.seconds(), speed);
        return speed;
    }

    private static double idleCores(long pid, Options options) {
        int seconds = options.pick(15, 60);
        double before = ProcessStats.cpuSeconds(List.of(pid));
        ProcessStats.pause(seconds * 1000L);
        return (ProcessStats.cpuSeconds(List.of(pid)) - before) / seconds;
    }

    private static List<String> row(String what, double value) {
        return List.of(what, String.format(Locale.ROOT, "%.2f", value));
    }
}
