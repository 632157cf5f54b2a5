// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.PartitionStatus;
import io.clusterlinks.protocol.WireContract;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.NewPartitions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** A mirror is its source, byte for byte, as stock consumers and the segment files show. */
class MirrorIT {
    private static final Duration LEVEL = Duration.ofSeconds(60);
    private static final String LINK = "east";

    private static TestCluster source;
    private static TestCluster destination;
    private static Links links;

    @BeforeAll
    static void start() {
        source = TestCluster.builder("source").start();
        destination = TestCluster.builder("destination").agent().start();
        links = new Links(destination);
        links.create(LINK, source);
    }

    @AfterAll
    static void stop() {
        Fixtures.close(destination, source);
    }

    @Test
    void copiesATopicThatHoldsEverything() {
        try (Workload workload = Workload.onNewTopic(source, "hostile", 3, Map.of())) {
            // Given a topic with a past, before the mirror exists
            workload.hostile();

            // When it is mirrored and written to further
            links.mirror(LINK, "hostile");
            workload.compressions().transactions();

            // Then both are equal while one transaction is open, and when it has ended
            assertEqual("hostile");
            workload.commitOpen();
            assertEqual("hostile");
        }
    }

    @Test
    void keepsTimestampsThatTheSourcesBrokerSet() {
        // Given a topic of which the broker sets the timestamps
        Workload workload =
                Workload.onNewTopic(source, "stamped", 1, Map.of("message.timestamp.type", "LogAppendTime"));
        workload.compressions();

        // When it is mirrored
        links.mirror(LINK, "stamped");
        workload.plain(20);

        // Then the mirror has the source's timestamps
        assertEqual("stamped");
    }

    @Test
    void copiesWhatCompactionLeft() {
        // Given a topic with gaps where records were compacted away
        Workload workload = Workload.onNewTopic(
                source,
                "compacted",
                1,
                Map.of("cleanup.policy", "compact", "segment.ms", "100", "min.cleanable.dirty.ratio", "0.01"));
        // A segment is cleaned once another one is begun, which only a write after segment.ms does.
        AtomicLong written = new AtomicLong();
        Await.until("the cleaner has run", LEVEL, () -> {
            workload.keyed(50, 20);
            return TopicFiles.records(source, "compacted") < written.addAndGet(1000) / 2;
        });
        // And from now on no cleaner changes either side while they are compared
        Topics.alter(source.admin(), "compacted", Map.of("min.compaction.lag.ms", Long.toString(Long.MAX_VALUE)));
        TopicFiles.awaitQuiet(source, "compacted");

        // When it is mirrored
        links.mirror(LINK, "compacted");

        // Then the gaps are where they were
        assertEqual("compacted");
    }

    @Test
    void acceptsBatchesThatAreLargerThanTheLimitIsNow() {
        // Given a batch from before the source lowered its limit
        Workload workload = Workload.onNewTopic(source, "large", 1, Map.of());
        workload.plain(5).large(900_000).plain(5);
        Topics.alter(source.admin(), "large", Map.of("max.message.bytes", "10000"));

        // When it is mirrored
        links.mirror(LINK, "large");

        // Then it arrives
        assertEqual("large");
    }

    @Test
    void startsAtTheLogStartWhenNothingElseIsLeft() {
        // Given a topic of which every record was deleted
        Workload workload = Workload.onNewTopic(source, "emptied", 1, Map.of());
        workload.compressions().deleteHead(5L * Workload.BATCH);

        // When it is mirrored, and then written to
        links.mirror(LINK, "emptied");
        assertEqual("emptied");
        workload.compressions();

        // Then offsets go on where the source's do
        assertEqual("emptied");
    }

    @Test
    void followsTheLogStartOfTheSource() {
        // Given a mirror
        Workload workload = Workload.onNewTopic(source, "shrinking", 1, Map.of());
        workload.compressions();
        links.mirror(LINK, "shrinking");
        assertEqual("shrinking");

        // When records are deleted at the source, up to the middle of a batch
        workload.deleteHead(Workload.BATCH + 7);

        // Then they go here, too
        Await.untilPasses(LEVEL, () -> assertThat(
                        Topics.starts(destination.admin(), Topics.partitions(destination.admin(), "shrinking"))
                                .values())
                .containsOnly(Workload.BATCH + 7L));
        assertEqual("shrinking");
    }

    @Test
    void followsNewPartitions() {
        // Given a mirror of one partition
        Workload.onNewTopic(source, "growing", 1, Map.of()).plain(5);
        links.mirror(LINK, "growing");

        // When the source gets two more
        Topics.get(source.admin()
                .createPartitions(Map.of("growing", NewPartitions.increaseTo(3)))
                .all());
        Await.until(
                "new partitions",
                LEVEL,
                () -> Topics.partitions(source.admin(), "growing").size() == 3);
        Workload.onTopic(source, "growing", 3).plain(5);

        // Then they are mirrored within ten seconds or so
        Await.until(
                "the mirror has grown",
                Duration.ofSeconds(20),
                () -> Topics.partitions(destination.admin(), "growing").size() == 3);
        assertEqual("growing");
    }

    @Test
    @DisplayName("Pitfall: lag shown in records but not in seconds")
    void describesPartitionsToAStockClient() {
        // Given a mirror that is level
        Workload.onNewTopic(source, "described", 2, Map.of()).plain(10);
        links.mirror(LINK, "described");
        assertEqual("described");

        // Then a stock client reads of every partition where it stands
        Await.untilPasses(LEVEL, () -> {
            assertThat(links.partitions(LINK, "described")).hasSize(2).allSatisfy(partition -> {
                assertThat(partition.lagRecords()).isZero();
                assertThat(partition.endOffset()).isEqualTo(10);
                assertThat(partition.sourceEndOffset()).isEqualTo(10);
                assertThat(partition.leader()).isEqualTo(1);
                assertThat(partition.sourceLeader()).isEqualTo(1);
                assertThat(partition.lagMs()).isBetween(0L, 10_000L);
            });
        });
        assertThat(links.partitions(LINK, "described"))
                .extracting(PartitionStatus::partition)
                .containsExactly(0, 1);
        assertThat(links.describe(LINK))
                .containsEntry(WireContract.STATUS_SOURCE_CLUSTER_ID, source.clusterId())
                .containsEntry(WireContract.STATUS_STATE, "ACTIVE")
                .containsKey(WireContract.MIRROR_ENTRY_PREFIX + "described");
    }

    private static void assertEqual(String topic) {
        Copies.assertEqual(source, destination, topic);
    }
}
