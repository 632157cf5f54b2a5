// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.MirrorState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Topics appear here as they appear at the source, from where they are wanted. */
class DiscoveryIT {
    private static final String LINK = "east";
    private static final Duration PROMISED = Duration.ofSeconds(10);
    private static final Duration SOON = Duration.ofSeconds(30);

    private static TestCluster source;
    private static TestCluster destination;
    private static Links links;

    @BeforeAll
    static void start() {
        source = TestCluster.builder("source").start();
        destination = TestCluster.builder("destination").agent().start();
        links = new Links(destination);
        Topics.create(source.admin(), "old", 2, Map.of());
        Topics.create(destination.admin(), "taken", 1, Map.of());
        links.create(
                LINK,
                source,
                "auto.create.mirror.topics.enable=true",
                "auto.create.mirror.topics.filters={\"topicFilters\":["
                        + "{\"name\":\"*\",\"patternType\":\"LITERAL\",\"filterType\":\"INCLUDE\"},"
                        + "{\"name\":\"spec-\",\"patternType\":\"PREFIXED\",\"filterType\":\"EXCLUDE\"},"
                        + "{\"name\":\".*-scratch\",\"patternType\":\"REGEX\",\"filterType\":\"EXCLUDE\"}]}");
    }

    @AfterAll
    static void stop() {
        Fixtures.close(destination, source);
    }

    @Test
    void mirrorsWhatIsThereAndWhatComes() {
        links.awaitState(LINK, "old", MirrorState.ACTIVE);

        // When topics come up at the source, and one is excluded
        Topics.create(source.admin(), "a-scratch", 1, Map.of());
        Topics.create(source.admin(), "new", 3, Map.of());

        // Then the others are mirrored within the promised time
        Await.until("new is mirrored", PROMISED, () -> Topics.exists(destination.admin(), "new"));
        assertThat(Topics.partitions(destination.admin(), "new")).hasSize(3);
        assertThat(Topics.exists(destination.admin(), "a-scratch")).isFalse();
    }

    @Test
    @EnabledIfSystemProperty(named = "clusterlinks.scale", matches = "true")
    void mirrorsFiveHundredNewTopicsWithinThePromisedTime() {
        List<String> names = IntStream.range(0, 500).mapToObj(i -> "many-" + i).toList();
        Topics.get(source.admin()
                .createTopics(names.stream()
                        .map(name -> new NewTopic(name, 1, (short) 1))
                        .toList())
                .all());

        Await.until("all are mirrored", PROMISED, () -> Topics.get(
                        destination.admin().listTopics().names())
                .containsAll(names));
    }

    @Test
    void reportsATopicOfTheSameNameThatIsNoMirror() {
        Topics.create(source.admin(), "taken", 1, Map.of());

        Await.until("it is reported", SOON, () -> links.run("describe", "--link", LINK, "--tasks")
                .stdout()
                .contains("taken  CONFLICT"));
        assertThat(links.describe(LINK)).doesNotContainKey("mirror.taken");
    }

    @Test
    void doesNotBringBackWhatSomebodyDeletedHere() {
        // Given a mirror that came by itself
        Topics.create(source.admin(), "unwanted", 1, Map.of());
        links.awaitState(LINK, "unwanted", MirrorState.ACTIVE);

        // When somebody deletes it here, and discovery has looked again
        Topics.get(destination.admin().deleteTopics(List.of("unwanted")).all());
        Await.until("its mirror ends", SOON, () -> !links.describe(LINK).containsKey("mirror.unwanted"));
        Topics.create(source.admin(), "later", 1, Map.of());
        links.awaitState(LINK, "later", MirrorState.ACTIVE);

        // Then it stays away, until it is asked for
        assertThat(Topics.exists(destination.admin(), "unwanted")).isFalse();
        links.mirror(LINK, "unwanted");
    }

    @Test
    @DisplayName("Pitfall: a start timestamp past the log end copying all history")
    void startsWhereItIsTold() throws Exception {
        // Given a topic with ten old and ten new records
        Instant between = Instant.parse("2026-02-01T00:00:00Z");
        Topics.create(source.admin(), "spec-a", 1, Map.of("retention.ms", "-1"));
        writeAt("spec-a", between.minusSeconds(60), 10);
        writeAt("spec-a", between.plusSeconds(60), 10);

        // When it is mirrored from its end, and, over other links, from an instant and from one past its end
        links.mirror(LINK, "spec-a", "--config", "mirror.start.offset.spec=latest");
        links.create("instant", source, "cluster.link.prefix=i.", "mirror.start.offset.spec=" + between);
        links.mirror("instant", "i.spec-a");
        links.create("future", source, "cluster.link.prefix=f.", "mirror.start.offset.spec=2030-01-01T00:00:00Z");
        links.mirror("future", "f.spec-a");
        Await.untilPasses(SOON, () -> {
            assertThat(links.partitions(LINK, "spec-a").get(0).startOffset()).isEqualTo(20);
            assertThat(links.partitions("instant", "i.spec-a").get(0).startOffset())
                    .isEqualTo(10);
            assertThat(links.partitions("future", "f.spec-a").get(0).startOffset())
                    .isEqualTo(20);
        });
        writeAt("spec-a", between.plusSeconds(120), 5);

        // Then each has what comes after
        Await.untilPasses(SOON, () -> {
            assertThat(values("spec-a")).hasSize(5);
            assertThat(values("i.spec-a")).hasSize(15);
            assertThat(values("f.spec-a")).hasSize(5);
        });
    }

    /** It was resolved when the partition started, so that records written after the answer were skipped. */
    @Test
    void startsAtTheEndThatTheSourceHadWhenTheCreationWasAnswered() {
        // Given a mirror that is created to start at the end, or at an instant to come, and cannot start yet
        Topics.create(source.admin(), "spec-b", 1, Map.of("retention.ms", "-1"));
        writeAt("spec-b", Instant.parse("2026-02-01T00:00:00Z"), 10);
        for (String spec : List.of("latest", "2030-01-01T00:00:00Z")) {
            String link = spec.substring(0, 4);
            links.create(link, source, "cluster.link.prefix=" + link + ".", "mirror.start.offset.spec=" + spec);
            links.run("pause", "--link", link);
            links.run("mirrors", "create", "--link", link, "--topic", link + ".spec-b");
        }

        // When the source goes on before it does
        writeAt("spec-b", Instant.parse("2026-02-02T00:00:00Z"), 7);
        List.of("late", "2030").forEach(link -> links.run("resume", "--link", link));

        // Then the mirror has what came after the answer, and nothing else
        Await.untilPasses(SOON, () -> {
            assertThat(values("late.spec-b")).hasSize(7);
            assertThat(values("2030.spec-b")).hasSize(7);
        });
    }

    private static List<String> values(String topic) {
        return Clients.values(destination, topic, org.apache.kafka.common.IsolationLevel.READ_UNCOMMITTED);
    }

    private static void writeAt(String topic, Instant timestamp, int count) {
        try (Producer<String, String> producer = Clients.producer(source, Map.of())) {
            for (int i = 0; i < count; i++) {
                producer.send(new ProducerRecord<>(topic, 0, timestamp.toEpochMilli() + i, "k", "v" + i));
            }
        }
    }
}
