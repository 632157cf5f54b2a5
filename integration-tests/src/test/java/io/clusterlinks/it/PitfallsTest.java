// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What other products got wrong has a test here that carries its name, and CONTRIBUTING.md tells which. */
class PitfallsTest {
    private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
    private static final Pattern ROW = Pattern.compile("\\| (.+?) +\\| `(\\w+)\\.(\\w+)` +\\|");
    private static final Pattern NAMED = Pattern.compile(
            "@DisplayName\\(\\s*\"Pitfalls?: ([^\"]+)\"\\)(?:\\s*@\\w+(?:\\([^)]*\\))?)*\\s*void (\\w+)\\(");

    @Test
    void everyPitfallHasATestThatCarriesItsName() throws IOException {
        Map<String, String> tests = namedTests();
        List<Matcher> rows = Files.readAllLines(ROOT.resolve("CONTRIBUTING.md")).stream()
                .map(ROW::matcher)
                .filter(Matcher::matches)
                .toList();

        assertThat(rows).hasSize(17);
        for (Matcher row : rows) {
            assertThat(tests).as("tests named after pitfalls").containsKey(row.group(2) + "." + row.group(3));
            assertThat(tests.get(row.group(2) + "." + row.group(3))).contains(row.group(1));
        }
    }

    /** Names of pitfalls by class and method. */
    private static Map<String, String> namedTests() throws IOException {
        Map<String, String> tests = new TreeMap<>();
        for (String module : List.of("link-protocol", "broker-plugin", "integration-tests")) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/test/java"))) {
                for (Path file :
                        files.filter(path -> path.toString().endsWith(".java")).collect(Collectors.toList())) {
                    String name = file.getFileName().toString().replace(".java", "");
                    Matcher named = NAMED.matcher(read(file));
                    while (named.find()) {
                        tests.put(name + "." + named.group(2), named.group(1));
                    }
                }
            }
        }
        return tests;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
