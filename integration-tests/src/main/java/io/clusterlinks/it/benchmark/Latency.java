// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import io.clusterlinks.it.Await;
import io.clusterlinks.it.Links;
import io.clusterlinks.it.TestCluster;
import io.clusterlinks.it.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * From the producer at the source to a consumer at the destination, at a high and at a low rate. First the consumer reads
 * the source itself: what no mirroring can be faster than on this machine. It also leaves a source whose code is compiled,
 * for whoever comes first.
 */
final class Latency implements Scenario {
    private static final int PARTITIONS = 4;
    private static final int HIGH_RATE = 20_000;
    /** The high one first: what the clusters have not compiled by then they would compile for minutes at the low one. */
    private static final int[] RATES = {HIGH_RATE, 500};

    private static final String THE_SOURCE = "none: the source is read";
    private static final String LINKS = "cluster links";
    private static final List<Double> PERCENTILES = List.of(50.0, 90.0, 95.0, 99.0, 99.9, 100.0);
    private static final List<String> STEPS = List.of("50 %", "90 %", "95 %", "99 %", "99.9 %", "all");

    /** {@code latencies} in ms at {@link #PERCENTILES}. */
    private record Run(String contender, int rate, List<Double> latencies, double cores) {
        double p50() {
            return latencies.get(0);
        }

        double p99() {
            return latencies.get(3);
        }
    }

    @Override
    public void run(Lab lab, Options options, Report report) {
        List<Run> runs = new ArrayList<>();
        try (TestCluster source = lab.stock("source")) {
            createTopics(source);
            for (int rate : RATES) {
                List<Long> pids = List.of(source.broker(1).pid());
                runs.add(measure(options, THE_SOURCE, rate, source, source, pids));
            }
            clusterLinks(lab, options, source, runs);
            for (Tuning tuning : options.quick() ? List.of(Tuning.LATENCY) : Tuning.ALL) {
                mirrorMaker(lab, options, source, tuning, runs);
            }
        }
        write(report, runs);
    }

    private static String topic(int rate) {
        return "latency-" + rate;
    }

    private static void createTopics(TestCluster source) {
        for (int rate : RATES) {
            Topics.create(source.admin(), topic(rate), PARTITIONS, Map.of());
        }
    }

    /** So that nothing is left to catch up with. */
    private static void createTopicsAnew(Lab lab, TestCluster source) {
        List<String> topics = Arrays.stream(RATES).mapToObj(Latency::topic).toList();
        Topics.get(source.admin().deleteTopics(topics).all());
        for (String topic : topics) {
            Await.until(topic + " is gone", Duration.ofSeconds(20), () -> !Topics.exists(source.admin(), topic));
        }
        createTopics(source);
        lab.settle();
    }

    private static void clusterLinks(Lab lab, Options options, TestCluster source, List<Run> runs) {
        createTopicsAnew(lab, source);
        try (TestCluster destination = lab.linked("destination")) {
            Links links = new Links(destination);
            links.create("bench", source);
            for (int rate : RATES) {
                links.mirror("bench", topic(rate));
                List<Long> pids =
                        List.of(source.broker(1).pid(), destination.broker(1).pid());
                runs.add(measure(options, LINKS, rate, source, destination, pids));
            }
        }
    }

    private static void mirrorMaker(Lab lab, Options options, TestCluster source, Tuning tuning, List<Run> runs) {
        createTopicsAnew(lab, source);
        try (TestCluster destination = lab.stock("destination");
                MirrorMaker mirrorMaker = lab.mirrorMaker(source, destination, "latency-.*", tuning)) {
            for (int rate : RATES) {
                List<Long> pids =
                        List.of(source.broker(1).pid(), destination.broker(1).pid(), mirrorMaker.pid());
                runs.add(measure(options, "MirrorMaker 2, " + tuning.name(), rate, source, destination, pids));
            }
        }
    }

    private static Run measure(
            Options options, String contender, int rate, TestCluster source, TestCluster destination, List<Long> pids) {
        var partitions = Topics.partitions(source.admin(), topic(rate));
        Await.until(
                topic(rate) + " is mirrored",
                Duration.ofSeconds(60),
                () -> Topics.exists(destination.admin(), topic(rate)));
        // Until records go through in a moment, the tasks are still starting.
        LatencyProbe probe = new LatencyProbe(source, destination, partitions);
        probe.run(100, 0, 3);
        double cpu = ProcessStats.cpuSeconds(pids);
        long start = System.nanoTime();
        // After half a minute at the high rate the compilers are done with most of it.
        int warmUpS = rate == HIGH_RATE ? 30 : options.pick(8, 20);
        double[] sorted = probe.run(rate, warmUpS, options.pick(15, 60));
        double cores = (ProcessStats.cpuSeconds(pids) - cpu) / ((System.nanoTime() - start) / 1e9);
        List<Double> latencies =
                PERCENTILES.stream().map(percent -> percentile(sorted, percent)).toList();
        Run run = new Run(contender, rate, latencies, cores);
        Lab.say("  %s at %d/s: p50 %.2f ms, p99 %.2f ms, %.2f cores", contender, rate, run.p50(), run.p99(), cores);
        return run;
    }

    private static double percentile(double[] sorted, double percent) {
        return sorted[(int) Math.min(sorted.length - 1, sorted.length * percent / 100)];
    }

    private static void write(Report report, List<Run> runs) {
        Report.Section section = report.section("latency", "Latency")
                .text(
                        "1 kB records at a steady rate over 4 partitions, producer with linger 0; from when a record was due to be sent to when a"
                                + " consumer of the copy has it.");
        section.table(
                List.of("contender", "records/s", "p50 ms", "p90", "p95", "p99", "p99.9", "max", "CPU, cores"),
                runs.stream().map(Latency::row).toList());
        for (int rate : RATES) {
            Map<String, List<Double>> lines = new LinkedHashMap<>();
            runs.stream().filter(run -> run.rate == rate).forEach(run -> lines.put(run.contender, run.latencies));
            section.lines(
                    Integer.toString(rate), "Latency of so many records at " + rate + "/s", "ms", true, STEPS, lines);
        }
        double best = runs.stream()
                .filter(run -> run.rate == 500 && run.contender.startsWith("MirrorMaker"))
                .mapToDouble(Run::p99)
                .min()
                .orElseThrow();
        for (Run run : runs) {
            if (run.contender.equals(LINKS)) {
                if (run.rate == 500) {
                    report.atMost("latency", "p99 at 500/s / MirrorMaker 2", run.p99() / best, 0.5, "");
                } else {
                    report.atMost("latency", "p99 at 20,000/s", run.p99(), 10, " ms");
                }
            }
        }
    }

    private static List<String> row(Run run) {
        List<String> row = new ArrayList<>(List.of(run.contender, Integer.toString(run.rate)));
        run.latencies.forEach(latency -> row.add(format(latency)));
        row.add(format(run.cores));
        return row;
    }

    private static String format(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }
}
