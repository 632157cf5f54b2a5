// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.WireContract;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Links and mirrors from creation to deletion, commands repeated, brokers restarted in the middle. */
class LifecycleIT {
    private static final Duration LEVEL = Duration.ofSeconds(60);

    private static TestCluster source;
    private static TestCluster destination;
    private static Links links;

    @BeforeAll
    static void start() {
        source = TestCluster.builder("source").start();
        destination = TestCluster.builder("destination")
                .config("cluster.link.secret", "a secret that is long enough")
                .agent()
                .start();
        links = new Links(destination);
    }

    @AfterAll
    static void stop() {
        Fixtures.close(destination, source);
    }

    @Test
    void whatACommandCreatedTheNextOneSees() {
        for (int i = 0; i < 3; i++) {
            String link = "seen-" + i;
            links.create(link, source);
            assertThat(links.cli().json("describe", "--link", link).findValuesAsText("link"))
                    .contains(link);
            assertThat(links.cli().json("list").findValuesAsText("link")).contains(link);
            links.run("delete", "--link", link);
            assertThat(links.cli().run("describe", "--link", link).exitCode()).isEqualTo(1);
            assertThat(links.cli().json("list").findValuesAsText("link")).doesNotContain(link);
        }
    }

    /** As {@code kafka-topics.sh --describe} does in one request, which failed on every cluster that had a link. */
    @Test
    void toolsOfTheBrokerDescribeAllTopics() throws Exception {
        links.create("described", source);
        Topics.create(destination.admin(), "ordinary", 1, Map.of());
        Set<String> topics = destination.admin().listTopics().names().get();

        Map<ConfigResource, Config> configs = destination
                .admin()
                .describeConfigs(topics.stream()
                        .map(topic -> new ConfigResource(ConfigResource.Type.TOPIC, topic))
                        .toList())
                .all()
                .get();

        Config stateTopic = configs.get(new ConfigResource(ConfigResource.Type.TOPIC, "__cluster_links"));
        assertThat(stateTopic.get("cleanup.policy").value()).isEqualTo("compact");
        links.run("delete", "--link", "described");
    }

    @Test
    void pausesAndResumesAMirror() {
        // Given a mirror that follows
        Workload workload = newMirror("paused-mirror", "pm");

        // When it is paused twice, and the source goes on
        links.run("mirrors", "pause", "--link", "pm", "--topic", "paused-mirror");
        links.run("mirrors", "pause", "--link", "pm", "--topic", "paused-mirror");
        links.awaitState("pm", "paused-mirror", MirrorState.PAUSED);
        long end = end("paused-mirror");
        workload.plain(10);

        // Then it stays where it is, read-only, until it is resumed
        assertRefused("paused-mirror");
        assertThat(end("paused-mirror")).isEqualTo(end);
        links.run("mirrors", "resume", "--link", "pm", "--topic", "paused-mirror");
        assertAlwaysAvailable("pm", "paused-mirror");
        links.run("mirrors", "resume", "--link", "pm", "--topic", "paused-mirror");
        assertLevel("paused-mirror");
    }

    @Test
    void pausesAndResumesALink() {
        // Given a mirror that follows
        Workload workload = newMirror("paused-by-link", "pl");

        // When its link is paused
        links.run("pause", "--link", "pl");
        links.run("pause", "--link", "pl");
        Await.until("the link is paused", LEVEL, () -> links.describe("pl")
                .get(WireContract.STATUS_STATE)
                .equals("PAUSED"));
        links.awaitState("pl", "paused-by-link", MirrorState.PAUSED);
        workload.plain(10);

        // Then its mirror is read-only and behind until the link is resumed
        assertRefused("paused-by-link");
        links.run("resume", "--link", "pl");
        assertAlwaysAvailable("pl", "paused-by-link");
        assertLevel("paused-by-link");
        links.awaitState("pl", "paused-by-link", MirrorState.ACTIVE);
    }

    @Test
    @DisplayName("Pitfall: secrets in logs")
    void changesConfigsOfALinkWithoutStoppingIt() {
        // Given a mirror that follows
        Workload workload = newMirror("altered", "al");

        // When its link gets other configs, a secret among them
        links.run("alter", "--link", "al", "--add-config", "num.cluster.link.fetchers=2,replica.fetch.wait.max.ms=100");
        links.run("alter", "--link", "al", "--add-config", "ssl.truststore.password=hidden-password");
        workload.plain(10);

        // Then the mirror follows, describe shows what was set, and the secret is nowhere to be read
        assertLevel("altered");
        Map<String, String> entries = links.describe("al");
        assertThat(entries)
                .containsEntry("num.cluster.link.fetchers", "2")
                .containsEntry("ssl.truststore.password", null);
        assertThat(links.run("describe", "--link", "al").stdout()).doesNotContain("hidden-password");
        assertThat(Clients.values(destination, "__cluster_links", IsolationLevel.READ_UNCOMMITTED))
                .noneMatch(value -> value != null && value.contains("hidden-password"));
        assertThat(destination.broker(1).log()).doesNotContain("hidden-password");
        links.run("alter", "--link", "al", "--delete-config", "num.cluster.link.fetchers,ssl.truststore.password");
        assertThat(links.describe("al")).containsEntry("num.cluster.link.fetchers", "1");
    }

    @Test
    @DisplayName("Pitfall: deleting a link with pending topics")
    void deletesALinkWithMirrorsOnlyByForce() {
        // Given a link with a mirror
        newMirror("deleted", "de");

        // When it is deleted without force, then with
        Cli.Result refused = links.cli().run("delete", "--link", "de");
        assertThat(refused.exitCode()).as(refused.toString()).isEqualTo(1);
        assertThat(refused.stderr()).contains("deleted").contains("--force");
        assertThat(links.state("de", "deleted")).isEqualTo(MirrorState.ACTIVE);
        links.run("delete", "--link", "de", "--force");

        // Then the topic is an ordinary one and the link is gone
        Await.until(
                "the link is gone",
                LEVEL,
                () -> !links.cli().json("list").findValuesAsText("link").contains("de"));
        assertThat(write("deleted")).isEmpty();
    }

    /** It was answered as done, since the mirror had not ended yet, and then the mirror ended. */
    @Test
    void createsAMirrorAgainRightAfterItsTopicWasDeleted() {
        // Given a mirror whose topic somebody deletes
        newMirror("again", "ag");
        Topics.get(destination.admin().deleteTopics(List.of("again")).all());

        // When it is created again at once, as often as it says that the command is to be repeated
        Await.untilPasses(LEVEL, () -> {
            Cli.Result result = links.cli().run("mirrors", "create", "--link", "ag", "--topic", "again");
            assertThat(result.exitCode()).as(result.toString()).isZero();
        });

        // Then it is there, and stays when it is created once more
        assertThat(Topics.exists(destination.admin(), "again")).isTrue();
        assertLevel("again");
        links.run("mirrors", "create", "--link", "ag", "--topic", "again");
        assertThat(links.state("ag", "again")).isEqualTo(MirrorState.ACTIVE);
    }

    @Test
    void changesNothingInADryRun() {
        // Given a topic that could be mirrored, and a mirror
        newMirror("dry-mirror", "dry");
        Workload.onNewTopic(source, "dry-candidate", 1, Map.of());
        JsonNode before = links.cli().json("mirrors", "list", "--link", "dry").findValue("state");

        // When everything is tried dry
        links.run("create", "--link", "dry-link", "--config", "bootstrap.servers=" + source.bootstrap(), "--dry-run");
        links.run("mirrors", "create", "--link", "dry", "--topic", "dry-candidate", "--dry-run");
        links.run("alter", "--link", "dry", "--add-config", "num.cluster.link.fetchers=3", "--dry-run");
        links.run("mirrors", "pause", "--link", "dry", "--topic", "dry-mirror", "--dry-run");
        links.run("mirrors", "promote", "--link", "dry", "--topic", "dry-mirror", "--dry-run");
        links.run("mirrors", "failover", "--link", "dry", "--topic", "dry-mirror", "--dry-run");
        Cli.Result nothing =
                links.cli().run("mirrors", "create", "--link", "dry", "--topic", "no-such-topic", "--dry-run");

        // Then nothing has changed, and what would fail fails
        assertThat(links.cli().json("list").findValuesAsText("link")).doesNotContain("dry-link");
        assertThat(Topics.exists(destination.admin(), "dry-candidate")).isFalse();
        assertThat(links.describe("dry")).containsEntry("num.cluster.link.fetchers", "1");
        assertThat(links.state("dry", "dry-mirror").name()).isEqualTo(before.asText());
        assertThat(nothing.exitCode()).as(nothing.toString()).isEqualTo(1);
        assertRefused("dry-mirror");
    }

    @Test
    void stopsOnlyOnceAndSaysSo() {
        // Given a promoted mirror
        newMirror("stopped", "st");
        links.run("mirrors", "promote", "--link", "st", "--topic", "stopped", "--wait");
        assertThat(write("stopped")).isEmpty();

        // When it is promoted and failed over again
        Cli.Result again = links.cli().run("mirrors", "promote", "--link", "st", "--topic", "stopped", "--wait");
        Cli.Result failover = links.cli().run("mirrors", "failover", "--link", "st", "--topic", "stopped", "--wait");
        Cli.Result pause = links.cli().run("mirrors", "pause", "--link", "st", "--topic", "stopped");

        // Then it is still an ordinary topic: repeating is harmless, going back is refused
        assertThat(again.exitCode()).as(again.toString()).isZero();
        assertThat(failover.exitCode()).as(failover.toString()).isZero();
        assertThat(failover.stdout()).contains("has stopped already");
        assertThat(pause.exitCode()).as(pause.toString()).isEqualTo(1);
        assertThat(write("stopped")).isEmpty();
        links.run("delete", "--link", "st");
    }

    @Test
    void startsWhereItIsTold() {
        // Given a topic with two batches of records
        Workload.onNewTopic(source, "late", 1, Map.of()).plain(10);
        links.create("sp", source);

        // When mirrors start at the end
        links.mirror("sp", "late", "--config", "mirror.start.offset.spec=latest");
        Await.until(
                "the start is found",
                LEVEL,
                () -> links.partitions("sp", "late").get(0).lastFetchMs() > 0);
        Workload.onTopic(source, "late", 1).plain(5);

        // Then they have what came later, at the source's offsets
        TopicPartition partition = new TopicPartition("late", 0);
        Await.until("the mirror has the rest", LEVEL, () -> end("late") == 15);
        assertThat(Topics.starts(destination.admin(), List.of(partition))).containsEntry(partition, 10L);
    }

    @Test
    void mirrorsUnderAnotherName() {
        Workload.onNewTopic(source, "original", 1, Map.of()).plain(10);
        links.create("nm", source);
        links.mirror("nm", "renamed", "--source-topic", "original");
        links.create("px", source, "cluster.link.prefix=dr.");
        links.mirror("px", "dr.original");

        for (String mirror : List.of("renamed", "dr.original")) {
            new TopicComparison(source, "original", destination, mirror)
                    .awaitLevel(LEVEL)
                    .compare()
                    .orThrow();
        }
    }

    @Test
    void keepsTheFenceFromTheFirstRequestAfterARestart() {
        newMirror("restarted", "rs");
        assertFencedThroughout("restarted", () -> destination.restart(1));
        links.awaitState("rs", "restarted", MirrorState.ACTIVE);
        Workload.onTopic(source, "restarted", 1).plain(10);
        assertLevel("restarted");
    }

    @Test
    void keepsTheFenceWhenTheBrokerIsKilled() {
        newMirror("killed", "ki");
        assertFencedThroughout("killed", () -> {
            destination.broker(1).kill();
            destination.restart(1);
        });
        links.awaitState("ki", "killed", MirrorState.ACTIVE);
        // A broker that is alone has nobody to wait for
        assertThat(destination.broker(1).log()).doesNotContain("Could not read __cluster_links");
        Workload.onTopic(source, "killed", 1).plain(10);
        assertLevel("killed");
    }

    @Test
    void goesOnWhereItWasWhenTheBrokerIsKilledWhileItCopies() {
        // Given a mirror that has much to copy
        Workload workload = Workload.onNewTopic(source, "interrupted", 2, Map.of("segment.bytes", "1048576"));
        for (int i = 0; i < 60; i++) {
            workload.large(500_000);
        }
        workload.transactions();
        links.create("in", source);
        links.mirror("in", "interrupted");

        // When its broker is killed again and again before it is level
        for (int i = 0; i < 2; i++) {
            destination.broker(1).kill();
            destination.restart(1);
        }

        // Then nothing is missing, doubled or damaged
        assertLevel("interrupted");
        for (int partition = 0; partition < 2; partition++) {
            assertThat(LogComparison.sourceAndMirror(
                            source.broker(1).replicaDir("interrupted", partition),
                            destination.broker(1).replicaDir("interrupted", partition),
                            0))
                    .isEmpty();
        }
    }

    @Test
    void recoversByItselfWhenTheSourceIsBack() {
        // Given a mirror whose source goes away
        TestCluster flaky = TestCluster.builder("flaky").heapMb(256).start();
        try {
            Workload.onNewTopic(flaky, "flaky", 1, Map.of()).plain(10);
            links.create("fl", flaky);
            links.mirror("fl", "flaky");
            new TopicComparison(flaky, "flaky", destination, "flaky").awaitLevel(LEVEL);
            flaky.broker(1).kill();

            // Then that is seen within ten seconds or so, with a reason
            long start = System.nanoTime();
            links.awaitState("fl", "flaky", MirrorState.SOURCE_UNAVAILABLE);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(15));
            assertThat(links.describe("fl", "flaky").get(WireContract.STATUS_REASON))
                    .contains(Integer.toString(flaky.broker(1).port()));

            // When it is back, the mirror goes on
            flaky.broker(1).start();
            flaky.awaitReady();
            Workload.onTopic(flaky, "flaky", 1).plain(10);
            new TopicComparison(flaky, "flaky", destination, "flaky")
                    .awaitLevel(LEVEL)
                    .compare()
                    .orThrow();
            links.awaitState("fl", "flaky", MirrorState.ACTIVE);
        } finally {
            flaky.close();
        }
    }

    private static Workload newMirror(String topic, String link) {
        Workload workload = Workload.onNewTopic(source, topic, 1, Map.of()).plain(10);
        links.create(link, source);
        links.mirror(link, topic);
        assertLevel(topic);
        return workload;
    }

    /** Writes to the mirror all the time while {@code outage} happens: none may get through. */
    private static void assertFencedThroughout(String topic, Runnable outage) {
        AtomicBoolean over = new AtomicBoolean();
        AtomicLong refused = new AtomicLong();
        Map<String, Object> impatient = Map.of(
                ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, false,
                ProducerConfig.RETRY_BACKOFF_MS_CONFIG, 1,
                ProducerConfig.RETRY_BACKOFF_MAX_MS_CONFIG, 1,
                ProducerConfig.RECONNECT_BACKOFF_MS_CONFIG, 1,
                ProducerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, 5);
        Thread writer = new Thread(() -> {
            try (Producer<String, String> producer = Clients.producer(destination, impatient)) {
                while (!over.get()) {
                    Clients.failure(() -> producer.send(Clients.record(topic, 0, "through the fence"))
                                    .get())
                            .filter(PolicyViolationException.class::isInstance)
                            .ifPresent(failure -> refused.incrementAndGet());
                }
            }
        });
        writer.start();
        Await.until("writes are refused", LEVEL, () -> refused.get() > 0);
        try {
            outage.run();
            long before = refused.get();
            Await.until("writes are refused again", LEVEL, () -> refused.get() > before);
        } finally {
            over.set(true);
            join(writer);
        }
        assertThat(Clients.values(destination, topic, IsolationLevel.READ_UNCOMMITTED))
                .doesNotContain("through the fence");
        assertLevel(topic);
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void assertLevel(String topic) {
        new TopicComparison(source, topic, destination, topic)
                .awaitLevel(LEVEL)
                .compare()
                .orThrow();
    }

    /** A mirror that is resumed has a healthy source from the first look on. */
    private static void assertAlwaysAvailable(String link, String topic) {
        List<String> seen = new ArrayList<>();
        long start = System.nanoTime();
        Await.until("a while", Duration.ofSeconds(10), () -> {
            Map<String, String> described = links.describe(link, topic);
            seen.add(described.get(WireContract.STATUS_STATE) + " " + described.get(WireContract.STATUS_REASON));
            return System.nanoTime() - start > Duration.ofSeconds(2).toNanos();
        });
        assertThat(seen).noneMatch(state -> state.startsWith("SOURCE_UNAVAILABLE") || state.startsWith("FAILED"));
    }

    private static long end(String topic) {
        TopicPartition partition = new TopicPartition(topic, 0);
        return Topics.ends(destination.admin(), List.of(partition), IsolationLevel.READ_UNCOMMITTED)
                .get(partition);
    }

    private static void assertRefused(String topic) {
        assertThat(write(topic)).hasValueSatisfying(failure -> assertThat(failure)
                .isInstanceOf(PolicyViolationException.class)
                .isNotInstanceOfAny(RetriableException.class, TimeoutException.class));
    }

    private static Optional<Throwable> write(String topic) {
        try (Producer<String, String> producer = Clients.producer(destination, Map.of())) {
            return Clients.failure(
                    () -> producer.send(Clients.record(topic, 0, "a client's")).get());
        }
    }
}
