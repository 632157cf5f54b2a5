// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.it.Await;
import io.clusterlinks.it.BrokerProcess;
import io.clusterlinks.it.Clients;
import io.clusterlinks.it.Fixtures;
import io.clusterlinks.it.Links;
import io.clusterlinks.it.Stream;
import io.clusterlinks.it.TestCluster;
import io.clusterlinks.it.TopicComparison;
import io.clusterlinks.it.Topics;
import io.clusterlinks.it.Workload;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.MirrorState;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.DuplicateResourceException;
import org.apache.kafka.common.errors.ResourceNotFoundException;
import org.apache.kafka.common.errors.RetriableException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * The coordinator is killed in the middle of every kind of command. The command has happened or it has not, a repeat is
 * safe, and all brokers say the same; meanwhile another mirror loses and repeats nothing. Moments are those of
 * {@code -Dchaos.seed=N}; more of them with {@code -Dchaos.rounds=N}.
 */
@EnabledIfSystemProperty(named = "clusterlinks.long", matches = "true")
class CoordinatorDeathIT {
    private static final Duration ANSWERED = Duration.ofSeconds(60);
    private static final String STEADY_LINK = "steady";
    private static final String STEADY = "steady-topic";
    private static final String DESIRED = "desired.state";
    private static final String ABSENT = "absent";

    private final long seed = Long.getLong("chaos.seed", System.nanoTime() % 1_000_000);
    private final Random random = new Random(seed);
    private TestCluster source;
    private TestCluster destination;
    private Links links;
    private Admin admin;
    private ChaosFaults brokers;

    @BeforeEach
    void start() {
        source = TestCluster.builder("source").heapMb(256).start();
        destination = TestCluster.builder("destination")
                .brokers(3)
                .separateController()
                .agent()
                .heapMb(256)
                .jvm("-Xms64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
                .config("min.insync.replicas", "2")
                .start();
        links = new Links(destination);
        links.create(STEADY_LINK, source);
        brokers = new ChaosFaults(destination, System.out::println);
        admin = destination.newAdmin(Map.of(
                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, 20_000,
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 20_000));
    }

    @AfterEach
    void stop() {
        if (admin != null) {
            admin.close(Duration.ZERO);
            brokers.close();
        }
        Fixtures.close(destination, source);
    }

    @Test
    void everyCommandHappensOnceOrNotAtAll() {
        System.out.println("coordinator's death: repeat with -Dchaos.seed=" + seed);
        // Given a mirror that is written to all the time
        Topics.create(source.admin(), STEADY, 2, Map.of());
        links.mirror(STEADY_LINK, STEADY);
        try (Stream stream = Stream.start(source, STEADY, 2)) {
            // When the coordinator dies in the middle of every command
            for (int round = 0; round < Integer.getInteger("chaos.rounds", 1); round++) {
                linkCommands(round);
                mirrorCommands(round);
                stopCommands(round);
            }
            assertThat(stream.written()).isPositive();
        }
        // Then the mirror is the source's, on every replica
        new TopicComparison(source, STEADY, destination, STEADY)
                .awaitLevel(ANSWERED)
                .compare()
                .orThrow();
        new ChaosLogs(source, destination).compareWithSource(STEADY, STEADY, Map.of());
    }

    private void linkCommands(int round) {
        String resource = link(round);
        kill(
                "create link",
                resource,
                Map.of("create", "true", "bootstrap.servers", source.bootstrap()),
                ABSENT,
                "ACTIVE");
        kill("alter link", resource, Map.of("num.cluster.link.fetchers", "3"), "1", "3");
        kill("pause link", resource, Map.of(DESIRED, "PAUSED"), "ACTIVE", "PAUSED");
        kill("resume link", resource, Map.of(DESIRED, "ACTIVE"), "PAUSED", "ACTIVE");
    }

    private void mirrorCommands(int round) {
        String topic = newTopic("promoted-" + round);
        String resource = mirror(round, topic);
        kill("create mirror", resource, Map.of("create", "true", DESIRED, "ACTIVE"), ABSENT, "ACTIVE");
        links.awaitState("link-" + round, topic, MirrorState.ACTIVE);
        kill("pause mirror", resource, Map.of(DESIRED, "PAUSED"), "ACTIVE", "PAUSED");
        kill("resume mirror", resource, Map.of(DESIRED, "ACTIVE"), "PAUSED", "ACTIVE");
        kill("promote mirror", resource, Map.of(DESIRED, "PROMOTED"), "ACTIVE", "PROMOTED");
        assertStopped(round, topic);
    }

    private void stopCommands(int round) {
        String topic = newTopic("failed-over-" + round);
        mirrorLevel(round, topic);
        kill("fail mirror over", mirror(round, topic), Map.of(DESIRED, "FAILED_OVER"), "ACTIVE", "FAILED_OVER");
        assertStopped(round, topic);
        String last = newTopic("deleted-" + round);
        mirrorLevel(round, last);
        // A link that is deleted with force stays until its mirrors have stopped.
        kill("delete link", link(round), Map.of(DESIRED, "DELETED", "force", "true"), "ACTIVE", "DELETED", ABSENT);
        Await.until(
                "link is gone", ANSWERED, () -> observe(link(round), DESIRED).equals(ABSENT));
        assertWritable(last);
    }

    private void mirrorLevel(int round, String topic) {
        links.mirror("link-" + round, topic);
        new TopicComparison(source, topic, destination, topic).awaitLevel(ANSWERED);
    }

    private String newTopic(String topic) {
        Workload.onNewTopic(source, topic, 2, Map.of()).compressions().transactions();
        return topic;
    }

    /** Gives a command, kills the coordinator a moment later, and repeats the command until it is answered. */
    private void kill(String what, String resource, Map<String, String> command, String before, String... after) {
        // Given that nothing is under way
        awaitAgreement();
        String entry = command.keySet().stream()
                .filter(key -> key.startsWith("num."))
                .findFirst()
                .orElse(DESIRED);
        assertThat(observe(resource, entry)).as("before: %s", what).isEqualTo(before);
        BrokerProcess coordinator = destination.broker(coordinator());
        // Within 200 ms, and often within the few that most commands take.
        long delayMs = (long) (200 * Math.pow(random.nextDouble(), 3));

        // When the coordinator dies
        KafkaFuture<Void> answer = Topics.alterAsync(admin, resource, command);
        LockSupport.parkNanos(Duration.ofMillis(delayMs).toNanos());
        coordinator.kill();
        Optional<Throwable> failure = Clients.failure(answer::get);

        // Then the command has happened or not; one that was accepted has
        String[] state = new String[1];
        Await.untilPasses(ANSWERED, () -> state[0] = observe(resource, entry));
        System.out.printf(
                "%s: killed %d after %d ms, answer %s, then %s%n",
                what,
                coordinator.id(),
                delayMs,
                failure.map(Throwable::toString).orElse("accepted"),
                state[0]);
        Set<String> possible = new TreeSet<>(Set.of(after));
        if (failure.isPresent()) {
            assertThat(failure).as(what).get().isInstanceOf(RetriableException.class);
            possible.add(before);
        }
        assertThat(possible).as("%s, killed after %d ms", what, delayMs).contains(state[0]);

        // And a repeat is safe
        Await.until(
                what + " is answered",
                ANSWERED,
                () -> isDone(Clients.failure(
                        () -> Topics.alterAsync(admin, resource, command).get())));
        assertThat(observe(resource, entry)).as("repeated: %s", what).isIn((Object[]) after);
        destination.restart(coordinator.id());
        awaitAgreement();
    }

    /** Whether a repeated command was answered: done, or found done. */
    private static boolean isDone(Optional<Throwable> failure) {
        failure.filter(cause -> !(cause instanceof RetriableException
                        || cause instanceof DuplicateResourceException
                        || cause instanceof ResourceNotFoundException))
                .ifPresent(cause -> {
                    throw new Await.HopelessException("Refused: " + cause);
                });
        return failure.filter(RetriableException.class::isInstance).isEmpty();
    }

    private String observe(String resource, String entry) {
        try {
            return Topics.describe(destination.admin(), resource).get(entry);
        } catch (ResourceNotFoundException e) {
            return ABSENT;
        }
    }

    /** Every broker, asked by itself, knows all, and its image is as far as that of the others. */
    private void awaitAgreement() {
        brokers.heal(ANSWERED);
        ChaosMirrors mirrors = new ChaosMirrors(destination);
        Await.untilPasses(ANSWERED, () -> {
            assertThat(mirrors.imageOffsets()).hasSize(1).noneMatch(offset -> offset < 0);
            Set<String> answers = new TreeSet<>();
            for (BrokerProcess broker : destination.brokers()) {
                Map<String, String> index = BrokerQuestion.describe(broker, LinkResource.INDEX_NAME);
                index.keySet().removeIf(key -> key.startsWith("broker."));
                answers.add(index.toString());
            }
            assertThat(answers).as("what brokers say").hasSize(1);
        });
    }

    private int coordinator() {
        return Integer.parseInt(
                Topics.describe(destination.admin(), LinkResource.INDEX_NAME).get("coordinator"));
    }

    private void assertStopped(int round, String topic) {
        links.awaitState("link-" + round, topic, MirrorState.STOPPED);
        assertWritable(topic);
    }

    /** What was there at the source is here, on every replica, and clients write on. */
    private void assertWritable(String topic) {
        ChaosLogs logs = new ChaosLogs(source, destination);
        try (Producer<String, String> producer = Clients.plainProducer(destination)) {
            for (TopicPartition partition : Topics.partitions(destination.admin(), topic)) {
                Topics.get(producer.send(Clients.record(topic, partition.partition(), "local")));
            }
        }
        brokers.heal(ANSWERED);
        logs.compareReplicas(topic);
        Map<TopicPartition, Long> ends = Topics.ends(
                source.admin(),
                Topics.partitions(source.admin(), topic),
                org.apache.kafka.common.IsolationLevel.READ_UNCOMMITTED);
        logs.compareWithSource(topic, topic, ends);
    }

    private static String link(int round) {
        return new LinkResource.Link("link-" + round).resourceName();
    }

    private static String mirror(int round, String topic) {
        return new LinkResource.Mirror("link-" + round, topic).resourceName();
    }
}
