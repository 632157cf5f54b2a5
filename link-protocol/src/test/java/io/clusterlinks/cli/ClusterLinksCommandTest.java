// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.client.FakeAdmin;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ClusterLinksCommandTest extends CommandTest {
    @TempDir
    Path directory;

    @Test
    void createSaysWhatItDid() {
        assertThat(out).isEqualTo("Created link 'east'." + System.lineSeparator());
        assertThat(err).isEmpty();
        assertThat(cluster.config("east", "bootstrap.servers")).isEqualTo("a:1,b:2");
    }

    @Test
    void globalOptionsMayStandAfterTheCommand() {
        assertThat(runBare("list", "--output", "JSON", "--bootstrap-server", "here:9092"))
                .isZero();

        assertThat(json().get(0).get("link").asText()).isEqualTo("east");
        assertThat(connectedWith).containsEntry("bootstrap.servers", "here:9092");
    }

    @Test
    void dryRunChangesNothing() {
        assertThat(run("create --link west --config bootstrap.servers=a:1 --dry-run"))
                .isZero();

        assertThat(out).startsWith("Dry run: would create link 'west'");
        assertThat(cluster.hasLink("west")).isFalse();
    }

    @Test
    void secretsComeFromAFileAndAreNeverRepeated() throws IOException {
        Path file = Files.writeString(
                directory.resolve("link.properties"),
                "bootstrap.servers=a:1\nsasl.jaas.config=x required password=\"hush\";\n");

        assertThat(run("create --link west --config-file " + file)).isZero();
        assertThat(run("describe --link west")).isZero();

        assertThat(cluster.config("west", "sasl.jaas.config")).contains("hush");
        assertThat(out).contains("sasl.jaas.config").contains("(hidden)").doesNotContain("hush");
    }

    @Test
    void alterTakesListsAsKafkaConfigsDoes() {
        assertThat(run("alter --link east --add-config bootstrap.servers=[c:3,d:4],client.rack=r --delete-config"
                        + " metadata.max.age.ms,retries"))
                .isZero();

        assertThat(cluster.writes.get(1).get("__cluster_link.east"))
                .containsExactly(
                        "SET bootstrap.servers=c:3,d:4",
                        "SET client.rack=r",
                        "DELETE metadata.max.age.ms=",
                        "DELETE retries=");
    }

    @Test
    void refusalsAreOneLineOnStderr() {
        assertThat(run("describe --link nowhere")).isEqualTo(1);

        assertThat(out).isEmpty();
        assertThat(err).isEqualTo("Error: Link 'nowhere' does not exist." + System.lineSeparator());
    }

    @Test
    void whatIsNotUnderstoodExitsWithTwo() {
        for (String arguments : List.of(
                "",
                "create",
                "create --link x",
                "create --link x --config novalue",
                "alter --link east",
                "mirrors",
                "mirrors create --link east",
                "mirrors create --link east --topic a --topic b --source-topic s",
                "mirrors create --link east --topic a --config replication.factor=three",
                "mirrors promote",
                "mirrors promote --all",
                "mirrors promote --all --link east --topic a",
                "mirrors promote --topic a --wait-timeout 5",
                "list --output xml",
                "lst")) {
            assertThat(run(arguments)).describedAs(arguments).isEqualTo(2);
            assertThat(err.lines()).describedAs(arguments).hasSize(1);
            assertThat(err).startsWith("Error: ").contains("--help'");
        }
        assertThat(runBare("list")).isEqualTo(2);
        assertThat(err).contains("--bootstrap-server");
    }

    @Test
    void misspeltCommandsAreAnsweredWithTheRightOne() {
        run("lst");

        assertThat(err).contains("'lst'; did you mean 'list'?");
    }

    @Test
    void everyCommandHasHelpWithExamples() {
        for (String command :
                List.of("create", "list", "describe", "alter", "delete", "pause", "resume", "brokers", "mirrors")) {
            assertThat(run(command + " --help")).isZero();
            assertThat(out).contains("Examples, after").contains("Usage: kafka-cluster-links.sh " + command);
        }
        for (String command : List.of("create", "list", "describe", "pause", "resume", "promote", "failover")) {
            assertThat(run("mirrors " + command + " --help")).isZero();
            assertThat(out).contains("Examples, after");
        }
        assertThat(run("--version")).isZero();
        assertThat(out).startsWith("kafka-cluster-links ");
    }

    @Test
    void examplesCanBeCopied() {
        List<CommandLine> commands = new ArrayList<>(List.of(ClusterLinksCommand.commandLine(Admin::create, time)));
        for (int i = 0; i < commands.size(); i++) {
            commands.addAll(commands.get(i).getSubcommands().values());
            assertThat(commands.get(i).getCommandSpec().usageMessage().footer())
                    .isNotEmpty()
                    .allSatisfy(line -> assertThat(line.length()).isLessThan(80));
        }
        assertThat(commands).hasSizeGreaterThan(15);
    }

    @Test
    void deleteOfALinkInUseShowsTheBrokersRefusal() {
        run("mirrors create --link east --topic a");

        assertThat(run("delete --link east")).isEqualTo(1);
        assertThat(err).contains("1 mirror topics that are not stopped");
        assertThat(run("delete --link east --force")).isZero();
    }

    @Test
    void jsonHasEveryKeyOfTheDocumentedSchema() {
        run("mirrors create --link east --topic t");

        assertThat(keys("list"))
                .containsExactly("link", "state", "bootstrapServers", "sourceClusterId", "mirrors", "reason");
        assertThat(keys("describe --link east"))
                .containsExactly(
                        "link",
                        "desiredState",
                        "state",
                        "reason",
                        "sinceMs",
                        "sourceClusterId",
                        "configs",
                        "mirrors",
                        "tasks",
                        "throttle");
        assertThat(names(json().get(0).get("configs").get(0)))
                .containsExactly("name", "value", "isDefault", "isSensitive");
        assertThat(keys("brokers"))
                .containsExactly(
                        "broker", "coordinator", "pluginVersion", "kafkaVersion", "imageOffset", "lastReportMs");
        assertThat(keys("mirrors list"))
                .containsExactly(
                        "link", "topic", "sourceTopic", "state", "partitions", "lagRecords", "lagMs", "reason");
        assertThat(keys("mirrors describe"))
                .containsExactly(
                        "topic",
                        "link",
                        "sourceTopic",
                        "state",
                        "reason",
                        "desiredState",
                        "stopMode",
                        "sinceMs",
                        "lagRecords",
                        "lagMs",
                        "replicationFactor",
                        "startOffsetSpec",
                        "partitions",
                        "events");
        assertThat(names(json().get(0).get("partitions").get(0)))
                .containsExactly(
                        "partition",
                        "state",
                        "leader",
                        "sourceLeader",
                        "sourceStartOffset",
                        "sourceEndOffset",
                        "startOffset",
                        "endOffset",
                        "lagRecords",
                        "lagMs",
                        "lastFetchMs",
                        "bytes",
                        "error");
        assertThat(keys("pause --link east")).containsExactly("link", "topic", "action", "dryRun", "error", "note");
    }

    @Test
    void brokersWithoutThePluginAreNamed() {
        assertThat(runWith(properties -> FakeAdmin.withoutPlugin(), "--bootstrap-server", "x:1", "list"))
                .isEqualTo(1);

        assertThat(err).startsWith("Error: Broker at broker-1:9092 runs without the cluster-links plugin.");
        assertThat(err.lines()).hasSize(1);
    }
}
