// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Locale;
import java.util.Map;

/** Writes a report as Markdown with charts beside it. */
final class ReportWriter {
    private ReportWriter() {}

    static void write(Report report, Machine machine, Options options) throws IOException {
        Files.createDirectories(options.output());
        StringBuilder page = new StringBuilder("# Benchmarks\n\n");
        page.append("Written by `bin/benchmark.sh")
                .append(options.quick() ? " --quick" : "")
                .append('`');
        page.append(" on ").append(machine.date()).append(". All contenders in one run on one machine:\n");
        page.append(String.format(
                Locale.ROOT,
                "%s, %d cores, %s of memory, %s, %s; load average before the start %.2f. Every cluster, the load and the measuring share"
                        + " these cores.%n%n",
                machine.cpu(),
                machine.cores(),
                machine.memory(),
                machine.kernel(),
                machine.java(),
                machine.load()));
        page.append("## Targets\n\n| scenario | ratio or figure | measured | target | |\n|---|---|---|---|---|\n");
        report.targets().forEach(target -> page.append(target.row()).append('\n'));
        report.broken().forEach((scenario, why) -> page.append("| ")
                .append(scenario)
                .append(" | not measured: ")
                .append(why)
                .append(" | | | **broken** |\n"));
        page.append('\n');
        for (Report.Section section : report.sections()) {
            page.append(section.markdown());
            for (Map.Entry<String, String> chart : section.charts().entrySet()) {
                Files.writeString(options.output().resolve(chart.getKey()), chart.getValue());
            }
        }
        page.append(configs());
        Files.writeString(options.output().resolve("README.md"), page);
        Lab.say("Report: %s", options.output().resolve("README.md"));
    }

    private static String configs() {
        StringBuilder text = new StringBuilder("## Configs\n\n");
        text.append(
                        "Brokers: Apache Kafka 4.3.1, single, combined with the controller, replication factor 1; server.properties as"
                                + " `TestClusterBuilder` writes it. JVM of every broker: `")
                .append(Lab.JVM)
                .append("`.\n");
        text.append(
                "Links: all configs at their defaults. The replica fetcher: two such brokers, all at its defaults.\n\n");
        text.append("MirrorMaker 2: `-Xms256M -Xmx2G` and G1 as above, and\n\n");
        Tuning.DEFAULTS.complete("SOURCE", "DESTINATION", "TOPIC").forEach((key, value) -> text.append("    ")
                .append(key)
                .append('=')
                .append(value)
                .append('\n'));
        for (Tuning tuning : Tuning.ALL) {
            text.append("\nTuning \"")
                    .append(tuning.name())
                    .append("\" adds")
                    .append(tuning.properties().isEmpty() ? " nothing.\n" : "\n\n");
            new java.util.TreeMap<>(tuning.properties()).forEach((key, value) -> text.append("    ")
                    .append(key)
                    .append('=')
                    .append(value)
                    .append('\n'));
        }
        return text.toString();
    }
}
