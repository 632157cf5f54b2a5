// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What was measured: sections with tables and charts, and targets with what was reached. */
final class Report {
    private final List<Section> sections = new ArrayList<>();
    private final List<Target> targets = new ArrayList<>();
    private final Map<String, String> broken = new LinkedHashMap<>();

    /** One comparison with a bound. */
    record Target(String scenario, String what, double value, boolean atLeast, double bound, String unit) {
        boolean met() {
            return atLeast ? value >= bound : value <= bound;
        }

        String row() {
            return String.format(
                    Locale.ROOT,
                    "| %s | %s | %.2f%s | %s %s%s | %s |",
                    scenario,
                    what,
                    value,
                    unit,
                    atLeast ? ">=" : "<=",
                    bound == Math.rint(bound) ? String.valueOf((long) bound) : String.valueOf(bound),
                    unit,
                    met() ? "met" : "**missed**");
        }
    }

    /** One scenario. */
    static final class Section {
        private final StringBuilder markdown = new StringBuilder();
        private final Map<String, String> charts = new LinkedHashMap<>();
        private final String id;

        Section(String id, String title) {
            this.id = id;
            markdown.append("## ").append(title).append("\n\n");
        }

        Section text(String format, Object... arguments) {
            markdown.append(arguments.length == 0 ? format : String.format(Locale.ROOT, format, arguments))
                    .append("\n\n");
            return this;
        }

        Section table(List<String> head, List<List<String>> rows) {
            markdown.append("| ").append(String.join(" | ", head)).append(" |\n|");
            markdown.append(String.join("|", Collections.nCopies(head.size(), "---")))
                    .append("|\n");
            rows.forEach(
                    row -> markdown.append("| ").append(String.join(" | ", row)).append(" |\n"));
            markdown.append('\n');
            return this;
        }

        Section bars(String name, String title, String unit, Map<String, Double> values) {
            String file = id + "-" + name + ".svg";
            charts.put(file, Chart.bars(title, unit, values));
            markdown.append("![").append(title).append("](").append(file).append(")\n\n");
            return this;
        }

        Section lines(
                String name,
                String title,
                String unit,
                boolean logarithmic,
                List<String> steps,
                Map<String, List<Double>> lines) {
            String file = id + "-" + name + ".svg";
            charts.put(file, LineChart.of(title, unit, logarithmic, steps, lines));
            markdown.append("![").append(title).append("](").append(file).append(")\n\n");
            return this;
        }

        String markdown() {
            return markdown.toString();
        }

        Map<String, String> charts() {
            return charts;
        }
    }

    Section section(String id, String title) {
        Section section = new Section(id, title);
        sections.add(section);
        return section;
    }

    void atLeast(String scenario, String what, double value, double bound, String unit) {
        add(new Target(scenario, what, value, true, bound, unit));
    }

    void atMost(String scenario, String what, double value, double bound, String unit) {
        add(new Target(scenario, what, value, false, bound, unit));
    }

    private void add(Target target) {
        targets.add(target);
        Lab.say("  %s", target.row());
    }

    /** Adds to the last section of a scenario. */
    void note(String scenario, String format, Object... arguments) {
        sections.stream()
                .filter(section -> section.id.equals(scenario))
                .reduce((first, second) -> second)
                .ifPresent(section -> section.text(format, arguments));
    }

    /** The scenario ended early: what it had measured is not shown, since it is not the whole. */
    void broken(String scenario, String why) {
        sections.removeIf(section -> section.id.equals(scenario));
        targets.removeIf(target -> target.scenario().equals(scenario));
        broken.put(scenario, why.replace('|', '/'));
    }

    /** Scenarios that broke, and why. */
    Map<String, String> broken() {
        return broken;
    }

    List<Section> sections() {
        return sections;
    }

    List<Target> targets() {
        return targets;
    }
}
