// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where the build left things: stock Kafka and the plugin's distribution.
 *
 * @param root the project's directory
 * @param kafka where the build assembles the Kafka that test brokers run, in integration-tests
 */
public record Distribution(Path root, String kafka) {
    /** Finds the project from the system property {@code clusterlinks.root} or upwards from the working directory. */
    public static Distribution find() {
        Path start = Path.of(System.getProperty("clusterlinks.root", ""))
                .toAbsolutePath()
                .normalize();
        for (Path dir = start; dir != null; dir = dir.getParent()) {
            if (Files.isDirectory(dir.resolve("link-protocol"))) {
                return new Distribution(dir, "kafka");
            }
        }
        throw new IllegalStateException("Not inside the project: " + start);
    }

    /** The same with an earlier release of Kafka, {@code 2.1} for example. */
    public Distribution of(String release) {
        return new Distribution(root, "kafka-" + release);
    }

    /** An installation of unmodified Kafka: a directory with {@code libs}. */
    public Path kafkaHome() {
        return existing(root.resolve("integration-tests").resolve(kafka).resolve("target/kafka"));
    }

    public Path pluginJar() {
        return existing(root.resolve("broker-plugin/target/dist/libs/kafka-cluster-links.jar"));
    }

    public Path cliScript() {
        return existing(root.resolve("broker-plugin/target/dist/bin/kafka-cluster-links.sh"));
    }

    public Path loggingConfig() {
        return existing(root.resolve("integration-tests/src/main/resources/broker-log4j2.properties"));
    }

    /** The class path of a broker with or without the plugin: beginning alike, for their class archive to serve both. */
    public String brokerClassPath(boolean plugin) {
        String kafka = kafkaHome().resolve("libs") + File.separator + "*";
        return plugin ? kafka + File.pathSeparator + pluginJar() : kafka;
    }

    public static Path java() {
        return Path.of(System.getProperty("java.home"), "bin", "java");
    }

    private static Path existing(Path path) {
        if (!Files.exists(path)) {
            throw new IllegalStateException(path + " is missing; run: mvn -DskipTests package");
        }
        return path;
    }
}
