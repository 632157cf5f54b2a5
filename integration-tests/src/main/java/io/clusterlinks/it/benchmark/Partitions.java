// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import io.clusterlinks.client.ClusterLinkAdmin;
import io.clusterlinks.client.WriteOptions;
import io.clusterlinks.it.Links;
import io.clusterlinks.it.TestCluster;
import io.clusterlinks.it.Topics;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/** What many idle partitions cost: throughput of few busy ones, CPU while nothing happens, heap. */
final class Partitions implements Scenario {
    private static final int PER_TOPIC = 10;
    private static final int STEPS = 4;

    /** The destination while nothing happens; heap after a full collection. */
    private record Idle(int partitions, double cores, double heapMb) {}

    private record Result(
            int busy,
            double alone,
            double crowded,
            List<Idle> curve,
            double pausedCores,
            double sourceGrowthMb,
            double startS) {
        double growthMb() {
            return curve.get(curve.size() - 1).heapMb() - curve.get(0).heapMb();
        }

        double activeCores() {
            return curve.get(curve.size() - 1).cores();
        }

        int total() {
            return busy + curve.get(curve.size() - 1).partitions();
        }
    }

    @Override
    public void run(Lab lab, Options options, Report report) {
        int busy = options.pick(10, 40);
        int idle = options.pick(1000, 4000) - busy;
        long records = options.pick(400, 2000) * 1000L;
        lab.settle();
        try (TestCluster source = lab.stock("source");
                TestCluster destination = lab.linked("destination");
                ClusterLinkAdmin links = ClusterLinkAdmin.over(destination.admin())) {
            List.of("warm", "alone-0", "crowded-0", "alone-1", "crowded-1")
                    .forEach(topic -> Filler.fill(source, topic, busy, 1000, records, Filler.LARGE_BATCH));
            new Links(destination).create("bench", source);
            copy(lab, source, destination, "warm", busy);
            double alone = Math.max(
                    copy(lab, source, destination, "alone-0", busy), copy(lab, source, destination, "alone-1", busy));
            double sourceHeap = ProcessStats.liveHeapMb(source.broker(1).pid());
            List<Idle> curve = new ArrayList<>();
            double start = grow(source, destination, links, idle, options, curve);
            double crowded = Math.max(
                    copy(lab, source, destination, "crowded-0", busy),
                    copy(lab, source, destination, "crowded-1", busy));
            double sourceGrowth = ProcessStats.liveHeapMb(source.broker(1).pid()) - sourceHeap;
            Topics.get(links.pauseLink("bench", WriteOptions.defaults()));
            ProcessStats.pause(10_000);
            double paused = idleCores(destination.broker(1).pid(), options);
            write(report, new Result(busy, alone, crowded, curve, paused, sourceGrowth, start));
        }
    }

    /** Mirrors more and more idle partitions and looks at the destination each time; returns seconds that starting took. */
    private static double grow(
            TestCluster source,
            TestCluster destination,
            ClusterLinkAdmin links,
            int idle,
            Options options,
            List<Idle> curve) {
        long pid = destination.broker(1).pid();
        double seconds = 0;
        List<String> topics =
                IntStream.range(0, idle / PER_TOPIC).mapToObj(i -> "idle-" + i).toList();
        for (int step = 0; step <= STEPS; step++) {
            int from = topics.size() * Math.max(0, step - 1) / STEPS;
            int to = topics.size() * step / STEPS;
            if (to > from) {
                MirrorCrowd.createTopics(source, topics.subList(from, to), PER_TOPIC);
                seconds += MirrorCrowd.mirror(links, "bench", topics.subList(from, to));
                Lab.say("  %d idle partitions mirrored after %.1f s", to * PER_TOPIC, seconds);
            }
            ProcessStats.pause(options.pick(8_000, 30_000));
            double cores = idleCores(pid, options);
            curve.add(new Idle(to * PER_TOPIC, cores, ProcessStats.liveHeapMb(pid)));
        }
        return seconds;
    }

    private static double copy(Lab lab, TestCluster source, TestCluster destination, String topic, int partitions) {
        long bytes = Transfer.segmentBytes(source.broker(1), topic, partitions);
        WarmMemory memory = lab.settle(source.broker(1), topic, partitions);
        MirrorCrowd.request(destination, "bench", topic);
        List<Long> pids = List.of(source.broker(1).pid(), destination.broker(1).pid());
        Transfer transfer = Transfer.ofSegments(destination.broker(1), topic, partitions, bytes, pids, memory);
        double speed = transfer.megabytesPerSecond(bytes);
        Lab.say("  %s: %.2f s, %.0f MB/s", topic, transfer.seconds(), speed);
        return speed;
    }

    private static double idleCores(long pid, Options options) {
        int seconds = options.pick(12, 60);
        double before = ProcessStats.cpuSeconds(List.of(pid));
        ProcessStats.pause(seconds * 1000L);
        double cores = (ProcessStats.cpuSeconds(List.of(pid)) - before) / seconds;
        Lab.say("  idle: %.2f %% of a core", cores * 100);
        return cores;
    }

    private static void write(Report report, Result result) {
        Map<String, Double> bars = new LinkedHashMap<>();
        bars.put("cluster links, " + result.busy() + " alone", result.alone());
        bars.put("cluster links, " + result.busy() + " of " + result.total(), result.crowded());
        List<String> steps = result.curve().stream()
                .map(idle -> Integer.toString(idle.partitions()))
                .toList();
        report.section("partitions", "Many partitions")
                .text(
                        "%d mirrored partitions of which %d are busy against %d alone (best of two). Idle CPU: link active less link paused."
                                + " Heap after full collections: growth of the destination less growth of the source, which got the same"
                                + " partitions without mirroring them.",
                        result.total(), result.busy(), result.busy())
                .table(
                        List.of("", ""),
                        List.of(
                                row("busy alone, MB/s", result.alone()),
                                row("busy among idle, MB/s", result.crowded()),
                                row("destination idle, link active, % of a core", result.activeCores() * 100),
                                row("destination idle, link paused, % of a core", result.pausedCores() * 100),
                                row("heap growth of the destination, MB", result.growthMb()),
                                row("heap growth of the source, MB", result.sourceGrowthMb()),
                                row("start of the idle mirrors, s", result.startS())))
                .bars("throughput", "Busy partitions, alone and in a crowd", "MB/s", bars)
                .lines(
                        "cpu",
                        "CPU of the idle destination against idle mirror partitions",
                        "% of a core",
                        false,
                        steps,
                        Map.of(
                                "cluster links",
                                result.curve().stream()
                                        .map(idle -> idle.cores() * 100)
                                        .toList()))
                .lines(
                        "heap",
                        "Heap of the destination against idle mirror partitions",
                        "MB",
                        false,
                        steps,
                        Map.of(
                                "cluster links",
                                result.curve().stream().map(Idle::heapMb).toList()));
        report.atLeast("partitions", "busy among idle / alone", result.crowded() / result.alone(), 0.9, "");
        report.atMost(
                "partitions", "idle CPU of mirroring", (result.activeCores() - result.pausedCores()) * 100, 3, " %");
        report.atMost("partitions", "heap of mirroring", result.growthMb() - result.sourceGrowthMb(), 50, " MB");
    }

    private static List<String> row(String what, double value) {
        return List.of(what, String.format(Locale.ROOT, "%.2f", value));
    }
}
