// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.client.ClusterLinkAdmin;
import io.clusterlinks.client.NewMirror;
import io.clusterlinks.client.WriteOptions;
import io.clusterlinks.it.Await;
import io.clusterlinks.it.Clients;
import io.clusterlinks.it.Links;
import io.clusterlinks.it.TestCluster;
import io.clusterlinks.it.TopicComparison;
import io.clusterlinks.it.Topics;
import io.clusterlinks.it.Workload;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.WireContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * For each durable step of a transition: the broker dies just before it, or just after it, and comes back. The command
 * has then happened or it has not, repeating it is safe, no client has written to a mirror, and the copy is equal.
 */
@EnabledIfSystemProperty(named = "clusterlinks.long", matches = "true")
class CrashPointIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final WriteOptions IMPATIENT = WriteOptions.defaults().withTimeoutMs(5_000);
    private static final Set<Errors> DONE_ALREADY = Set.of(Errors.DUPLICATE_RESOURCE, Errors.RESOURCE_NOT_FOUND);
    private static final String LINK = "east";

    @TempDir
    private static Path crashes;

    private static TestCluster source;
    private static TestCluster destination;
    private static Links links;
    private static int topics;

    /** A command as a client sends it; returns when it is answered. */
    private interface Command extends Callable<Object> {}

    @BeforeAll
    static void start() throws IOException {
        Path agent = CrashJar.write(Files.createDirectories(crashes));
        source = TestCluster.builder("source").heapMb(256).start();
        destination = TestCluster.builder("destination")
                .agent()
                .heapMb(384)
                .jvm("-Xms64m", "-XX:+UseSerialGC", "-javaagent:" + agent + "=" + crashes)
                .start();
        links = new Links(destination);
        links.create(LINK, source);
    }

    @AfterAll
    static void stop() {
        for (TestCluster cluster : new TestCluster[] {destination, source}) {
            if (cluster != null) {
                cluster.close();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"STATE_UNWRITTEN,1", "STATE_WRITTEN,1"})
    void linkIsCreated(CrashPoint point, int pass) {
        String link = "created-" + point;
        Command create =
                () -> await(admin().createLink(link, Map.of("bootstrap.servers", source.bootstrap()), IMPATIENT));

        crash(point, pass, create);

        repeat(create);
        assertThat(links.describe(link)).containsEntry("bootstrap.servers", source.bootstrap());
    }

    @ParameterizedTest
    @CsvSource({
        "STATE_WRITTEN,1",
        "SNAPSHOT_UNWRITTEN,1",
        "TOPIC_UNREQUESTED,1",
        "TOPIC_REQUESTED,1",
        "TOPIC_CREATED,1",
        "STATE_WRITTEN,2",
        "STATE_WRITTEN,3",
        "LOG_UNSTARTED,1",
        "LOG_STARTED,1",
        "RECORDS_UNWRITTEN,1",
        "RECORDS_WRITTEN,1"
    })
    void mirrorIsCreated(CrashPoint point, int pass) {
        String topic = newTopic();
        Command create = () -> await(admin().createMirrors(LINK, List.of(NewMirror.of(topic)), IMPATIENT)
                .all());

        crash(point, pass, create);

        assertFenced(topic);
        repeat(create);
        links.awaitState(LINK, topic, MirrorState.ACTIVE);
        assertFenced(topic);
        assertEqual(topic);
    }

    @ParameterizedTest
    @CsvSource("STATE_WRITTEN,1")
    void mirrorIsPausedAndResumed(CrashPoint point, int pass) {
        String topic = newMirror();
        Command pause = () ->
                await(admin().pauseMirrors(LINK, List.of(topic), IMPATIENT).all());
        Command resume = () ->
                await(admin().resumeMirrors(LINK, List.of(topic), IMPATIENT).all());

        crash(point, pass, pause);
        repeat(pause);
        links.awaitState(LINK, topic, MirrorState.PAUSED);
        crash(point, pass, resume);
        repeat(resume);

        Workload.onTopic(source, topic, 1).plain(10).close();
        assertEqual(topic);
        assertFenced(topic);
    }

    @ParameterizedTest
    @CsvSource({
        "STATE_WRITTEN,1",
        "STATE_WRITTEN,2",
        "TRANSACTIONS_OPEN,1",
        "RECORDS_WRITTEN,1",
        "STATE_UNWRITTEN,3",
        "STATE_WRITTEN,3",
        "STATE_WRITTEN,4"
    })
    void mirrorIsFailedOver(CrashPoint point, int pass) {
        assertStops(point, pass, topic -> admin().failoverMirrors(LINK, List.of(topic), IMPATIENT)
                .all());
    }

    @ParameterizedTest
    @CsvSource({"STATE_WRITTEN,1", "STATE_WRITTEN,2", "STATE_WRITTEN,4"})
    void mirrorIsPromoted(CrashPoint point, int pass) {
        assertStops(point, pass, topic -> admin().promoteMirrors(LINK, List.of(topic), IMPATIENT)
                .all());
    }

    @ParameterizedTest
    @CsvSource("STATE_WRITTEN,1")
    void linkIsDeleted(CrashPoint point, int pass) {
        String link = "deleted-" + point;
        links.create(link, source);
        Command delete = () -> await(admin().deleteLink(link, false, IMPATIENT));

        crash(point, pass, delete);

        repeat(delete);
        assertThat(links.cli().run("describe", "--link", link).stderr()).contains("does not exist");
    }

    /** Stops a mirror with a transaction that is open at the source; what is acknowledged after that is all there. */
    private static void assertStops(
            CrashPoint point, int pass, java.util.function.Function<String, KafkaFuture<?>> stop) {
        String topic = "stops-" + topics++;
        try (Workload workload = Workload.onNewTopic(source, topic, 1, Map.of())) {
            workload.plain(10).openTransaction();
            links.mirror(LINK, topic);
            assertEqual(topic);
            List<String> copied = Clients.values(source, topic, IsolationLevel.READ_UNCOMMITTED);
            List<String> committed = Clients.values(source, topic, IsolationLevel.READ_COMMITTED);
            Command command = () -> await(stop.apply(topic));

            crash(point, pass, command);

            repeat(command);
            links.awaitState(LINK, topic, MirrorState.STOPPED);
            write(topic);
            assertThat(Clients.values(destination, topic, IsolationLevel.READ_UNCOMMITTED))
                    .isEqualTo(with(copied, "here"));
            assertThat(Clients.values(destination, topic, IsolationLevel.READ_COMMITTED))
                    .isEqualTo(with(committed, "here"));
        }
    }

    private static List<String> with(List<String> values, String last) {
        List<String> all = new ArrayList<>(values);
        all.add(last);
        return all;
    }

    /** Lets the broker die at that point of what the command sets off, and brings it back. */
    private static void crash(CrashPoint point, int pass, Command command) {
        try {
            Files.writeString(crashes.resolve(point.name()), Integer.toString(pass));
            Thread client = new Thread(() -> Clients.failure(command));
            client.setDaemon(true);
            client.start();
            Await.until("crash point " + point, TIMEOUT, () -> !destination
                    .broker(1)
                    .isAlive());
            assertThat(destination.broker(1).awaitExit())
                    .as(destination.broker(1).logTail(20))
                    .isEqualTo(CrashAgent.EXIT_CODE);
            client.join(TIMEOUT.toMillis());
            destination.restart(1);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Sends a command until it is answered: that it is done, or was done already. */
    private static void repeat(Command command) {
        Await.untilPasses(TIMEOUT, () -> {
            Optional<Throwable> failure = Clients.failure(command);
            if (failure.isPresent() && !DONE_ALREADY.contains(error(failure.get()))) {
                if (!(error(failure.get()).exception() instanceof RetriableException)) {
                    throw new Await.HopelessException(failure.get().toString());
                }
                throw new AssertionError(failure.get());
            }
        });
    }

    private static Errors error(Throwable failure) {
        return failure instanceof LinkException refusal ? refusal.error() : Errors.forException(failure);
    }

    private static Object await(KafkaFuture<?> answer) throws Exception {
        return answer.get();
    }

    private static ClusterLinkAdmin admin() {
        return ClusterLinkAdmin.over(destination.admin());
    }

    private static String newTopic() {
        String topic = "crash-" + topics++;
        try (Workload workload = Workload.onNewTopic(source, topic, 1, Map.of())) {
            workload.compressions().deleteHead(40).transactions();
        }
        return topic;
    }

    private static String newMirror() {
        String topic = newTopic();
        links.mirror(LINK, topic);
        assertEqual(topic);
        return topic;
    }

    /** Nothing that a client writes gets through, whether the topic exists yet or not. */
    private static void assertFenced(String topic) {
        Map<String, Object> impatient = Map.of(
                ProducerConfig.MAX_BLOCK_MS_CONFIG,
                500,
                ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
                1_000,
                ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
                1_000,
                ProducerConfig.LINGER_MS_CONFIG,
                0);
        try (Producer<String, String> producer = Clients.producer(destination, impatient)) {
            assertThat(Clients.failure(() ->
                            producer.send(Clients.record(topic, 0, "intruder")).get()))
                    .isPresent();
        }
    }

    private static void write(String topic) {
        try (Producer<String, String> producer = Clients.producer(destination, Map.of())) {
            Topics.get(producer.send(Clients.record(topic, 0, "here")));
        }
    }

    private static void assertEqual(String topic) {
        new TopicComparison(source, topic, destination, topic)
                .awaitLevel(TIMEOUT)
                .compare()
                .orThrow();
        assertThat(links.describe(LINK, topic)).doesNotContainEntry(WireContract.STATUS_STATE, "FAILED");
    }
}
