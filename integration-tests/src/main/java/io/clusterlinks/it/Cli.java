// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import com.fasterxml.jackson.databind.JsonNode;
import io.clusterlinks.protocol.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** {@code kafka-cluster-links.sh} of the distribution, run as a user runs it. */
public final class Cli {
    private static final Duration TIMEOUT = Duration.ofSeconds(120);

    private final Distribution distribution;
    private final String bootstrap;

    public Cli(String bootstrap) {
        this(Distribution.find(), bootstrap);
    }

    public Cli(Distribution distribution, String bootstrap) {
        this.distribution = distribution;
        this.bootstrap = bootstrap;
    }

    /** What a run left: exit code, both outputs, and how long it took. */
    public record Result(List<String> command, int exitCode, String stdout, String stderr, Duration elapsed) {
        /** Throws unless the command succeeded. */
        public Result orThrow() {
            if (exitCode != 0) {
                throw new IllegalStateException(this.toString());
            }
            return this;
        }

        public JsonNode json() {
            return Json.read(stdout, JsonNode.class);
        }

        @Override
        public String toString() {
            return String.join(" ", command) + " -> exit code " + exitCode + " after " + elapsed.toMillis()
                    + " ms\nstdout: " + stdout + "\nstderr: " + stderr;
        }
    }

    /** Runs a command against the cluster. */
    public Result run(String... arguments) {
        return run(ClassArchives.of(distribution).cli(), List.of(arguments));
    }

    /** As above, with these options for the JVM. */
    Result run(List<String> options, List<String> arguments) {
        List<String> all = new ArrayList<>(List.of("--bootstrap-server", bootstrap));
        all.addAll(arguments);
        return raw(options, all);
    }

    /** Runs a command and returns its JSON; throws if it failed. */
    public JsonNode json(String... arguments) {
        List<String> all = new ArrayList<>(List.of("--bootstrap-server", bootstrap, "--output", "json"));
        all.addAll(List.of(arguments));
        return raw(all).orThrow().json();
    }

    /** Runs the script with exactly these arguments. */
    public Result raw(List<String> arguments) {
        return raw(ClassArchives.of(distribution).cli(), arguments);
    }

    private Result raw(List<String> options, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(distribution.cliScript().toString()));
        command.addAll(arguments);
        try {
            Path out = Files.createTempFile("cli", ".out");
            Path err = Files.createTempFile("cli", ".err");
            ProcessBuilder builder = new ProcessBuilder(command);
            builder.environment().put("KAFKA_HOME", distribution.kafkaHome().toString());
            builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
            builder.environment().put("CLUSTER_LINKS_OPTS", String.join(" ", options));
            builder.redirectOutput(out.toFile()).redirectError(err.toFile());
            long start = System.nanoTime();
            Process process = builder.start();
            if (!process.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly().waitFor();
            }
            Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
            Result result = new Result(
                    command,
                    process.exitValue(),
                    Files.readString(out).strip(),
                    Files.readString(err).strip(),
                    elapsed);
            Files.delete(out);
            Files.delete(err);
            return result;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
