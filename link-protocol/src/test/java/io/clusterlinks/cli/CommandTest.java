// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.clusterlinks.client.FakeAdmin;
import io.clusterlinks.client.FakeCluster;
import io.clusterlinks.client.FakeTime;
import io.clusterlinks.protocol.Json;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.BeforeEach;
import picocli.CommandLine;

/** Runs commands against a cluster in memory that has a link called east. */
abstract class CommandTest {
    final FakeCluster cluster = new FakeCluster();
    final FakeTime time = new FakeTime();
    Properties connectedWith;
    String out;
    String err;

    @BeforeEach
    final void createLink() {
        assertThat(run("create --link east --config bootstrap.servers=a:1,b:2")).isZero();
    }

    final List<String> keys(String command) {
        assertThat(run(command + " --output json")).isZero();
        return names(json().get(0));
    }

    static List<String> names(JsonNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    final JsonNode json() {
        return Json.read(out, JsonNode.class);
    }

    final int run(String arguments) {
        List<String> all = new ArrayList<>(List.of("--bootstrap-server", "here:9092"));
        all.addAll(arguments.isEmpty() ? List.of() : List.of(arguments.split(" ")));
        return runBare(all.toArray(new String[0]));
    }

    final int runBare(String... arguments) {
        return runWith(
                properties -> {
                    connectedWith = properties;
                    return FakeAdmin.of(cluster);
                },
                arguments);
    }

    final int runWith(Function<Properties, Admin> factory, String... arguments) {
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
