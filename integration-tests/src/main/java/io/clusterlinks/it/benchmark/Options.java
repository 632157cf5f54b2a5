// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What to run and how large.
 *
 * @param only scenarios to run; empty means all
 * @param jfr where to put a profile of the destination broker in the backlog case, in place of measuring; null to measure
 */
record Options(boolean quick, Set<String> only, Path output, Path jfr, int backlogMb) {
    static Options parse(List<String> arguments, Path root) {
        boolean quick = arguments.contains("--quick");
        String only = value(arguments, "--only", "");
        String jfr = value(arguments, "--jfr", "");
        Path output = Path.of(
                value(arguments, "--output", root.resolve("docs/benchmarks").toString()));
        return new Options(
                quick,
                only.isEmpty() ? Set.of() : new TreeSet<>(Arrays.asList(only.split(","))),
                output,
                jfr.isEmpty() ? null : Path.of(jfr).toAbsolutePath(),
                Integer.parseInt(value(arguments, "--backlog-mb", quick ? "1000" : "2000")));
    }

    private static String value(List<String> arguments, String name, String fallback) {
        int at = arguments.indexOf(name);
        return at < 0 ? fallback : arguments.get(at + 1);
    }

    int pick(int quickValue, int fullValue) {
        return quick ? quickValue : fullValue;
    }
}
