// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.Json;
import io.clusterlinks.protocol.LinkEvent;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.WireContract;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a source does to its log while a mirror follows: deletes its head, compacts it, stamps and rolls it. */
class SourceLogIT {
    private static final Duration LEVEL = Duration.ofSeconds(60);
    private static final String LINK = "east";

    private static TestCluster source;
    private static TestCluster destination;
    private static Links links;

    @BeforeAll
    static void start() {
        source = TestCluster.builder("source")
                .heapMb(320)
                .config("log.retention.check.interval.ms", "500")
                .config("log.initial.task.delay.ms", "500")
                .start();
        // A broker that refuses records of a minute ago from its own clients.
        destination = TestCluster.builder("destination")
                .heapMb(320)
                .config("log.message.timestamp.before.max.ms", "60000")
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
    void aRetentionThatOvertakesTheMirrorIsAnEventWithTheCount() {
        // Given a mirror that is paused
        Workload workload = Workload.onNewTopic(source, "overtaken", 1, Map.of("segment.bytes", "1048576"));
        workload.plain(10);
        links.mirror(LINK, "overtaken");
        assertEqual("overtaken");
        links.run("mirrors", "pause", "--link", LINK, "--topic", "overtaken");
        links.awaitState(LINK, "overtaken", MirrorState.PAUSED);

        // When the source's retention deletes more than the mirror has
        for (int i = 0; i < 6; i++) {
            workload.large(800_000);
        }
        Topics.alter(source.admin(), "overtaken", Map.of("retention.bytes", "1000000"));
        Await.until("the head is gone", LEVEL, () -> start(source, "overtaken") > 10);
        long start = start(source, "overtaken");
        links.run("mirrors", "resume", "--link", LINK, "--topic", "overtaken");
        workload.plain(10);

        // Then the mirror goes on where the source begins, and says what is missing
        assertEqual("overtaken");
        assertThat(start(destination, "overtaken")).isEqualTo(start(source, "overtaken"));
        assertThat(events("overtaken"))
                .extracting(LinkEvent::message)
                .singleElement()
                .satisfies(message -> assertThat(message)
                        .contains("Skipped offsets 10 to " + (start - 1) + " (" + (start - 10) + " records)"));
    }

    @Test
    void deletedRecordsThatWereNotCopiedYetAreAnEventWithTheCount() {
        // Given a mirror that is paused
        Workload workload = Workload.onNewTopic(source, "cleared", 1, Map.of());
        workload.compressions();
        links.mirror(LINK, "cleared");
        assertEqual("cleared");
        links.run("mirrors", "pause", "--link", LINK, "--topic", "cleared");
        links.awaitState(LINK, "cleared", MirrorState.PAUSED);

        // When somebody deletes more than it has, up to the middle of a batch
        workload.compressions();
        long from = 7L * Workload.BATCH + 11;
        workload.deleteHead(from);
        links.run("mirrors", "resume", "--link", LINK, "--topic", "cleared");
        workload.compressions();

        // Then the mirror begins there, too
        assertEqual("cleared");
        assertThat(events("cleared"))
                .extracting(LinkEvent::message)
                .singleElement()
                .satisfies(message -> assertThat(message)
                        .contains("Skipped offsets 150 to " + (from - 1) + " (" + (from - 150) + " records)"));
        // Kafka's warning with a stack trace for index files that are not there says nothing to an operator.
        assertThat(destination.broker(1).log()).doesNotContain("Failed atomic move");
    }

    @Test
    void aMirrorCompactsOnItsOwnScheduleAndKeepsTheLastOfEveryKey() {
        // Given a compacted topic that is compacted on both sides while it is written and mirrored
        Map<String, String> compacted = Map.of(
                "cleanup.policy", "compact",
                "segment.ms", "200",
                "min.cleanable.dirty.ratio", "0.01",
                "delete.retention.ms", "500");
        Workload workload = Workload.onNewTopic(source, "tidy", 1, compacted);
        workload.keyed(40, 10);
        links.mirror(LINK, "tidy");

        // When both have dropped more than half of what was written
        long[] written = {400};
        Await.until("both are compacted", LEVEL, () -> {
            workload.keyed(40, 10);
            written[0] += 400;
            return TopicFiles.records(source, "tidy") < written[0] / 2
                    && TopicFiles.records(destination, "tidy") < written[0] / 2;
        });
        new TopicComparison(source, "tidy", destination, "tidy").awaitLevel(LEVEL);

        // Then the last value of each key is the same, at the same offset, and the mirror goes on
        assertThat(lastOfEachKey(destination)).isEqualTo(lastOfEachKey(source));
        workload.keyed(40, 2);
        new TopicComparison(source, "tidy", destination, "tidy").awaitLevel(LEVEL);
        assertThat(lastOfEachKey(destination)).isEqualTo(lastOfEachKey(source));
        assertThat(events("tidy")).isEmpty();
        assertThat(links.state(LINK, "tidy")).isEqualTo(MirrorState.ACTIVE);
    }

    @Test
    void oldTimestampsAreCopiedWhateverTheLimitIsHere() {
        // Given records of long ago, and a source that would not take them any more
        Workload workload = Workload.onNewTopic(source, "old", 1, Map.of());
        workload.compressions();
        Topics.alter(source.admin(), "old", Map.of("message.timestamp.before.max.ms", "60000"));

        // When they are mirrored
        links.mirror(LINK, "old");

        // Then they are here, and the limit is
        assertEqual("old");
        Await.until("the limit follows", LEVEL, () -> "60000"
                .equals(Topics.describe(destination.admin(), "old").get("message.timestamp.before.max.ms")));
        Producers.write(source, "old", "new", 1, 5);
        assertEqual("old");
    }

    @Test
    void aTopicThatGoesOverToLogAppendTimeKeepsBothKindsOfTimestamps() {
        Workload workload = Workload.onNewTopic(source, "restamped", 1, Map.of());
        workload.compressions();
        links.mirror(LINK, "restamped");
        Topics.alter(source.admin(), "restamped", Map.of("message.timestamp.type", "LogAppendTime"));
        workload.compressions();

        assertEqual("restamped");
        Await.until("the type follows", LEVEL, () -> "LogAppendTime"
                .equals(Topics.describe(destination.admin(), "restamped").get("message.timestamp.type")));
        workload.compressions();
        assertEqual("restamped");
    }

    @Test
    void batchesOverTheLimitAndRolledSegmentsAreCopiedWhileFollowing() {
        // Given a mirror of a topic with small segments
        Workload workload = Workload.onNewTopic(
                source, "rolling", 1, Map.of("segment.bytes", "1048576", "max.message.bytes", "3000000"));
        workload.plain(5);
        links.mirror(LINK, "rolling");
        assertEqual("rolling");

        // When batches come that fill segments, and the limit is lowered behind them
        for (int i = 0; i < 4; i++) {
            workload.large(900_000);
        }
        Topics.alter(source.admin(), "rolling", Map.of("max.message.bytes", "1000"));
        workload.plain(5);

        // Then they are here
        assertEqual("rolling");
    }

    private static Map<String, String> lastOfEachKey(TestCluster cluster) {
        Map<String, String> last = new TreeMap<>();
        TopicPartition partition = new TopicPartition("tidy", 0);
        try (PartitionReader reader = new PartitionReader(cluster, partition, IsolationLevel.READ_UNCOMMITTED)) {
            for (Optional<ConsumerRecord<byte[], byte[]>> next = reader.next();
                    next.isPresent();
                    next = reader.next()) {
                ConsumerRecord<byte[], byte[]> record = next.get();
                String key = new String(record.key(), StandardCharsets.UTF_8);
                if (record.value() == null) {
                    // A tombstone may be gone on one side already, which means the same.
                    last.remove(key);
                } else {
                    last.put(key, record.offset() + " " + new String(record.value(), StandardCharsets.UTF_8));
                }
            }
        }
        return last;
    }

    private static long start(TestCluster cluster, String topic) {
        TopicPartition partition = new TopicPartition(topic, 0);
        return Topics.starts(cluster.admin(), List.of(partition)).get(partition);
    }

    private static List<LinkEvent> events(String topic) {
        return List.of(Json.read(links.describe(LINK, topic).get(WireContract.STATUS_EVENTS), LinkEvent[].class));
    }

    private static void assertEqual(String topic) {
        Copies.assertEqual(source, destination, topic);
    }
}
