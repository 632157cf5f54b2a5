// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.WireContract;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A topic that is here becomes a mirror if it is the source's as far as it goes, and stays what it was if it is not. */
class AdoptIT {
    private static final String LINK = "east";
    private static final Duration SOON = Duration.ofSeconds(60);

    private static TestCluster source;
    private static TestCluster destination;
    private static Links links;

    @BeforeAll
    static void start() {
        source = TestCluster.builder("source").start();
        destination = TestCluster.builder("destination")
                .brokers(3)
                .separateController()
                .agent()
                .start();
        links = new Links(destination);
        links.create(LINK, source);
    }

    @AfterAll
    static void stop() {
        Fixtures.close(destination, source);
    }

    @Test
    void aCopyIsGoneOnWithByteForByte() {
        // Given a copy of everything that is hard to copy, which an earlier link has left behind
        try (Workload workload = Workload.onNewTopic(source, "copy", 3, Map.of())
                .compressions()
                .manyProducers(20)
                .transactions()
                .deleteHead(Workload.BATCH + 13)) {
            leaveCopy("copy");
            workload.compressions().transactions();
            Topics.get(source.admin()
                    .createPartitions(Map.of("copy", NewPartitions.increaseTo(4)))
                    .all());

            // When it is adopted, and the leader of one of its partitions dies while it is compared
            int victim = leader(new TopicPartition("copy", 1));
            Cli.Result dryRun =
                    links.run("mirrors", "create", "--link", LINK, "--topic", "copy", "--adopt", "--dry-run");
            assertThat(dryRun.exitCode()).isZero();
            destination.broker(victim).kill();
            links.run("mirrors", "create", "--link", LINK, "--topic", "copy", "--adopt", "--wait");
            destination.restart(victim);

            // Then it is the source's, goes on with it and its new partition, and nobody else can write to it
            workload.plain(50);
            links.awaitState(LINK, "copy", MirrorState.ACTIVE);
            Await.until(
                    "all partitions are here",
                    SOON,
                    () -> Topics.partitions(destination.admin(), "copy").size() == 4);
            assertEqual("copy");
            assertThat(links.describe(LINK, "copy").get(WireContract.STATUS_EVENTS))
                    .contains("Adopted");
            assertThat(refused("copy")).isTrue();
        }
    }

    @Test
    void aTopicThatDiffersIsNamedAndStaysWritable() {
        // Given a copy with one record of its own, and one that the source has not
        Workload.onNewTopic(source, "edited", 1, Map.of()).plain(100);
        leaveCopy("edited");
        Workload.onTopic(destination, "edited", 1).plain(1);
        Workload.onNewTopic(source, "longer", 1, Map.of()).plain(100);
        leaveCopy("longer");
        Workload.onTopic(destination, "longer", 1).plain(1);
        Workload.onTopic(source, "edited", 1).plain(10);

        // When they are to be adopted
        Cli.Result edited = links.cli().run("mirrors", "create", "--link", LINK, "--topic", "edited", "--adopt");
        Cli.Result longer = links.cli().run("mirrors", "create", "--link", LINK, "--topic", "longer", "--adopt");

        // Then the difference is named, and they are what they were
        assertThat(edited.exitCode()).isEqualTo(1);
        assertThat(edited.stderr()).contains("edited-0 differs from the source at offset 100");
        assertThat(longer.exitCode()).isEqualTo(1);
        assertThat(longer.stderr()).contains("longer-0 ends at offset 101, past the source's end at 100");
        Workload.onTopic(destination, "edited", 1).plain(5);
        assertThat(links.state(LINK, "edited")).isEqualTo(MirrorState.STOPPED);
        assertThat(links.describe(LINK, "edited").get(WireContract.STATUS_REASON))
                .contains("Not adopted")
                .contains("offset 100");
    }

    /** By the same leaders: nothing that they remember of the first time keeps them from the second. */
    @Test
    void aTopicThatWasAheadOfItsSourceIsAdoptedWhenTheSourceHasCaughtUp() {
        // Given a copy that is ahead of the source, as one that was made from where the source gets its records
        Workload.onNewTopic(source, "ahead", 2, Map.of()).plain(100);
        leaveCopy("ahead");
        long now = System.currentTimeMillis();
        sendPlainly(destination, "ahead", now);
        Cli.Result early = links.cli().run("mirrors", "create", "--link", LINK, "--topic", "ahead", "--adopt");
        assertThat(early.stderr()).contains("past the source's end");

        // When the source has it as well
        sendPlainly(source, "ahead", now);
        links.run("mirrors", "create", "--link", LINK, "--topic", "ahead", "--adopt", "--wait");

        // Then it is gone on with
        Workload.onTopic(source, "ahead", 2).plain(20);
        links.awaitState(LINK, "ahead", MirrorState.ACTIVE);
        assertEqual("ahead");
    }

    @Test
    void aTransactionThatEndsMeanwhileIsEndedWhenTheTopicIsWritableAgain() {
        // Given a copy with a transaction of its own that is open, about to be compared
        Workload.onNewTopic(source, "undecided", 1, Map.of()).plain(100);
        leaveCopy("undecided");
        Workload.onTopic(source, "undecided", 1).plain(10);
        links.create("paused", source);
        links.run("pause", "--link", "paused");
        try (Producer<String, String> producer = Clients.transactionalProducer(destination, "undecided")) {
            producer.beginTransaction();
            Topics.get(producer.send(Clients.record("undecided", 0, "decided")));
            Cli.Result waiting = links.cli()
                    .run(
                            "mirrors",
                            "create",
                            "--link",
                            "paused",
                            "--topic",
                            "undecided",
                            "--adopt",
                            "--wait-timeout",
                            "1");
            assertThat(waiting.stderr()).contains("Not adopted within 1");
            Await.until("nobody can write to it", SOON, () -> refused("paused", "undecided"));

            // When it is committed before the comparison ends, which it does with a difference
            producer.commitTransaction();
            assertThat(Clients.values(destination, "undecided", IsolationLevel.READ_COMMITTED))
                    .doesNotContain("decided");
            links.run("resume", "--link", "paused");
            links.awaitState("paused", "undecided", MirrorState.STOPPED);
        }

        // Then the commit is not lost
        Await.untilPasses(
                SOON, () -> assertThat(Clients.values(destination, "undecided", IsolationLevel.READ_COMMITTED))
                        .contains("decided"));
    }

    @Test
    void whatCannotBeAdoptedIsRefusedAtOnce() {
        Topics.create(source.admin(), "narrow", 1, Map.of());
        Topics.create(destination.admin(), "narrow", 2, Map.of());

        assertRefused("narrow", "has 2 partitions", "--adopt");
        assertRefused("missing", "missing", "--adopt");
        Topics.create(source.admin(), "absent-here", 1, Map.of());
        assertRefused("absent-here", "without --adopt", "--adopt");
        assertRefused("narrow", "adopt it (--adopt)");
    }

    private static int leader(TopicPartition partition) {
        return Topics.get(destination
                        .admin()
                        .describeTopics(List.of(partition.topic()))
                        .topicNameValues()
                        .get(partition.topic()))
                .partitions()
                .get(partition.partition())
                .leader()
                .id();
    }

    private static void assertEqual(String topic) {
        new TopicComparison(source, topic, destination, topic)
                .awaitLevel(SOON)
                .compare()
                .orThrow();
        for (TopicPartition partition : Topics.partitions(source.admin(), topic)) {
            long start = Topics.starts(source.admin(), List.of(partition)).get(partition);
            Await.untilPasses(SOON, () -> assertThat(LogComparison.sourceAndMirror(
                            source.broker(1).replicaDir(topic, partition.partition()),
                            destination.broker(leader(partition)).replicaDir(topic, partition.partition()),
                            start))
                    .isEmpty());
        }
    }

    private static void assertRefused(String topic, String named, String... options) {
        String[] command = {"mirrors", "create", "--link", LINK, "--topic", topic};
        String[] all = java.util.Arrays.copyOf(command, command.length + options.length);
        System.arraycopy(options, 0, all, command.length, options.length);
        Cli.Result result = links.cli().run(all);
        assertThat(result.exitCode()).as(result.toString()).isEqualTo(1);
        assertThat(result.stderr()).contains(named);
    }

    /** A copy of a topic as a link leaves it behind that is gone. */
    private static void leaveCopy(String topic) {
        links.create("former-" + topic, source);
        links.run("mirrors", "create", "--link", "former-" + topic, "--topic", topic, "--wait");
        links.run("mirrors", "promote", "--link", "former-" + topic, "--topic", topic, "--wait");
        links.run("delete", "--link", "former-" + topic);
    }

    /** One record that is the same wherever it is sent. */
    private static void sendPlainly(TestCluster cluster, String topic, long timestamp) {
        Map<String, Object> configs = Map.of("enable.idempotence", "false");
        try (Producer<String, String> producer = Clients.producer(cluster, configs)) {
            Topics.get(producer.send(new ProducerRecord<>(topic, 0, timestamp, "key", "the same")));
        }
    }

    private static boolean refused(String topic) {
        return refused(LINK, topic);
    }

    private static boolean refused(String link, String topic) {
        try (Producer<String, String> producer = Clients.producer(destination, Map.of())) {
            return Clients.failure(() ->
                            producer.send(Clients.record(topic, 0, "local")).get())
                    .filter(failure -> Links.isRefusal(failure, link, topic))
                    .isPresent();
        }
    }
}
