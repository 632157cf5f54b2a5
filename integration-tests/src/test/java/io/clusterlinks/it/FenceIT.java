// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.clusterlinks.protocol.LinkResource;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No client can change a mirror, whatever it tries; what is no mirror is not affected, even in the same request. */
class FenceIT {
    private static final Duration LEVEL = Duration.ofSeconds(60);
    private static final String LINK = "east";
    private static final String MIRROR = "mirrored";
    private static final String OTHER = "ordinary";

    private static TestCluster source;
    private static TestCluster destination;

    @BeforeAll
    static void start() {
        source = TestCluster.builder("source").start();
        destination = TestCluster.builder("destination").agent().start();
        Workload.onNewTopic(source, MIRROR, 2, Map.of()).compressions();
        Workload.onNewTopic(destination, OTHER, 2, Map.of());
        Links links = new Links(destination);
        links.create(LINK, source);
        links.mirror(LINK, MIRROR);
        comparison().awaitLevel(LEVEL);
    }

    @AfterAll
    static void stop() {
        Fixtures.close(destination, source);
    }

    @Test
    void refusesPlainWrites() {
        try (Producer<String, String> producer = Clients.plainProducer(destination)) {
            assertRefused(producer.send(Clients.record(MIRROR, 0, "plain")));
        }
        assertUntouched();
    }

    @Test
    void refusesWritesThatAskForNoAcknowledgement() {
        try (Producer<String, String> producer = Clients.producer(
                destination,
                Map.of(ProducerConfig.ACKS_CONFIG, "0", ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, false))) {
            producer.send(Clients.record(MIRROR, 0, "unacknowledged"));
            producer.flush();
            Topics.get(producer.send(Clients.record(OTHER, 0, "after")));
        }
        assertUntouched();
    }

    @Test
    void letsOtherPartitionsOfTheSameRequestThrough() {
        // Given a producer that puts several partitions into one request
        try (Producer<String, String> producer =
                Clients.producer(destination, Map.of(ProducerConfig.LINGER_MS_CONFIG, 2000))) {
            // When a mirror's partitions are among them
            List<Future<RecordMetadata>> refused = List.of(
                    producer.send(Clients.record(MIRROR, 0, "mixed")),
                    producer.send(Clients.record(MIRROR, 1, "mixed")));
            List<Future<RecordMetadata>> accepted = List.of(
                    producer.send(Clients.record(OTHER, 0, "mixed")), producer.send(Clients.record(OTHER, 1, "mixed")));
            producer.flush();

            // Then only these are refused, and the idempotent producer goes on
            refused.forEach(FenceIT::assertRefused);
            accepted.forEach(future -> assertThatCode(future::get).doesNotThrowAnyException());
            assertThatCode(() -> producer.send(Clients.record(OTHER, 0, "next")))
                    .doesNotThrowAnyException();
        }
        assertThat(Clients.values(destination, OTHER, IsolationLevel.READ_UNCOMMITTED))
                .contains("mixed", "next");
        assertUntouched();
    }

    @ParameterizedTest
    @ValueSource(shorts = {2, 1, 0})
    void leavesNoTraceOfARefusedTransaction(short transactionVersion) {
        // Given each protocol of transactions
        transactionVersion(transactionVersion);
        String committed = "tv" + transactionVersion + "-committed";
        try (Producer<String, String> producer =
                Clients.transactionalProducer(destination, "writer-" + transactionVersion)) {
            // When a transaction writes to an ordinary topic and to a mirror
            producer.beginTransaction();
            Topics.get(producer.send(Clients.record(OTHER, 0, "tv" + transactionVersion + "-aborted")));
            Throwable failure = Clients.failure(() -> producer.send(Clients.record(MIRROR, 0, "transactional"))
                            .get())
                    .orElseThrow();
            producer.abortTransaction();

            // Then the mirror's part is refused, and the producer can go on
            assertThat(failure).hasStackTraceContaining(MIRROR);
            producer.beginTransaction();
            Topics.get(producer.send(Clients.record(OTHER, 0, committed)));
            producer.commitTransaction();
        }
        // And neither a record nor a marker is in the mirror, and ordinary transactions work
        assertThat(Clients.values(destination, OTHER, IsolationLevel.READ_COMMITTED))
                .contains(committed)
                .doesNotContain("tv" + transactionVersion + "-aborted");
        assertUntouched();
    }

    @Test
    void refusesToDeleteRecords() {
        Map<TopicPartition, RecordsToDelete> head =
                Map.of(new TopicPartition(MIRROR, 0), RecordsToDelete.beforeOffset(10));
        assertPolicyViolation(destination.admin().deleteRecords(head).all());
        assertUntouched();
    }

    @Test
    void deletesRecordsOfOtherTopicsInTheSameRequest() {
        Workload.onNewTopic(destination, "purged", 1, Map.of()).plain(10);
        TopicPartition purged = new TopicPartition("purged", 0);
        var result = destination
                .admin()
                .deleteRecords(Map.of(
                        new TopicPartition(MIRROR, 0),
                        RecordsToDelete.beforeOffset(10),
                        purged,
                        RecordsToDelete.beforeOffset(4)));

        assertThat(Topics.get(result.lowWatermarks().get(purged)).lowWatermark())
                .isEqualTo(4);
        assertPolicyViolation(result.lowWatermarks().get(new TopicPartition(MIRROR, 0)));
        assertUntouched();
    }

    @Test
    void refusesToCreatePartitions() {
        assertRefused(destination
                .admin()
                .createPartitions(Map.of(MIRROR, NewPartitions.increaseTo(4)))
                .all());
        assertThat(Topics.partitions(destination.admin(), MIRROR)).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"cleanup.policy=compact", "max.message.bytes=5000", "min.compaction.lag.ms=5"})
    void refusesToChangeConfigsThatAlwaysFollowTheSource(String config) {
        String key = config.substring(0, config.indexOf('='));
        String before = Topics.describe(destination.admin(), MIRROR).get(key);

        assertRefused(
                Topics.alterAsync(destination.admin(), MIRROR, Map.of(key, config.substring(config.indexOf('=') + 1))));

        assertThat(Topics.describe(destination.admin(), MIRROR)).containsEntry(key, before);
    }

    @Test
    void allowsConfigsThatDoNotFollowTheSource() {
        assertThatCode(() -> Topics.alter(destination.admin(), MIRROR, Map.of("min.insync.replicas", "1")))
                .doesNotThrowAnyException();
    }

    @Test
    void refusesWritesToTheStateTopic() {
        for (Producer<String, String> producer :
                List.of(Clients.plainProducer(destination), Clients.producer(destination, Map.of()))) {
            assertThat(Clients.failure(() -> producer.send(Clients.record(LinkResource.INDEX_NAME, 0, "forged"))
                            .get()))
                    .isPresent();
            Clients.abandon(producer);
        }
        assertThat(Clients.values(destination, LinkResource.INDEX_NAME, IsolationLevel.READ_UNCOMMITTED))
                .isNotEmpty()
                .doesNotContain("forged");
    }

    private static void transactionVersion(short level) {
        FeatureUpdate.UpgradeType type =
                level == 2 ? FeatureUpdate.UpgradeType.UPGRADE : FeatureUpdate.UpgradeType.SAFE_DOWNGRADE;
        short current = Topics.get(destination.admin().describeFeatures().featureMetadata())
                .finalizedFeatures()
                .get("transaction.version")
                .maxVersionLevel();
        if (current != level) {
            Topics.get(destination
                    .admin()
                    .updateFeatures(
                            Map.of("transaction.version", new FeatureUpdate(level, type)), new UpdateFeaturesOptions())
                    .all());
        }
    }

    /** Not every response of Kafka's protocol has room for a message. */
    private static void assertPolicyViolation(Future<?> future) {
        assertThat(Clients.failure(future::get))
                .hasValueSatisfying(failure -> assertThat(failure).isInstanceOf(PolicyViolationException.class));
    }

    private static void assertRefused(Future<?> future) {
        Throwable failure = Clients.failure(future::get).orElseThrow(() -> new AssertionError("not refused"));
        assertThat(failure).isInstanceOf(PolicyViolationException.class);
        assertThat(failure).hasMessageContaining(MIRROR).hasMessageContaining(LINK);
    }

    /** The mirror is what it was: level with a source that nobody writes to. */
    private static void assertUntouched() {
        comparison().compare().orThrow();
        for (int partition = 0; partition < 2; partition++) {
            assertThat(LogComparison.sourceAndMirror(
                            source.broker(1).replicaDir(MIRROR, partition),
                            destination.broker(1).replicaDir(MIRROR, partition),
                            0))
                    .isEmpty();
        }
    }

    private static TopicComparison comparison() {
        return new TopicComparison(source, MIRROR, destination, MIRROR);
    }
}
