// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.WireContract;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever is wrong with a command is said in one line within ten seconds, and nothing is left half made. */
class BadInputIT {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final String LINK = "good";

    private static TestCluster source;
    private static TestCluster destination;
    private static Links links;
    private static Set<String> topicsBefore;
    private static String linksBefore;

    @BeforeAll
    static void start() {
        source = TestCluster.builder("source")
                .config("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer")
                .config("allow.everyone.if.no.acl.found", "true")
                .start();
        destination = TestCluster.builder("destination").agent().start();
        Workload.onNewTopic(source, "one", 1, Map.of()).plain(1);
        Workload.onNewTopic(source, "taken", 1, Map.of()).plain(1);
        Workload.onNewTopic(source, "mirrored", 1, Map.of()).plain(1);
        Workload.onNewTopic(source, "secret", 1, Map.of()).plain(1);
        allowOnly("User:alice", "secret", AclOperation.READ);
        Workload.onNewTopic(destination, "taken", 1, Map.of()).plain(1);
        links = new Links(destination);
        links.create(LINK, source);
        links.mirror(LINK, "mirrored");
        topicsBefore = topics();
        linksBefore = linkNames();
    }

    @AfterAll
    static void stop() {
        Fixtures.close(destination, source);
    }

    @AfterEach
    void nothingIsLeftHalfMade() {
        assertThat(topics()).isEqualTo(topicsBefore);
        assertThat(linkNames()).isEqualTo(linksBefore);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            describe --link nope                                                    | nope
            alter --link nope --add-config replica.fetch.wait.max.ms=100            | nope
            pause --link nope                                                       | nope
            resume --link nope                                                      | nope
            delete --link nope                                                      | nope
            mirrors create --link nope --topic one                                  | nope
            mirrors describe --link nope --topic one                                | nope
            mirrors describe --link good --topic nope                               | nope
            mirrors pause --link good --topic nope                                  | nope
            mirrors resume --link good --topic nope                                 | nope
            mirrors promote --link good --topic nope                                | nope
            mirrors failover --link good --topic nope                               | nope
            mirrors create --link good --topic nope                                 | nope
            mirrors create --link good --topic renamed --source-topic nope          | nope
            mirrors create --link good --topic taken                                | taken
            mirrors create --link good --topic mirrored --config mirror.start.offset.spec=latest | mirrored
            mirrors create --link good --topic secret                               | secret
            mirrors create --link good --topic one --replication-factor 3           | 3
            mirrors create --link good --topic one --config no.such.key=1           | no.such.key
            mirrors create --link good --topic one --config mirror.start.offset.spec=noon | noon
            mirrors create --link good --topic bad/name --source-topic one          | bad/name
            mirrors create --link good --topic __cluster_links --source-topic one   | __cluster_links
            alter --link good --add-config no.such.key=1                            | no.such.key
            alter --link good --add-config replica.fetch.wait.max.ms=soon           | replica.fetch.wait.max.ms
            alter --link good --delete-config bootstrap.servers                     | bootstrap.servers
            alter --link good --add-config cluster.link.prefix=x-                   | cluster.link.prefix
            alter --link good --add-config consumer.offset.sync.enable=true         | consumer.offset.group.filters
            alter --link good --add-config auto.create.mirror.topics.enable=true    | auto.create.mirror.topics.filters
            alter --link good --add-config acl.sync.enable=true                     | acl.filters
            alter --link good --add-config consumer.group.prefix.enable=true        | consumer.group.prefix.enable
            alter --link good --add-config consumer.offset.group.filters=all        | consumer.offset.group.filters
            alter --link good --add-config auto.create.mirror.topics.filters={"topicFilters":[{"nam":"a"}]} | $.topicFilters[0]
            alter --link good --add-config auto.create.mirror.topics.filters={"topicFilters":[{"name":"(","patternType":"REGEX"}]} | $.topicFilters[0].name
            alter --link good --add-config acl.filters={"aclFilters":[{"resource":{}}]} | 'resource'
            alter --link good --add-config consumer.offset.group.filters={"groupFilters":[{"name":"a"},{"name":"a","filterType":"EXCLUDE"}]} | contradicts
            alter --link good --add-config consumer.offset.group.filters={"groupFilters":[{"name":"a"},{"name":"*","filterType":"EXCLUDE"}]} | $.groupFilters[1]
            alter --link good --add-config auto.create.mirror.topics.filters={"topicFilters":[{"name":"ab"},{"name":"a","patternType":"PREFIXED","filterType":"EXCLUDE"}]} | $.topicFilters[0]
            alter --link good --add-config consumer.offset.sync.ms=99               | consumer.offset.sync.ms
            alter --link good --add-config acl.sync.ms=99                           | acl.sync.ms
            alter --link good --add-config topic.config.sync.ms=99                  | topic.config.sync.ms
            alter --link good --add-config metadata.max.age.ms=99                   | metadata.max.age.ms
            alter --link good --add-config topic.config.sync.include=no.such        | topic.config.sync.include
            alter --link good --add-config topic.config.sync.exclude=cleanup.policy | topic.config.sync.exclude
            mirrors create --link good --topic one --adopt                          | one
            mirrors repair --link good --topic nope                                 | nope
            delete --link good                                                      | mirrored
            """)
    void namesWhatIsWrong(String command, String named) {
        assertRefused(named, command.split(" "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"bad.name", "bad name", "bad/name", "bäd"})
    void refusesLinkNamesThatAreNotAllowed(String name) {
        Cli.Result result =
                links.cli().run("create", "--link", name, "--config", "bootstrap.servers=" + source.bootstrap());
        assertOneLine(result, name.equals("bäd") ? "allowed" : name);
        assertThat(result.exitCode()).as(result.toString()).isIn(1, 2);
    }

    @Test
    void refusesALinkNameThatIsTooLong() {
        assertRefused("allowed", "create", "--link", "x".repeat(101), "--config", bootstrap(source.bootstrap()));
    }

    @Test
    void refusesConfigsOfANewLink() {
        assertRefused("no.such.key", create("--config", bootstrap(source.bootstrap()), "--config", "no.such.key=1"));
        assertRefused(
                "num.cluster.link.fetchers",
                create("--config", bootstrap(source.bootstrap()), "--config", "num.cluster.link.fetchers=many"));
        assertRefused("nonsense", create("--config", bootstrap("nonsense")));
    }

    @Test
    void aPrefixThatMakesIllegalNamesIsRefused() {
        for (String prefix : List.of("a/", "__cluster_link.", "x".repeat(249))) {
            assertRefused(
                    "cluster.link.prefix",
                    create("--config", bootstrap(source.bootstrap()), "--config", "cluster.link.prefix=" + prefix));
        }
    }

    @Test
    void oneWrongConfigOfSeveralLeavesAllAsTheyWere() {
        String before = links.describe(LINK).get("replica.fetch.wait.max.ms");

        assertRefused(
                "acl.sync.ms",
                "alter",
                "--link",
                LINK,
                "--add-config",
                "replica.fetch.wait.max.ms=123",
                "--add-config",
                "acl.sync.ms=99");

        assertThat(links.describe(LINK)).containsEntry("replica.fetch.wait.max.ms", before);
    }

    /** One that is there just as asked for is what was asked for: a command whose answer was lost comes again. */
    @Test
    void refusesALinkThatExistsAndIsAnother() {
        String[] create = {"create", "--link", LINK, "--config", bootstrap(source.bootstrap())};
        assertThat(links.cli().run(create).exitCode()).isZero();

        assertRefused(
                "exists already",
                "create",
                "--link",
                LINK,
                "--config",
                bootstrap(source.bootstrap()),
                "--config",
                "metadata.max.age.ms=1234");
    }

    @Test
    void refusesTheDestinationAsItsOwnSource() {
        assertRefused(destination.clusterId(), create("--config", bootstrap(destination.bootstrap())));
    }

    @Test
    void saysThatTheSourceIsDown() {
        String address = "127.0.0.1:" + Ports.free();
        assertRefused(address, create("--config", bootstrap(address)));
    }

    @Test
    void saysThatTheSourcesNameIsUnknown() {
        assertRefused("no-such-host.invalid", create("--config", bootstrap("no-such-host.invalid:9092")));
    }

    @Test
    void saysThatTheSourceSpeaksAnotherProtocol() throws IOException {
        try (Impostor impostor = new Impostor("HTTP/1.1 400 Bad Request\r\n\r\n")) {
            assertRefused(impostor.address(), create("--config", bootstrap(impostor.address())));
        }
    }

    @Test
    void saysThatTheSourceDoesNotAnswer() throws IOException {
        try (Impostor impostor = new Impostor("")) {
            assertRefused(impostor.address(), create("--config", bootstrap(impostor.address())));
        }
    }

    @Test
    void saysThatTheSourceDoesNotSpeakTls() {
        assertRefused("TLS", create("--config", bootstrap(source.bootstrap()), "--config", "security.protocol=SSL"));
    }

    @Test
    void refusesAnAddressOfAnotherClusterForAnExistingLink() {
        assertRefused(
                destination.clusterId(), "alter", "--link", LINK, "--add-config", bootstrap(destination.bootstrap()));
    }

    @Test
    void refusesAStateThatDoesNotExist() {
        Map<String, String> bogus = new HashMap<>(Map.of(WireContract.DESIRED_STATE, "BOGUS"));
        for (LinkResource resource : List.of(new LinkResource.Link(LINK), new LinkResource.Mirror(LINK, "mirrored"))) {
            assertThat(Clients.failure(() -> Topics.alterAsync(destination.admin(), resource.resourceName(), bogus)
                            .get()))
                    .hasValueSatisfying(failure -> assertThat(failure).hasMessageContaining("BOGUS"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nonsense",
                "create",
                "create --link",
                "create --link l",
                "mirrors",
                "mirrors create --link l",
                "list --bogus"
            })
    void tellsUsageErrorsByExitCode2(String command) {
        Cli.Result result = links.cli().run(command.isEmpty() ? new String[0] : command.split(" "));
        assertThat(result.exitCode()).as(result.toString()).isEqualTo(2);
        assertThat(result.stderr()).isNotBlank();
    }

    @Test
    void saysThatTheClusterHasNoPlugin() {
        Cli.Result result = new Cli(source.bootstrap()).run("list");
        assertThat(result.exitCode()).as(result.toString()).isEqualTo(1);
        assertOneLine(result, "plugin");
    }

    private static String[] create(String... options) {
        String[] command = new String[options.length + 3];
        System.arraycopy(new String[] {"create", "--link", "fresh"}, 0, command, 0, 3);
        System.arraycopy(options, 0, command, 3, options.length);
        return command;
    }

    private static String bootstrap(String servers) {
        return "bootstrap.servers=" + servers;
    }

    private static void assertRefused(String named, String... command) {
        Cli.Result result = links.cli().run(command);
        assertThat(result.exitCode()).as(result.toString()).isEqualTo(1);
        assertOneLine(result, named);
    }

    private static void assertOneLine(Cli.Result result, String named) {
        assertThat(result.stderr().lines()).as(result.toString()).hasSize(1);
        assertThat(result.stderr()).contains(named).doesNotContain("Exception");
        assertThat(result.elapsed()).as(result.toString()).isLessThan(LIMIT);
    }

    private static Set<String> topics() {
        return new TreeSet<>(Topics.get(destination.admin().listTopics().names()));
    }

    private static String linkNames() {
        JsonNode list = links.cli().json("list");
        return list.findValuesAsText("link").toString();
    }

    private static void allowOnly(String principal, String topic, AclOperation operation) {
        AclBinding binding = new AclBinding(
                new ResourcePattern(ResourceType.TOPIC, topic, PatternType.LITERAL),
                new AccessControlEntry(principal, "*", operation, AclPermissionType.ALLOW));
        Topics.get(source.admin().createAcls(List.of(binding)).all());
    }

    /** Something that listens and is not Kafka: says its line to whoever connects, or nothing. */
    private static final class Impostor implements AutoCloseable {
        private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));

        Impostor(String line) throws IOException {
            Thread thread = new Thread(() -> serve(line), "impostor");
            thread.setDaemon(true);
            thread.start();
        }

        String address() {
            return "127.0.0.1:" + server.getLocalPort();
        }

        private void serve(String line) {
            try {
                while (true) {
                    Socket socket = server.accept();
                    socket.getOutputStream().write(line.getBytes(StandardCharsets.US_ASCII));
                    socket.getOutputStream().flush();
                }
            } catch (IOException e) {
                // Closed: the test is over.
            }
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }
}
