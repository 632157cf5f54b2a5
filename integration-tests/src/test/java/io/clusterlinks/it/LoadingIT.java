// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The agent in every kind of JVM that an operator's KAFKA_OPTS reaches. */
class LoadingIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final Distribution DISTRIBUTION = Distribution.find();

    @Test
    void worksInBrokerOnlyNodesAndDoesNothingInControllers() {
        try (TestCluster source = TestCluster.builder("source").heapMb(256).start();
                TestCluster destination = TestCluster.builder("destination")
                        .separateController()
                        .agentOnControllers()
                        .agent()
                        .heapMb(256)
                        .start()) {
            // Given a broker-only node and a controller that both load the agent
            Workload.onNewTopic(source, "one", 1, Map.of()).compressions();
            Links links = new Links(destination);

            // When a topic is mirrored
            links.create("east", source);
            links.mirror("east", "one");

            // Then it is equal; the broker's log tells the plugin, the controller's does not
            new TopicComparison(source, "one", destination, "one")
                    .awaitLevel(Duration.ofSeconds(60))
                    .compare()
                    .orThrow();
            assertThat(destination.broker(1).log())
                    .containsIgnoringCase("Kafka Cluster Links")
                    .contains("0.1.0");
            assertThat(destination.controllers().get(0).log()).doesNotContain("ERROR");
        }
    }

    @Test
    void mirrorsNothingWhileABrokerCouldNotFence() {
        try (TestCluster source = TestCluster.builder("source").heapMb(256).start();
                TestCluster destination = TestCluster.builder("destination")
                        .brokers(2)
                        .agentOn(1)
                        .heapMb(256)
                        .start()) {
            // Given a cluster of which one broker runs without the plugin
            Workload.onNewTopic(source, "one", 1, Map.of()).plain(1);

            // When a topic shall be mirrored; a client asks any broker, so it tries until the one with the plugin is
            // asked
            Cli cli = new Cli(destination.bootstrap());

            // Then that is refused, naming the broker, and nothing is left; the link itself cannot be created either if
            // that broker was chosen to lead the state
            Await.untilPasses(TIMEOUT, () -> {
                Cli.Result refused =
                        cli.run("create", "--link", "east", "--config", "bootstrap.servers=" + source.bootstrap());
                if (refused.exitCode() == 0 || refused.stderr().contains("exists already")) {
                    refused = cli.run("mirrors", "create", "--link", "east", "--topic", "one");
                }
                assertThat(refused.exitCode()).as(refused.toString()).isEqualTo(1);
                assertThat(refused.stderr()).contains("[2]").contains("plugin");
            });
            assertThat(Topics.exists(destination.admin(), "one")).isFalse();
        }
    }

    @Test
    void aBrokerThatWasAwayKnowsTheMirrorsBeforeItMayLead() {
        try (TestCluster source = TestCluster.builder("source").heapMb(256).start();
                TestCluster destination = TestCluster.builder("destination")
                        .brokers(2)
                        .separateController()
                        .agent()
                        .heapMb(256)
                        .start()) {
            // Given a mirror that was made while one of two brokers was away
            Workload.onNewTopic(source, "one", 1, Map.of()).plain(1);
            Links links = new Links(destination);
            links.create("east", source);
            int away = awayFromTheState(destination);
            destination.broker(away).kill();
            links.mirror("east", "one");

            // When that broker returns
            destination.restart(away);

            // Then it has read of the mirror before the controller let it lead
            String log = destination.broker(away).log();
            assertThat(log.substring(log.lastIndexOf("the snapshot knows")))
                    .containsSubsequence(
                            "and 0 mirror topics", "and 1 mirror topics, up to offset", "has been unfenced");
        }
    }

    /** The broker that does not lead the state topic. */
    private static int awayFromTheState(TestCluster cluster) {
        String state = "__cluster_links";
        int leader = Topics.get(cluster.admin()
                        .describeTopics(List.of(state))
                        .topicNameValues()
                        .get(state))
                .partitions()
                .get(0)
                .leader()
                .id();
        return leader == 1 ? 2 : 1;
    }

    @Test
    void doesNothingInTheJvmOfATool() throws IOException, InterruptedException {
        // When a tool that needs no cluster is started with and without the agent
        String plain = runTool(List.of());
        String withAgent = runTool(List.of("-javaagent:" + DISTRIBUTION.pluginJar()));

        // Then it prints the same
        assertThat(withAgent).isEqualTo(plain).contains("4.3.1");
    }

    @Test
    void runsWithoutALinkLikeAnyBroker() {
        try (TestCluster cluster =
                TestCluster.builder("idle").agent().heapMb(256).start()) {
            // Given a broker with the plugin and no link
            // When it is used
            try (Workload workload = Workload.onNewTopic(cluster, "one", 2, Map.of())) {
                workload.hostile().commitOpen();
            }

            // Then it behaves like any other, and restarts
            cluster.restart(1);
            assertThat(new TopicComparison(cluster, "one", cluster, "one")
                            .compare()
                            .records())
                    .isPositive();
            assertThat(new Links(cluster).cli().json("list")).isEmpty();
        }
    }

    private static String runTool(List<String> options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(Distribution.java().toString()));
        command.addAll(options);
        command.addAll(List.of("-cp", DISTRIBUTION.brokerClassPath(true), "kafka.Kafka", "--version"));
        Path output = Files.createTempFile("tool", ".out");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        String text = Files.readString(output);
        Files.delete(output);
        return text;
    }
}
