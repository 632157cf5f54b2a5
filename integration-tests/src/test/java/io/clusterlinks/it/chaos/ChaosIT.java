// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.it.Await;
import io.clusterlinks.it.Fixtures;
import io.clusterlinks.it.LinkProxies;
import io.clusterlinks.it.TestCluster;
import io.clusterlinks.it.TestClusterBuilder;
import io.clusterlinks.it.Topics;
import io.clusterlinks.it.chaos.ChaosWriter.Style;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;

/**
 * Everything goes wrong, on both sides and at the same time, in an order that a seed decides; in the end no replica
 * differs and no acknowledged write is missing. Longer, or with a given seed:
 * {@code mvn verify -Pchaos -Dchaos.minutes=30 -Dchaos.seed=N}; {@code -Dchaos.partitions=400} adds a topic of so many.
 */
class ChaosIT {
    private static final Duration HEALED = Duration.ofSeconds(120);
    private static final long SHORT_MS = 45_000;
    private static final String COMPACTING = "compacting";
    static final String UNCLEAN = "unclean";
    static final String TRIMMED = "trimmed";
    static final String GROWING = "growing";
    private static final String CROWDED = "crowded";
    private static final int CROWD = Integer.getInteger("chaos.partitions", 0);
    /** Topics whose writers are told the truth, and of which nothing is compacted away. */
    private static final List<String> CAREFUL =
            withCrowd(List.of("plain", "compacted", "transactional", TRIMMED, GROWING));

    private static final List<String> FIXED =
            withCrowd(List.of("plain", "compacted", COMPACTING, "transactional", UNCLEAN, TRIMMED, GROWING));

    /** Topics whose records stay, and whose configs, ACLs and groups change. */
    private static final List<String> BELONGING = List.of("plain", "compacted", "transactional", GROWING);

    /** Mirrors that nobody reads or writes while they lose what they have, as they may where somebody elects a leader uncleanly. */
    private static final List<String> UNREAD =
            withCrowd(List.of("compacted", COMPACTING, "transactional", UNCLEAN, TRIMMED));

    private final long seed = Long.getLong("chaos.seed", System.nanoTime() % 1_000_000);
    private final long durationMs = durationMs();
    private final List<String> spare = IntStream.range(0, (int) Math.min(60, 5 + durationMs / 8_000))
            .mapToObj(number -> "extra-" + number)
            .toList();
    private final List<String> fated = IntStream.range(0, (int) Math.min(20, 4 + durationMs / 30_000))
            .mapToObj(number -> "fated-" + number)
            .toList();
    private final Path details = Path.of(System.getProperty("java.io.tmpdir"), "chaos-" + seed + ".log");
    /** Through which brokers of the destination reach each other, and clients them; of some seeds. */
    private final LinkProxies within = new LinkProxies();
    /** The same of the source. */
    private final LinkProxies withinThere = new LinkProxies();

    private TestCluster source;
    private TestCluster destination;
    private ChaosImpostor impostor;

    @Test
    void losesNothingWhateverGoesWrong() {
        ChaosSchedule schedule = ChaosSchedule.of(seed, durationMs);
        try {
            Files.deleteIfExists(details);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        tell("seed " + seed + ", " + durationMs + " ms, " + schedule.shape() + ", details in " + details);
        schedule.actions().forEach(action -> System.out.println("  " + action));
        try (LinkProxies proxies = new LinkProxies();
                ChaosImpostor other = new ChaosImpostor(BELONGING, ChaosReaders.GROUP)) {
            impostor = other;
            start(schedule.shape(), proxies);
            try (ChaosCommands commands = new ChaosCommands(
                            destination, proxies, schedule.shape()::replicas, FIXED, spare, this::say);
                    ChaosWorkload workload = new ChaosWorkload()) {
                createTopics();
                write(workload, commands);
                // Until then not every broker of the source knows the topics.
                workload.awaitProgress(HEALED, this::say);
                mirror(commands, proxies);
                run(schedule, proxies, commands, workload);
            }
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("Chaos with -Dchaos.seed=" + seed + " (" + details + "): " + e.getMessage(), e);
        } finally {
            Fixtures.close(destination, source);
            within.close();
            withinThere.close();
        }
    }

    private static List<String> withCrowd(List<String> topics) {
        List<String> all = new ArrayList<>(topics);
        if (CROWD > 0) {
            all.add(CROWDED);
        }
        return List.copyOf(all);
    }

    private static long durationMs() {
        Integer minutes = Integer.getInteger("chaos.minutes");
        return minutes == null ? SHORT_MS : Duration.ofMinutes(minutes).toMillis();
    }

    private void start(ChaosSchedule.Shape shape, LinkProxies proxies) {
        TestClusterBuilder from = cluster("source")
                .proxies(proxies)
                .config("transaction.abort.timed.out.transaction.cleanup.interval.ms", "2000");
        // Brokers that come back soon lead again: also mirrors that were created while they were away.
        TestClusterBuilder to = cluster("destination")
                .agent()
                .logDirs(2)
                .config("leader.imbalance.check.interval.seconds", "2")
                .config("leader.imbalance.per.broker.percentage", "0");
        if (shape.proxiedDestination()) {
            to.advertised(within::open).controllersBehind(within::open);
        }
        if (shape.proxiedSource()) {
            from.advertised(withinThere::open).controllersBehind(withinThere::open);
        }
        source = from.controllers(shape.source()).start();
        destination = to.controllers(shape.destination()).start();
    }

    private static TestClusterBuilder cluster(String name) {
        return TestCluster.builder(name)
                .brokers(3)
                .config("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer")
                .config("super.users", "User:ANONYMOUS")
                .heapMb(256)
                .jvm("-Xms64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
                .config("min.insync.replicas", "2");
    }

    private void createTopics() {
        // Compaction acts on either side in its own time: held off, every batch can be compared.
        create("compacted", Map.of("cleanup.policy", "compact", "min.compaction.lag.ms", "86400000"));
        create(
                COMPACTING,
                Map.of("cleanup.policy", "compact", "segment.ms", "3000", "min.cleanable.dirty.ratio", "0.01"));
        List.of("plain", "transactional", TRIMMED, GROWING)
                .forEach(topic -> create(topic, Map.of("segment.bytes", "1048576")));
        spare.forEach(topic -> create(topic, Map.of()));
        ChaosLent.TOPICS.forEach(topic -> create(topic, Map.of()));
        if (CROWD > 0) {
            Topics.create(source.admin(), CROWDED, CROWD, Map.of());
        }
        Map<String, String> unclean = Map.of("unclean.leader.election.enable", "true", "min.insync.replicas", "1");
        Topics.get(source.admin()
                .createTopics(
                        List.of(new NewTopic(UNCLEAN, Map.of(0, List.of(2, 3), 1, List.of(3, 2))).configs(unclean)))
                .all());
    }

    private void create(String topic, Map<String, String> configs) {
        Topics.create(source.admin(), topic, 2, configs);
    }

    private void write(ChaosWorkload workload, ChaosCommands commands) {
        workload.start(new ChaosWriter(source, Style.SAFE, seed, "plain"));
        workload.start(new ChaosWriter(source, Style.SAFE, seed, TRIMMED, GROWING));
        workload.start(new ChaosWriter(source, Style.KEYED, seed, "compacted", COMPACTING));
        workload.start(new ChaosWriter(source, Style.TRANSACTIONAL, seed, "transactional"));
        workload.start(new ChaosWriter(source, Style.CARELESS, seed, UNCLEAN));
        if (CROWD > 0) {
            workload.start(new ChaosWriter(source, Style.SAFE, seed, CROWDED));
        }
        workload.start(new ChaosWriter(source, Style.SAFE, seed, ChaosLent.TOPICS.toArray(String[]::new)));
        workload.start(new ChaosWriter(source, Style.SAFE, seed, commands::isOpen, spare.toArray(String[]::new)));
    }

    private void mirror(ChaosCommands commands, LinkProxies proxies) {
        Map<String, String> configs = Map.of(
                "bootstrap.servers", proxies.bootstrap(),
                "acl.sync.enable", "true",
                "acl.filters", "{\"aclFilters\":[{}]}",
                "consumer.offset.sync.enable", "true",
                "consumer.offset.group.filters",
                        "{\"groupFilters\":[{\"name\":\"*\",\"patternType\":\"LITERAL\",\"filterType\":\"INCLUDE\"}]}");
        commands.insist(ChaosCommands.link(ChaosCommands.LINK), configs, HEALED);
        mirror(commands, FIXED);
        mirror(commands, ChaosLent.TOPICS);
    }

    private static void mirror(ChaosCommands commands, List<String> topics) {
        for (String topic : topics) {
            commands.insist(ChaosCommands.mirror(topic), commands.creation(topic), HEALED);
        }
    }

    private ChaosFated mirrorFated(ChaosFaults there, ChaosCommands commands) {
        ChaosFated topics = new ChaosFated(source, there, fated, this::say);
        mirror(commands, fated);
        topics.awaitMirrored(destination);
        return topics;
    }

    private void run(ChaosSchedule schedule, LinkProxies proxies, ChaosCommands commands, ChaosWorkload workload) {
        ChaosTrespasser trespasser = new ChaosTrespasser(destination, commands.lent(), seed);
        Thread thread = daemon(trespasser);
        ChaosReaders readers = new ChaosReaders(source, destination, "plain", GROWING);
        Thread reading = daemon(readers);
        try (ChaosFaults here = new ChaosFaults(destination, this::say);
                ChaosFaults there = new ChaosFaults(source, this::say)) {
            ChaosSourceFaults topics = new ChaosSourceFaults(source, there, this::say);
            ChaosDisks disks = new ChaosDisks(destination, here, this::say);
            ChaosFated doomed = mirrorFated(there, commands);
            ChaosBelongings belongings = new ChaosBelongings(source, destination, there, BELONGING, this::say);
            ChaosActions actions = new ChaosActions(
                    here,
                    disks,
                    within,
                    UNREAD,
                    there,
                    withinThere,
                    topics,
                    proxies,
                    impostor.port(),
                    commands,
                    belongings,
                    doomed);
            new ChaosLanes(schedule, actions, this::say).run();
            tell("healing");
            proxies.mend();
            within.mend();
            withinThere.mend();
            there.heal(HEALED);
            disks.heal(HEALED);
            ChaosVerdict verdict =
                    new ChaosVerdict(source, destination, commands, workload, trespasser, doomed.gone(), this::tell);
            verdict.awaitRecovery(true);
            workload.awaitProgress(HEALED, this::tell);
            workload.end();
            end(trespasser, thread);
            readers.stop();
            Await.until("the readers end", HEALED, () -> !reading.isAlive());
            verdict.awaitRecovery(false);
            verdict.checkCommands(FIXED);
            there.heal(HEALED);
            here.heal(HEALED);
            verdict.checkLogs(COMPACTING, topics.deleted(), careful());
            verdict.checkOrphans();
            readers.assertSynced();
            belongings.assertFollowed();
            verdict.stopAll(seed, COMPACTING);
            verdict.checkBrokers();
        }
    }

    private static Thread daemon(Runnable work) {
        Thread thread = new Thread(work, work.getClass().getSimpleName());
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private static void end(ChaosTrespasser trespasser, Thread thread) {
        trespasser.stop();
        Await.until("the trespasser ends", HEALED, () -> !thread.isAlive());
        assertThat(trespasser.death()).as("death of the trespasser").isEmpty();
        assertThat(trespasser.refusals()).as("refused writes").isPositive();
    }

    private List<String> careful() {
        List<String> careful = new ArrayList<>(CAREFUL);
        careful.addAll(spare);
        careful.addAll(ChaosLent.TOPICS);
        return careful;
    }

    /** For who reads the details. */
    private synchronized void say(String what) {
        try {
            Files.writeString(
                    details, Instant.now() + " " + what + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** For everybody. */
    private void tell(String what) {
        say(what);
        System.out.println("chaos: " + what);
    }
}
