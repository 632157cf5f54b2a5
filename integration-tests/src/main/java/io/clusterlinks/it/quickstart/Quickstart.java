// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.quickstart;

import io.clusterlinks.it.Distribution;
import io.clusterlinks.it.TestCluster;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Two clusters on loopback, a link, a mirror, a proof of equality, a promotion. Options: {@code --keep} leaves the
 * clusters running; {@code --mb N} is the load, 400 by default; {@code --terminal} updates progress in place.
 */
public final class Quickstart {
    private static final int LOG_LINES = 15;

    private final Path directory;
    private final boolean keep;
    private final Narrator narrator;
    private final long loadBytes;
    private final List<TestCluster> clusters = new ArrayList<>();

    private Quickstart(Path directory, List<String> arguments) {
        this.directory = directory;
        this.keep = arguments.contains("--keep");
        int mb = arguments.indexOf("--mb");
        this.loadBytes = (mb < 0 ? 400 : Long.parseLong(arguments.get(mb + 1))) * 1_000_000;
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
        this.narrator = new Narrator(out, arguments.contains("--terminal"));
    }

    public static void main(String[] arguments) {
        Path directory = Distribution.find().root().resolve("integration-tests/target/quickstart");
        System.exit(new Quickstart(directory, List.of(arguments)).run());
    }

    private int run() {
        try {
            Story story = new Story(narrator, this::newCluster, loadBytes);
            story.tell();
            if (keep) {
                leaveRunning();
            } else {
                narrator.step("Stop both clusters and remove their files", () -> {
                    closeAll();
                    return null;
                });
            }
            narrator.printSummary(story.facts());
            if (keep) {
                new Playground(narrator, story.source(), story.destination()).print();
            }
            return 0;
        } catch (Narrator.StepFailed failure) {
            tellFailure(failure);
            return 1;
        } finally {
            if (!keep) {
                closeAll();
            }
        }
    }

    private TestCluster newCluster(String name, boolean plugin) {
        // Optimized by the JVM, unlike the brokers of the tests: it shows how fast a copy is.
        var builder = TestCluster.builder(name).in(directory).heapMb(512).jvm("-Xms64m", "-XX:+UseSerialGC");
        TestCluster cluster = (plugin ? builder.agent() : builder).start();
        clusters.add(cluster);
        return cluster;
    }

    private void leaveRunning() {
        List<String> pids = clusters.stream()
                .flatMap(cluster -> cluster.brokers().stream())
                .map(broker -> Long.toString(broker.pid()))
                .toList();
        try {
            Files.write(directory.resolve("pids"), pids);
        } catch (IOException e) {
            throw new Narrator.StepFailed("Leaving the clusters running", e);
        }
        clusters.forEach(TestCluster::detach);
    }

    private void closeAll() {
        clusters.forEach(TestCluster::close);
    }

    /** What failed and why in a few lines; the brokers' logs are kept, since the clusters' files go. */
    private void tellFailure(Narrator.StepFailed failure) {
        PrintStream err = System.err;
        err.println();
        err.println("FAILED: " + failure.getMessage());
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            err.println("  " + cause.getClass().getSimpleName() + ": " + cause.getMessage());
        }
        clusters.stream()
                .flatMap(cluster -> cluster.brokers().stream().map(broker -> {
                    Path copy = directory.resolve("failed-" + cluster.name() + "-" + broker.id() + ".log");
                    return "Log of " + cluster.name() + " broker " + broker.id() + ", kept in "
                            + copied(broker.logFile(), copy) + "; its end:\n" + broker.logTail(LOG_LINES);
                }))
                .forEach(err::println);
    }

    private static Path copied(Path from, Path to) {
        try {
            return Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            return from;
        }
    }
}
