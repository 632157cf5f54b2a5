// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import io.clusterlinks.it.Distribution;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** MirrorMaker 2 of stock Kafka in a process of its own, with the heap of {@code connect-mirror-maker.sh}. */
final class MirrorMaker implements AutoCloseable {
    private final Process process;

    private MirrorMaker(Process process) {
        this.process = process;
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    }

    static MirrorMaker start(Path dir, Map<String, String> properties) {
        try {
            Files.createDirectories(dir);
            Path config = dir.resolve("mm2.properties");
            Files.write(
                    config,
                    properties.entrySet().stream()
                            .map(entry -> entry.getKey() + "=" + entry.getValue())
                            .toList());
            Distribution distribution = Distribution.find();
            ProcessBuilder builder = new ProcessBuilder(
                            Distribution.java().toString(),
                            "-Xms256M",
                            "-Xmx2G",
                            "-XX:+AlwaysPreTouch",
                            "-server",
                            "-XX:+UseG1GC",
                            "-XX:MaxGCPauseMillis=20",
                            "-XX:InitiatingHeapOccupancyPercent=35",
                            "-XX:+ExplicitGCInvokesConcurrent",
                            "-Dlog4j2.configurationFile=" + distribution.loggingConfig(),
                            "-cp",
                            distribution.kafkaHome().resolve("libs") + File.separator + "*",
                            "org.apache.kafka.connect.mirror.MirrorMaker",
                            config.toString())
                    .redirectErrorStream(true);
            List.of("JAVA_TOOL_OPTIONS", "KAFKA_OPTS", "KAFKA_HEAP_OPTS").forEach(builder.environment()::remove);
            builder.redirectOutput(dir.resolve("mm2.log").toFile());
            return new MirrorMaker(builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    long pid() {
        return process.pid();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
