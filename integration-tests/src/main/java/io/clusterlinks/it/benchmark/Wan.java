// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import io.clusterlinks.it.Links;
import io.clusterlinks.it.TestCluster;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** One partition over a long line: the source is reached through a proxy that delays and does not throttle. */
final class Wan implements Scenario {
    private static final String TOPIC = "wan";
    private static final int[] ROUND_TRIPS_MS = {50, 100};

    @Override
    public void run(Lab lab, Options options, Report report) {
        long records = options.pick(200, 1000) * 1000L;
        List<DelayProxy> line = new ArrayList<>();
        Report.Section section = report.section("wan", "One partition over a long line")
                .text(
                        "%d MB of 1 kB records in 128 kB batches in one partition, through a proxy that delays each byte by half the round trip and does"
                                + " not limit throughput.",
                        records / 1000);
        try (TestCluster source = lab.cluster("source")
                .advertised(port -> {
                    line.add(DelayProxy.before(port));
                    return line.get(0).port();
                })
                .start()) {
            Filler.fill(source, TOPIC, 1, 1000, records, Filler.LARGE_BATCH);
            for (int roundTrip : ROUND_TRIPS_MS) {
                line.get(0).roundTrip(roundTrip);
                Map<String, Double> speeds = speeds(lab, options, source, records);
                section.table(
                        List.of("contender, " + roundTrip + " ms", "MB/s"),
                        speeds.entrySet().stream()
                                .map(entry ->
                                        List.of(entry.getKey(), String.format(Locale.ROOT, "%.1f", entry.getValue())))
                                .toList());
                section.bars(roundTrip + "ms", "One partition, " + roundTrip + " ms round trip", "MB/s", speeds);
                report.atLeast("wan", "speed / MirrorMaker 2 at " + roundTrip + " ms", ratio(speeds), 4, "");
            }
        } finally {
            line.forEach(DelayProxy::close);
        }
    }

    private static Map<String, Double> speeds(Lab lab, Options options, TestCluster source, long records) {
        Map<String, Double> speeds = new LinkedHashMap<>();
        long bytes = Transfer.segmentBytes(source.broker(1), TOPIC, 1);
        links(lab, source, bytes, speeds);
        for (Tuning tuning : options.quick() ? List.of(Tuning.THROUGHPUT) : Tuning.ALL) {
            try (TestCluster destination = lab.stock("destination")) {
                lab.awaitQuiet(destination.broker(1));
                WarmMemory memory = lab.settle(source.broker(1), TOPIC, 1);
                try (MirrorMaker mirrorMaker = lab.mirrorMaker(source, destination, TOPIC, tuning)) {
                    List<Long> pids = List.of(destination.broker(1).pid());
                    Transfer transfer = Transfer.ofRecords(destination, TOPIC, records, pids, memory);
                    note("MirrorMaker 2, " + tuning.name(), transfer, bytes, speeds);
                }
            }
        }
        return speeds;
    }

    private static void links(Lab lab, TestCluster source, long bytes, Map<String, Double> speeds) {
        try (TestCluster destination = lab.linked("destination")) {
            new Links(destination).create("bench", source);
            lab.awaitQuiet(destination.broker(1));
            WarmMemory memory = lab.settle(source.broker(1), TOPIC, 1);
            MirrorCrowd.request(destination, "bench", TOPIC);
            List<Long> pids = List.of(destination.broker(1).pid());
            note(
                    "cluster links",
                    Transfer.ofSegments(destination.broker(1), TOPIC, 1, bytes, pids, memory),
                    bytes,
                    speeds);
        }
    }

    private static void note(String contender, Transfer transfer, long bytes, Map<String, Double> speeds) {
        speeds.put(contender, transfer.megabytesPerSecond(bytes));
        Lab.say("  %s: %.2f s, %.1f MB/s", contender, transfer.seconds(), speeds.get(contender));
    }

    /** Cluster links at their defaults to the best of MirrorMaker 2. */
    static double ratio(Map<String, Double> speeds) {
        double best = speeds.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith("MirrorMaker"))
                .mapToDouble(Map.Entry::getValue)
                .max()
                .orElseThrow();
        return speeds.get("cluster links") / best;
    }
}
