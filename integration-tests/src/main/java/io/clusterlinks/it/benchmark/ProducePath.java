// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import io.clusterlinks.it.Links;
import io.clusterlinks.it.TestCluster;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What topics that are not mirrored pay for the plugin: a stock broker and one with plugin, link and mirror run side by
 * side and are produced to in turns, so that whatever else changes on the machine meets both alike.
 */
final class ProducePath implements Scenario {
    private static final String TOPIC = "ordinary";
    private static final int PARTITIONS = 4;
    /** What two measurements of the same broker may differ by at least. */
    private static final double LEAST_NOISE = 0.03;

    private record Turn(double mbPerSecond, double cpuPerGb) {}

    @Override
    public void run(Lab lab, Options options, Report report) {
        List<Turn> without = new ArrayList<>();
        List<Turn> with = new ArrayList<>();
        for (int pair = 0; pair < options.pick(1, 3); pair++) {
            try (TestCluster source = lab.stock("source");
                    TestCluster stock = lab.stock("stock");
                    TestCluster linked = lab.linked("linked")) {
                Filler.fill(source, "mirrored", 1, 100, 1000, Filler.LARGE_BATCH);
                Links links = new Links(linked);
                links.create("bench", source);
                links.mirror("bench", "mirrored");
                Filler.fill(stock, TOPIC, PARTITIONS, 1000, 300_000, Filler.USUAL_BATCH);
                Filler.fill(linked, TOPIC, PARTITIONS, 1000, 300_000, Filler.USUAL_BATCH);
                for (int turn = 0; turn < options.pick(8, 12); turn++) {
                    boolean stockFirst = turn % 2 == 0;
                    (stockFirst ? without : with).add(turn(lab, stockFirst ? stock : linked));
                    (stockFirst ? with : without).add(turn(lab, stockFirst ? linked : stock));
                }
            }
        }
        write(report, without, with);
    }

    private static Turn turn(Lab lab, TestCluster cluster) {
        long records = 150_000;
        lab.settle();
        List<Long> pid = List.of(cluster.broker(1).pid());
        double cpu = ProcessStats.cpuSeconds(pid);
        long start = System.nanoTime();
        Filler.add(cluster, TOPIC, PARTITIONS, 1000, records, Filler.USUAL_BATCH);
        double seconds = (System.nanoTime() - start) / 1e9;
        double gb = records * 1000 / 1e9;
        return new Turn(gb * 1000 / seconds, (ProcessStats.cpuSeconds(pid) - cpu) / gb);
    }

    private static void write(Report report, List<Turn> without, List<Turn> with) {
        double cpuWithout = middle(without.stream().map(Turn::cpuPerGb).toList(), 0.5);
        double cpuWith = middle(with.stream().map(Turn::cpuPerGb).toList(), 0.5);
        List<Double> sorted = without.stream().map(Turn::cpuPerGb).toList();
        double noise = Math.max(LEAST_NOISE, (middle(sorted, 0.75) - middle(sorted, 0.25)) / cpuWithout);
        double speedWithout = middle(without.stream().map(Turn::mbPerSecond).toList(), 0.5);
        double speedWith = middle(with.stream().map(Turn::mbPerSecond).toList(), 0.5);
        Lab.say("  CPU-s per GB: stock %.2f, with plugin %.2f; noise %.1f %%", cpuWithout, cpuWith, noise * 100);
        report.section("produce", "Topics that are not mirrored")
                .text(
                        "A stock broker, and one with the plugin, a link and a mirror, side by side, produced to in %d turns each: 150 MB of 1 kB"
                                + " records in 16 kB batches, acks 1, to a topic that is not mirrored. Medians. The middle half of the stock broker's"
                                + " own turns differs by %.1f %% in CPU: a smaller difference is none that this can measure.",
                        without.size(), noise * 100)
                .table(
                        List.of("broker", "CPU-s per GB", "MB/s"),
                        List.of(
                                List.of("stock", format(cpuWithout), format(speedWithout)),
                                List.of("with plugin", format(cpuWith), format(speedWith))));
        report.atMost("produce", "broker CPU with plugin / without", cpuWith / cpuWithout, round(1 + noise), "");
    }

    private static double round(double value) {
        return Math.rint(value * 1000) / 1000;
    }

    private static double middle(List<Double> values, double part) {
        List<Double> sorted = values.stream().sorted().toList();
        return sorted.get((int) Math.min(sorted.size() - 1, sorted.size() * part));
    }

    private static String format(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }
}
