// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import io.clusterlinks.it.Distribution;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs the scenarios, writes docs/benchmarks, and in a full run fails where a target is missed. */
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
        return all;
    }

    public static void main(String[] arguments) throws IOException {
        Path root = Distribution.find().root();
        Options options = Options.parse(List.of(arguments), root);
        if (!SCENARIOS.keySet().containsAll(options.only())) {
            System.err.println("benchmark: --only knows " + String.join(",", SCENARIOS.keySet()));
            System.exit(2);
        }
        Report report = new Report();
        Machine machine = Machine.look();
        Lab lab = new Lab();
        boolean failed = false;
        for (Map.Entry<String, Scenario> scenario : SCENARIOS.entrySet()) {
            if (options.only().isEmpty() || options.only().contains(scenario.getKey())) {
                failed |= !run(scenario.getKey(), scenario.getValue(), lab, options, report);
                ReportWriter.write(report, machine, options);
            }
        }
        boolean missed = report.targets().stream().anyMatch(target -> !target.met());
        System.exit(failed || (missed && !options.quick()) ? 1 : 0);
    }

    /** A scenario that breaks is said so in the report; the others run on. */
    private static boolean run(String name, Scenario scenario, Lab lab, Options options, Report report) {
        Lab.say("%s (load average %.2f)", name, Machine.currentLoad());
        double load = Machine.currentLoad();
        try {
            scenario.run(lab, options, report);
            report.load(name, load);
            return true;
        } catch (IOException | RuntimeException | AssertionError e) {
            e.printStackTrace();
            report.section(name, name).text("Failed: " + e);
            return false;
        }
    }
}
