// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import io.clusterlinks.it.Distribution;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Runs the scenarios and writes docs/benchmarks. Ends with 1 if a target was missed, with 3 if a scenario broke and its
 * targets were not measured.
 */
public final class Benchmark {
    private static final Map<String, Scenario> SCENARIOS = scenarios();

    private Benchmark() {}

    private static Map<String, Scenario> scenarios() {
        Map<String, Scenario> all = new LinkedHashMap<>();
        all.put("backlog", new Backlog());
        all.put("latency", new Latency());
        all.put("stop", new Stop());
        all.put("partitions", new Partitions());
        all.put("small", new SmallBatches());
        all.put("wan", new Wan());
        all.put("produce", new ProducePath());
        all.put("neighbours", new Neighbours());
        return all;
    }

    public static void main(String[] arguments) throws IOException {
        Path root = Distribution.find().root();
        Options options = Options.parse(List.of(arguments), root);
        if (!SCENARIOS.keySet().containsAll(options.only())) {
            System.err.println("benchmark: --only knows " + String.join(",", SCENARIOS.keySet()));
            System.exit(2);
        }
        if (options.jfr() != null) {
            Backlog.profile(new Lab(), options);
            return;
        }
        Report report = new Report();
        Machine machine = Machine.look();
        Lab lab = new Lab();
        boolean broken = false;
        long start = System.nanoTime();
        for (Map.Entry<String, Scenario> scenario : SCENARIOS.entrySet()) {
            if (options.only().isEmpty() || options.only().contains(scenario.getKey())) {
                broken |= !run(scenario.getKey(), scenario.getValue(), lab, options, report);
                ReportWriter.write(report, machine, options);
            }
        }
        Lab.say("%.0f s in all", (System.nanoTime() - start) / 1e9);
        boolean missed = report.targets().stream().anyMatch(target -> !target.met());
        // Clusters that are still there go with this JVM.
        System.exit(broken ? 3 : missed ? 1 : 0);
    }

    /** A scenario that breaks is said so in the report; the others run on. */
    private static boolean run(String name, Scenario scenario, Lab lab, Options options, Report report) {
        double load = Machine.currentLoad();
        Lab.say("%s (load average %.2f)", name, load);
        long start = System.nanoTime();
        try {
            scenario.run(lab, options, report);
            report.note(
                    name,
                    "Load average before this scenario began: %.2f. It took %.0f s.",
                    load,
                    (System.nanoTime() - start) / 1e9);
            return true;
        } catch (IOException | RuntimeException | AssertionError e) {
            e.printStackTrace();
            report.broken(
                    name, String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
            return false;
        }
    }
}
