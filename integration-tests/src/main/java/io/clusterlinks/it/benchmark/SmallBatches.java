// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import io.clusterlinks.it.Links;
import io.clusterlinks.it.TestCluster;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The worst case for whoever walks batches: each holds one record of 100 bytes. */
final class SmallBatches implements Scenario {
    private static final String TOPIC = "small";
    private static final int PARTITIONS = 4;

    @Override
    public void run(Lab lab, Options options, Report report) {
        long records = options.pick(200, 2000) * 1000L;
        Map<String, Double> speeds = new LinkedHashMap<>();
        List<List<String>> rows = new ArrayList<>();
        try (TestCluster source = lab.stock("source")) {
            Filler.fill(source, TOPIC, PARTITIONS, 100, records, 0);
            links(lab, source, records, speeds, rows);
            for (Tuning tuning : options.quick() ? List.of(Tuning.THROUGHPUT) : Tuning.ALL) {
                mirrorMaker(lab, source, tuning, records, speeds, rows);
            }
        }
        report.section("small", "Small batches")
                .text("%d records of 100 B, each in a batch of its own, 4 partitions.", records)
                .table(List.of("contender", "s", "records/s", "CPU-s per million"), rows)
                .bars("throughput", "Batches of one 100 B record", "records/s", speeds);
        report.atLeast("small", "speed / MirrorMaker 2", Wan.ratio(speeds), 5, "");
    }

    private static void links(
            Lab lab, TestCluster source, long records, Map<String, Double> speeds, List<List<String>> rows) {
        try (TestCluster destination = lab.linked("destination")) {
            new Links(destination).create("bench", source);
            lab.awaitQuiet(destination.broker(1));
            WarmMemory memory = lab.settle(source.broker(1), TOPIC, PARTITIONS);
            MirrorCrowd.request(destination, "bench", TOPIC);
            List<Long> pids =
                    List.of(source.broker(1).pid(), destination.broker(1).pid());
            long bytes = Transfer.segmentBytes(source.broker(1), TOPIC, PARTITIONS);
            Transfer transfer = Transfer.ofSegments(destination.broker(1), TOPIC, PARTITIONS, bytes, pids, memory);
            note("cluster links", transfer, records, speeds, rows);
        }
    }

    private static void mirrorMaker(
            Lab lab,
            TestCluster source,
            Tuning tuning,
            long records,
            Map<String, Double> speeds,
            List<List<String>> rows) {
        try (TestCluster destination = lab.stock("destination")) {
            lab.awaitQuiet(destination.broker(1));
            WarmMemory memory = lab.settle(source.broker(1), TOPIC, PARTITIONS);
            try (MirrorMaker mirrorMaker = lab.mirrorMaker(source, destination, TOPIC, tuning)) {
                List<Long> pids =
                        List.of(source.broker(1).pid(), destination.broker(1).pid(), mirrorMaker.pid());
                Transfer transfer = Transfer.ofRecords(destination, TOPIC, records, pids, memory);
                note("MirrorMaker 2, " + tuning.name(), transfer, records, speeds, rows);
            }
        }
    }

    private static void note(
            String contender, Transfer transfer, long records, Map<String, Double> speeds, List<List<String>> rows) {
        double speed = transfer.perSecond(records);
        speeds.put(contender, speed);
        rows.add(List.of(
                contender,
                String.format(Locale.ROOT, "%.2f", transfer.seconds()),
                String.format(Locale.ROOT, "%.0f", speed),
                String.format(Locale.ROOT, "%.2f", transfer.cpuSeconds() / (records * transfer.part() / 1e6))));
        Lab.say("  %s: %.2f s, %.0f records/s", contender, transfer.seconds(), speed);
    }
}
