// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** One Kafka node in its own JVM, with its storage and its log file. Not thread-safe. */
public final class BrokerProcess {
    /** The main class of a broker. */
    static final String KAFKA = "kafka.Kafka";

    private static final long STOP_TIMEOUT_S = 60;
    /** What is not of a replica. */
    private static final Set<String> KEPT_WHEN_WIPED =
            Set.of("meta.properties", "bootstrap.checkpoint", "__cluster_metadata-0");

    private final Distribution distribution;
    private final Spec spec;
    private Process process;

    /**
     * What a node is.
     *
     * @param jmxPort -1 if JMX is not open
     * @param properties its server.properties, {@code log.dirs} and ports included
     * @param features {@code name=level} as for kafka-storage.sh format
     * @param agent whether the plugin is loaded
     * @param main its main class
     */
    public record Spec(
            int id,
            Path dir,
            String clusterId,
            int port,
            int jmxPort,
            Map<String, String> properties,
            List<String> features,
            List<String> jvmOptions,
            boolean agent,
            String main) {
        private boolean isKraft() {
            return properties.containsKey("process.roles");
        }
    }

    BrokerProcess(Distribution distribution, Spec spec) {
        this.distribution = distribution;
        this.spec = spec;
    }

    public int id() {
        return spec.id();
    }

    public int port() {
        return spec.port();
    }

    /** The address at which a listener is reached. */
    public String address(String listener) {
        return Arrays.stream(spec.properties().get("advertised.listeners").split(","))
                .filter(address -> address.startsWith(listener + "://"))
                .map(address -> address.substring(listener.length() + 3))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("No listener " + listener));
    }

    public int jmxPort() {
        return spec.jmxPort();
    }

    /** What the process writes: log and standard error, appended over restarts. */
    public Path logFile() {
        return spec.dir().resolve("server.log");
    }

    public Path propertiesFile() {
        return spec.dir().resolve("server.properties");
    }

    /** Directory of one replica's log, wherever it lies now; in the first log directory if there is none. */
    public Path replicaDir(String topic, int partition) {
        String name = topic + "-" + partition;
        return logDirs().stream()
                .map(dir -> dir.resolve(name))
                .filter(Files::exists)
                .findFirst()
                .orElse(dataDir().resolve(name));
    }

    /** The first log directory. */
    public Path dataDir() {
        return logDirs().get(0);
    }

    public List<Path> logDirs() {
        return Arrays.stream(spec.properties().get("log.dirs").split(","))
                .map(Path::of)
                .toList();
    }

    /** Deletes every replica's log, as if the disks had been replaced and formatted again; only while it does not run. */
    public void wipe() {
        if (isAlive()) {
            throw new IllegalStateException("Broker " + id() + " runs");
        }
        for (Path dir : logDirs()) {
            try (Stream<Path> all = Files.list(dir)) {
                all.filter(path -> !KEPT_WHEN_WIPED.contains(path.getFileName().toString()))
                        .forEach(TestCluster::delete);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    public long pid() {
        return process.pid();
    }

    public boolean isController() {
        return spec.properties().get("process.roles").contains("controller");
    }

    public boolean isAlive() {
        return process != null && process.isAlive();
    }

    /** Writes the properties and formats the storage, if that must be; once, before the first start. */
    void format() {
        try {
            Files.createDirectories(spec.dir());
            Properties properties = new Properties();
            properties.putAll(spec.properties());
            try (OutputStream out = Files.newOutputStream(propertiesFile())) {
                properties.store(out, null);
            }
            if (spec.isKraft()) {
                formatStorage();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private void formatStorage() throws IOException, InterruptedException {
        List<String> options = new ArrayList<>(List.of("-Xmx128m", "-XX:TieredStopAtLevel=1"));
        options.addAll(ClassArchives.of(distribution).broker());
        List<String> command = new ArrayList<>(javaCommand(options, false));
        command.addAll(List.of("kafka.tools.StorageTool", "format", "--cluster-id", spec.clusterId()));
        command.addAll(List.of("--config", propertiesFile().toString()));
        spec.features().forEach(feature -> command.addAll(List.of("--feature", feature)));
        Process format = launch(command);
        if (!format.waitFor(STOP_TIMEOUT_S, TimeUnit.SECONDS) || format.exitValue() != 0) {
            format.destroyForcibly();
            throw new IllegalStateException("Could not format node " + id() + ":\n" + logTail(20));
        }
    }

    /** Starts the process; does not wait until it serves. */
    public void start() {
        start(spec.agent());
    }

    /** As above, as somebody does who has forgotten to load the plugin. */
    public void startWithoutPlugin() {
        start(false);
    }

    private void start(boolean agent) {
        try {
            List<String> command = new ArrayList<>(javaCommand(spec.jvmOptions(), agent));
            command.addAll(List.of(spec.main(), propertiesFile().toString()));
            process = launch(command);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Stops the process as an operator would; kills it if it does not end. */
    public void stop() {
        if (isAlive()) {
            signal("CONT");
            process.destroy();
            awaitExit();
        }
    }

    /** kill -9. */
    public void kill() {
        if (isAlive()) {
            process.destroyForcibly();
            awaitExit();
        }
    }

    /** SIGSTOP: the process freezes, its connections stay open. */
    public void freeze() {
        signal("STOP");
    }

    public void thaw() {
        signal("CONT");
    }

    /** Waits for the process to end by itself. */
    public int awaitExit() {
        try {
            if (!process.waitFor(STOP_TIMEOUT_S, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    public String log() {
        try {
            return Files.exists(logFile()) ? Files.readString(logFile(), StandardCharsets.UTF_8) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String logTail(int lines) {
        List<String> all = log().lines().toList();
        return String.join("\n", all.subList(Math.max(0, all.size() - lines), all.size()));
    }

    private List<String> javaCommand(List<String> options, boolean agent) {
        Stream<String> agentOption = agent ? Stream.of("-javaagent:" + distribution.pluginJar()) : Stream.of();
        return Stream.of(
                        Stream.of(Distribution.java().toString()),
                        options.stream(),
                        // Libraries that a killed process has unpacked go with the cluster.
                        Stream.of("-Djava.io.tmpdir=" + spec.dir()),
                        Stream.of("-Dlog4j2.configurationFile=" + distribution.loggingConfig()),
                        agentOption,
                        Stream.of("-cp", distribution.brokerClassPath(agent)))
                .flatMap(part -> part)
                .toList();
    }

    private Process launch(List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.redirectOutput(ProcessBuilder.Redirect.appendTo(logFile().toFile()));
        // What a developer's shell sets for Kafka must not change the brokers under test.
        Stream.of("JAVA_TOOL_OPTIONS", "KAFKA_OPTS", "KAFKA_HEAP_OPTS").forEach(builder.environment()::remove);
        return builder.start();
    }

    private void signal(String name) {
        try {
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private static IllegalStateException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IllegalStateException(e);
    }
}
