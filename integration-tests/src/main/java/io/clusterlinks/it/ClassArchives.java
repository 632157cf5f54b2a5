// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The classes of brokers and of the command line as a JVM reads them fastest (class data sharing): tests start hundreds of
 * processes, each of which would parse and verify thousands of classes again. Made once for these jars and this JVM, where
 * the system property {@code clusterlinks.class.archives} is true; tests run without them where that fails.
 *
 * @param broker options for the JVM of a broker, with or without the plugin
 * @param cli options for the JVM of the command line
 */
record ClassArchives(List<String> broker, List<String> cli) {
    private static final boolean WANTED = Boolean.getBoolean("clusterlinks.class.archives");
    private static final ClassArchives NONE = new ClassArchives(List.of(), List.of());
    /** Else a JVM says on standard output what it leaves out. */
    private static final String SILENT = "-Xlog:disable";

    private static final String BROKER = "broker.jsa";
    private static final String CLI = "cli.jsa";

    private static ClassArchives made;

    /** The archives, which the first call makes; from any thread. */
    static synchronized ClassArchives of(Distribution distribution) {
        if (made == null) {
            // What makes them asks, too.
            made = NONE;
            made = WANTED ? find(distribution) : NONE;
        }
        return made;
    }

    private static ClassArchives find(Distribution distribution) {
        try {
            Path directory = distribution.kafkaHome().resolveSibling("classes-" + stamp(distribution));
            if (!Files.exists(directory)) {
                Path making = Files.createTempDirectory(directory.getParent(), "making");
                make(distribution, making);
                Files.move(making, directory, StandardCopyOption.ATOMIC_MOVE);
            }
            return options("-XX:SharedArchiveFile=", directory);
        } catch (IOException | RuntimeException | AssertionError e) {
            System.err.println("Tests take longer without archives of classes: " + e);
            return NONE;
        }
    }

    /** A broker and a question to it, which it does not understand: the plugin is not loaded while that is written down. */
    private static void make(Distribution distribution, Path directory) {
        ClassArchives making = options("-XX:ArchiveClassesAtExit=", directory);
        try (TestCluster cluster = TestCluster.builder("class-archives")
                .jvm(Stream.of(TestClusterBuilder.QUICK_JVM, making.broker)
                        .flatMap(List::stream)
                        .toArray(String[]::new))
                .start()) {
            Topics.create(cluster.admin(), "any", 1, Map.of());
            new Cli(distribution, cluster.bootstrap()).run(making.cli, List.of("list"));
            cluster.broker(1).stop();
        }
        // A JVM that cannot write one, or finds none, says nothing and goes on.
        for (String name : List.of(BROKER, CLI)) {
            if (!Files.exists(directory.resolve(name))) {
                throw new IllegalStateException(name + " was not written");
            }
        }
    }

    private static ClassArchives options(String option, Path directory) {
        return new ClassArchives(
                List.of(option + directory.resolve(BROKER), SILENT), List.of(option + directory.resolve(CLI), SILENT));
    }

    /** Another JVM, or another build of the plugin, needs other archives. */
    private static String stamp(Distribution distribution) throws IOException {
        Map<String, Long> jars = new TreeMap<>();
        try (Stream<Path> libs = Files.list(distribution.kafkaHome().resolve("libs"))) {
            for (Path jar :
                    Stream.concat(libs, Stream.of(distribution.pluginJar())).toList()) {
                jars.put(jar.toString(), Files.getLastModifiedTime(jar).toMillis());
            }
        }
        return Integer.toHexString((Runtime.version() + jars.toString()).hashCode());
    }
}
