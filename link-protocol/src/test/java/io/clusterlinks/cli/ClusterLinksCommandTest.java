// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.clusterlinks.client.FakeAdmin;
import io.clusterlinks.client.FakeCluster;
import io.clusterlinks.client.FakeTime;
import io.clusterlinks.protocol.Json;
import io.clusterlinks.protocol.MirrorState;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ClusterLinksCommandTest {
    private final FakeCluster cluster = new FakeCluster();
    private final FakeTime time = new FakeTime();
    private Properties connectedWith;
    private String out;
    private String err;

    @TempDir
    Path directory;

    @BeforeEach
    void createLink() {
        assertThat(run("create --link east --config bootstrap.servers=a:1,b:2")).isZero();
    }

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
    void mirrorConfigsAreTopicConfigsButForTwo() {
        assertThat(run("mirrors create --link east --topic t --config replication.factor=2 --config"
                        + " mirror.start.offset.spec=latest --config retention.ms=5"))
                .isZero();

        assertThat(cluster.writes.get(1).get("__cluster_link.east.topic.t"))
                .contains(
                        "SET replication.factor=2",
                        "SET mirror.start.offset.spec=latest",
                        "SET topic.config.override.retention.ms=5");
    }

    @Test
    void createWaitsUntilLevel() {
        cluster.onCreate(mirror -> {
            mirror.lags.clear();
            // One per poll; within a second only the first is shown.
            mirror.lags.addAll(List.of(5000L, 4000L, 3500L, 3000L, 2500L, 2000L, 1000L, 0L));
        });

        assertThat(run("mirrors create --link east --topic t --wait")).isZero();

        assertThat(err.lines())
                .containsExactly(
                        "t: ACTIVE, lag 5,000 records, 10.0 s",
                        "t: ACTIVE, lag 2,000 records, 4.0 s",
                        "t: level with the source");
    }

    @Test
    void createStopsWaitingForAMirrorThatFailed() {
        cluster.onCreate(mirror -> {
            mirror.state = MirrorState.FAILED;
            mirror.reason = "The source topic is gone.";
        });

        assertThat(run("mirrors create --link east --topic t --wait")).isEqualTo(1);

        assertThat(err)
                .contains("Error: Topic 't' is not level with the source: it is FAILED: The source topic is gone.");
    }

    @Test
    void promoteFindsTheLinkAndWaits() {
        run("mirrors create --link east --topic t");
        cluster.mirror("east", "t").lags.addAll(List.of(7L, 0L));

        assertThat(run("mirrors promote --topic t --wait")).isZero();

        assertThat(out).contains("Promotion of mirror topic 't' of link 'east' is under way.");
        assertThat(err).contains("t: PENDING_STOPPED, lag 7 records").endsWith("t: stopped" + System.lineSeparator());
        assertThat(cluster.mirror("east", "t").state).isEqualTo(MirrorState.STOPPED);
    }

    @Test
    void promotionThatTakesTooLongIsGivenUp() {
        run("mirrors create --link east --topic t");
        cluster.mirror("east", "t").lags.clear();
        cluster.mirror("east", "t").lags.add(9L);

        assertThat(run("mirrors promote --topic t --wait --wait-timeout 3")).isEqualTo(1);

        assertThat(err).contains("'t' was not level with the source within 3 s; its promotion was given up");
        assertThat(cluster.mirror("east", "t").state).isEqualTo(MirrorState.ACTIVE);
    }

    @Test
    void allMeansAllThatAreNotStopped() {
        run("mirrors create --link east --topic a --topic b");
        cluster.mirror("east", "a").state = MirrorState.STOPPED;

        assertThat(run("mirrors failover --all --link east --wait")).isZero();

        assertThat(out).contains("'b'").doesNotContain("'a'");
    }

    @Test
    void unknownTopicsAreNamed() {
        assertThat(run("mirrors pause --topic ghost")).isEqualTo(1);
        assertThat(err).contains("'ghost' is not a mirror topic of any link");
        assertThat(run("mirrors describe --topic ghost --link east")).isEqualTo(1);
        assertThat(err).contains("'ghost' is not a mirror topic of link 'east'");
    }

    @Test
    void oneRefusedTopicIsNamedAndTheOthersGoThrough() {
        run("mirrors create --link east --topic a");

        assertThat(run("mirrors create --link east --topic a --topic b")).isEqualTo(1);

        assertThat(err).isEqualTo("Error: Mirror topic 'a' already exists." + System.lineSeparator());
        assertThat(out).contains("Created mirror topic 'b'");
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
                        "link", "desiredState", "state", "reason", "sinceMs", "sourceClusterId", "configs", "mirrors");
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
        assertThat(keys("pause --link east")).containsExactly("link", "topic", "action", "dryRun", "error");
    }

    @Test
    void tablesAreAligned() {
        run("mirrors create --link east --topic t --topic longer");

        assertThat(run("mirrors list")).isZero();

        assertThat(out.lines())
                .containsExactly(
                        "LINK  TOPIC   SOURCE TOPIC  STATE   PARTITIONS  LAG RECORDS  LAG TIME  REASON",
                        "east  longer  longer        ACTIVE           1            0     0.0 s  -",
                        "east  t       t             ACTIVE           1            0     0.0 s  -");
    }

    @Test
    void describeShowsLeadersOffsetsLagAndEvents() {
        run("mirrors create --link east --topic t");

        assertThat(run("mirrors describe --topic t")).isZero();

        assertThat(out)
                .contains("Source topic:  t")
                .contains("1970-01-01T00:00:01Z (9.0 s ago)")
                .contains("4.0 KiB")
                .contains("partition 0: dropped 3 records");
    }

    @Test
    void brokersWithoutThePluginAreNamed() {
        assertThat(runWith(properties -> FakeAdmin.withoutPlugin(), "--bootstrap-server", "x:1", "list"))
                .isEqualTo(1);

        assertThat(err).startsWith("Error: Broker at broker-1:9092 runs without the cluster-links plugin.");
        assertThat(err.lines()).hasSize(1);
    }

    private List<String> keys(String command) {
        assertThat(run(command + " --output json")).isZero();
        return names(json().get(0));
    }

    private static List<String> names(JsonNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private JsonNode json() {
        return Json.read(out, JsonNode.class);
    }

    private int run(String arguments) {
        List<String> all = new ArrayList<>(List.of("--bootstrap-server", "here:9092"));
        all.addAll(arguments.isEmpty() ? List.of() : List.of(arguments.split(" ")));
        return runBare(all.toArray(new String[0]));
    }

    private int runBare(String... arguments) {
        return runWith(
                properties -> {
                    connectedWith = properties;
                    return FakeAdmin.of(cluster);
                },
                arguments);
    }

    private int runWith(Function<Properties, Admin> factory, String... arguments) {
        StringWriter stdout = new StringWriter();
        StringWriter stderr = new StringWriter();
        CommandLine command = ClusterLinksCommand.commandLine(factory, time)
                .setOut(new PrintWriter(stdout))
                .setErr(new PrintWriter(stderr));
        int code = command.execute(arguments);
        out = stdout.toString();
        err = stderr.toString();
        return code;
    }
}
