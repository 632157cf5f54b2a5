// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.it.HostileProxy.Mischief;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.PartitionStatus;
import io.clusterlinks.protocol.WireContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A source that speaks Kafka's protocol and lies. Its mirrors say what is wrong and go on once it is sane, the mirrors
 * of other links and the broker do not notice, and nothing that it made up gets into a log.
 */
class HostileSourceIT {
    private static final Duration LEVEL = Duration.ofSeconds(60);
    private static final Duration SEEN = Duration.ofSeconds(20);
    private static final String LINK = "hostile";
    private static final String TOPIC = "victim";
    private static final String SANE = "sane";
    /** Fetches per second of a link that is being fooled; each sane one waits for data or half a second. */
    private static final long MAX_FETCHES = 60;

    private static final int MAX_MORE_THREADS = 15;
    private static final long MAX_MORE_KB = 200_000;

    private static HostileProxy proxy;
    private static TestCluster hostile;
    private static TestCluster sane;
    private static TestCluster destination;
    private static Links links;
    private static int threads;
    private static long residentKb;

    @BeforeAll
    static void start() {
        hostile = TestCluster.builder("hostile")
                .heapMb(256)
                .advertised(port -> {
                    proxy = HostileProxy.before(port);
                    return proxy.port();
                })
                .start();
        sane = TestCluster.builder("sane").heapMb(256).start();
        destination = TestCluster.builder("destination").heapMb(320).agent().start();
        links = new Links(destination);
        // Only by way of the proxy, and giving up on an answer that stalls soon.
        String address = "bootstrap.servers=127.0.0.1:" + proxy.port();
        links.run("create", "--link", LINK, "--config", address, "--config", "request.timeout.ms=3000");
        links.create(SANE, sane);
        Workload.onNewTopic(hostile, TOPIC, 2, Map.of()).plain(30);
        Workload.onNewTopic(sane, SANE, 2, Map.of()).plain(30);
        links.mirror(LINK, TOPIC);
        links.mirror(SANE, SANE);
        assertLevel(hostile, TOPIC);
        assertLevel(sane, SANE);
        threads = threads();
        residentKb = residentKb();
    }

    @AfterAll
    static void stop() {
        Fixtures.close(destination, sane, hostile);
        if (proxy != null) {
            proxy.close();
        }
    }

    @AfterEach
    void brokerIsUnharmed() {
        proxy.behave();
        assertThat(destination.broker(1).isAlive()).isTrue();
        assertThat(destination.broker(1).log()).doesNotContain("OutOfMemoryError");
        assertThat(threads()).as("threads").isLessThanOrEqualTo(threads + MAX_MORE_THREADS);
        assertThat(residentKb()).as("kB").isLessThanOrEqualTo(residentKb + MAX_MORE_KB);
    }

    static Stream<Named<Mischief>> answersThatAreWrong() {
        return Stream.of(
                Named.of("announces two gigabytes", Mischiefs::announceTwoGigabytes),
                Named.of("announces a negative size", Mischiefs::announceLessThanNothing),
                Named.of("garbage", Mischiefs::garbage),
                Named.of("garbage inside", Mischiefs::garbageInside),
                Named.of("wrong correlation id", Mischiefs::wrongCorrelationId),
                Named.of("hangs up in the middle", Mischiefs::hangUpInTheMiddle),
                Named.of("stalls in the middle", Mischiefs.stall(proxy)));
    }

    /** What takes the client apart in different ways; the others with the long tests. */
    static Stream<Named<Mischief>> fewAnswersThatAreWrong() {
        return Boolean.getBoolean("clusterlinks.scale")
                ? answersThatAreWrong()
                : Stream.of(
                        Named.of("announces two gigabytes", Mischiefs::announceTwoGigabytes),
                        Named.of("garbage inside", Mischiefs::garbageInside),
                        Named.of("wrong correlation id", Mischiefs::wrongCorrelationId));
    }

    static Stream<Named<Mischief>> fetchesThatAreWrong() {
        return Stream.concat(
                answersThatAreWrong(),
                Stream.of(
                        Named.of("damaged records", Mischiefs::damagedRecords),
                        Named.of("offsets past the end", Mischiefs::offsetsPastTheEnd),
                        Named.of("offsets that overflow", Mischiefs::offsetsThatOverflow),
                        Named.of("negative offsets", Mischiefs::negativeOffsets),
                        Named.of("records from before", Mischiefs::recordsFromBefore),
                        Named.of("epochs of the future", Mischiefs::epochsOfTheFuture),
                        Named.of("batches of two gigabytes", Mischiefs::batchesOfTwoGigabytes),
                        Named.of("batches of negative length", Mischiefs::batchesOfNegativeLength),
                        Named.of("half a batch", Mischiefs::halfABatch),
                        Named.of("errors that do not exist", Mischiefs::errorsThatDoNotExist),
                        Named.of("partitions nobody asked for", Mischiefs::partitionsNobodyAskedFor)));
    }

    @ParameterizedTest
    @MethodSource("fetchesThatAreWrong")
    void aWrongFetchIsNamedAndGoneOnFromWhenTheSourceIsSane(Mischief mischief) {
        // Given a source that answers fetches wrongly, and has more to give
        long end = end();
        proxy.misbehave(ApiKeys.FETCH, mischief);
        Workload.onTopic(hostile, TOPIC, 2).plain(10);

        // Then its mirror says so, nothing of it gets into the log, and others go on
        Await.untilPasses(SEEN, () -> {
            Map<String, String> described = links.describe(LINK, TOPIC);
            assertThat(described.get(WireContract.STATUS_STATE)).isEqualTo(MirrorState.SOURCE_UNAVAILABLE.name());
            assertThat(described.get(WireContract.STATUS_REASON)).isNotBlank();
        });
        assertOthersGoOn();
        assertFetchesAreFew();
        assertThat(end()).isEqualTo(end);

        // When it is sane again, the mirror goes on
        proxy.behave();
        assertFollowsAgain();
    }

    @Test
    void anAnswerBesidesTheOthersDoesNotMoveWhatComesAfter() {
        // Given a source whose answers come twice now and then
        long[] answers = new long[1];
        proxy.misbehave(ApiKeys.FETCH, (answer, out) -> {
            if (++answers[0] % 3 == 0) {
                Mischiefs.twice(answer, out);
            } else {
                out.writeInt(answer.bytes().length);
                out.write(answer.bytes());
            }
        });

        // When it goes on, then so does the mirror
        Workload.onTopic(hostile, TOPIC, 2).plain(10);
        assertFollowsAgain();
    }

    @Test
    void aSourceThatGivesNothingIsNotAskedWithoutPause() {
        long end = end();
        proxy.misbehave(ApiKeys.FETCH, Mischiefs::nothingAtOnce);
        Workload.onTopic(hostile, TOPIC, 2).plain(10);

        assertOthersGoOn();
        assertFetchesAreFew();
        assertThat(end()).isEqualTo(end);
        Await.untilPasses(SEEN, () -> assertThat(links.partitions(LINK, TOPIC))
                .extracting(PartitionStatus::lagRecords)
                .contains(10L));

        proxy.behave();
        assertFollowsAgain();
    }

    @Test
    void aLogStartPastTheEndDeletesNothing() {
        proxy.misbehave(ApiKeys.FETCH, Mischiefs::logStartPastTheEnd);
        Workload.onTopic(hostile, TOPIC, 2).plain(10);
        assertOthersGoOn();
        assertFetchesAreFew();

        proxy.behave();
        assertFollowsAgain();
    }

    @Test
    void aThrottleOfDaysLastsNoLongerThanTheSourceIsMad() {
        proxy.misbehave(ApiKeys.FETCH, Mischiefs::throttledForDays);
        Workload.onTopic(hostile, TOPIC, 2).plain(10);
        assertOthersGoOn();
        assertFetchesAreFew();

        proxy.behave();
        assertFollowsAgain();
    }

    @ParameterizedTest
    @MethodSource("fewAnswersThatAreWrong")
    void wrongMetadataMakesTheLinkUnavailableUntilItIsRight(Mischief mischief) {
        proxy.misbehave(ApiKeys.METADATA, mischief);
        Await.untilPasses(SEEN, () -> {
            Map<String, String> described = links.describe(LINK);
            assertThat(described.get(WireContract.STATUS_STATE)).isEqualTo("SOURCE_UNAVAILABLE");
            assertThat(described.get(WireContract.STATUS_REASON)).isNotBlank();
        });
        assertOthersGoOn();

        proxy.behave();
        assertFollowsAgain();
    }

    /** The admin client of a link dies of an answer that it does not understand; it must be replaced. */
    @ParameterizedTest
    @MethodSource("fewAnswersThatAreWrong")
    void wrongConfigsAreAskedForAgain(Mischief mischief) {
        // Given a source that answers wrongly what configs its topics have
        proxy.misbehave(ApiKeys.DESCRIBE_CONFIGS, mischief);
        String retention = Long.toString(System.nanoTime());
        Topics.alter(hostile.admin(), TOPIC, Map.of("retention.ms", retention));
        Await.untilPasses(SEEN, () -> assertThat(links.describe(LINK).get(WireContract.STATUS_TASK_PREFIX + "topics"))
                .contains("FAILED"));

        // Then mirrors follow nevertheless, and configs do when it is sane again
        Workload.onTopic(hostile, TOPIC, 2).plain(10);
        assertFollowsAgain();
        assertOthersGoOn();
        proxy.behave();
        Await.untilPasses(LEVEL, () -> assertThat(Topics.describe(destination.admin(), TOPIC))
                .containsEntry("retention.ms", retention));
    }

    @Test
    void aPromotionSaysThatTheSourceDoesNotTellItsEndAndIsGivenUpCleanly() {
        // Given a source that answers wrongly where it ends, and else is sane
        proxy.misbehave(ApiKeys.LIST_OFFSETS, Mischiefs::garbageInside);

        // When its mirror is promoted, with a limit
        Cli.Result result = links.cli()
                .run("mirrors", "promote", "--link", LINK, "--topic", TOPIC, "--wait", "--wait-timeout", "5");

        // Then that says what is wrong, and the mirror follows again
        assertThat(result.exitCode()).as(result.toString()).isEqualTo(1);
        assertThat(result.stderr())
                .contains("waits: ")
                .contains("an answer that is not the protocol's")
                .contains("given up and it follows the source again");
        proxy.behave();
        Workload.onTopic(hostile, TOPIC, 2).plain(10);
        assertFollowsAgain();
    }

    private static void assertOthersGoOn() {
        long start = System.nanoTime();
        Workload.onTopic(sane, SANE, 2).plain(10);
        new TopicComparison(sane, SANE, destination, SANE).awaitLevel(Duration.ofSeconds(10));
        assertThat(links.state(SANE, SANE)).isEqualTo(MirrorState.ACTIVE);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
    }

    private static void assertFetchesAreFew() {
        long before = proxy.requests(ApiKeys.FETCH);
        long start = System.nanoTime();
        Await.until(
                "a while",
                Duration.ofSeconds(5),
                () -> System.nanoTime() - start > Duration.ofSeconds(1).toNanos());
        double seconds = (System.nanoTime() - start) / 1e9;
        assertThat((proxy.requests(ApiKeys.FETCH) - before) / seconds)
                .as("fetches per second")
                .isLessThan(MAX_FETCHES);
    }

    private static void assertFollowsAgain() {
        assertLevel(hostile, TOPIC);
        links.awaitState(LINK, TOPIC, MirrorState.ACTIVE);
        assertThat(links.describe(LINK, TOPIC).get(WireContract.STATUS_EVENTS)).isEqualTo("[]");
        for (int partition = 0; partition < 2; partition++) {
            assertThat(LogComparison.sourceAndMirror(
                            hostile.broker(1).replicaDir(TOPIC, partition),
                            destination.broker(1).replicaDir(TOPIC, partition),
                            0))
                    .isEmpty();
        }
    }

    private static void assertLevel(TestCluster source, String topic) {
        new TopicComparison(source, topic, destination, topic)
                .awaitLevel(LEVEL)
                .compare()
                .orThrow();
    }

    private static long end() {
        return Topics.ends(
                        destination.admin(),
                        Topics.partitions(destination.admin(), TOPIC),
                        org.apache.kafka.common.IsolationLevel.READ_UNCOMMITTED)
                .values()
                .stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    private static int threads() {
        return (int) status("Threads");
    }

    private static long residentKb() {
        return status("VmRSS");
    }

    private static long status(String key) {
        try (Stream<String> lines =
                Files.lines(Path.of("/proc", Long.toString(destination.broker(1).pid()), "status"))) {
            return lines.filter(line -> line.startsWith(key + ":"))
                    .map(line -> line.replaceAll("\\D", ""))
                    .mapToLong(Long::parseLong)
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
