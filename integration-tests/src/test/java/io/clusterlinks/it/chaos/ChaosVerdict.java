// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.it.Await;
import io.clusterlinks.it.BrokerProcess;
import io.clusterlinks.it.Clients;
import io.clusterlinks.it.TestCluster;
import io.clusterlinks.it.Topics;
import io.clusterlinks.it.chaos.ChaosCommands.Outcome;
import io.clusterlinks.it.chaos.ChaosCommands.Sent;
import io.clusterlinks.it.chaos.ChaosMirrors.Mirror;
import io.clusterlinks.protocol.MirrorState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;

/** What must hold when all faults are over: of the mirrors' states, their logs, and what clients were told. */
final class ChaosVerdict {
    private static final Duration RECOVERED = Duration.ofSeconds(120);
    private static final String NOT_EQUAL = "Not adopted, an ordinary topic";
    /** More than the ids that the source has given to producers that write most. */
    private static final int PRODUCERS = 40;

    private final TestCluster source;
    private final TestCluster destination;
    private final ChaosCommands commands;
    private final ChaosWorkload workload;
    private final ChaosTrespasser trespasser;
    /** Source topics that were deleted, and perhaps created again. */
    private final Set<String> gone;

    private final ChaosMirrors mirrors;
    private final ChaosLogs logs;
    private final Consumer<String> log;

    ChaosVerdict(
            TestCluster source,
            TestCluster destination,
            ChaosCommands commands,
            ChaosWorkload workload,
            ChaosTrespasser trespasser,
            Set<String> gone,
            Consumer<String> log) {
        this.source = source;
        this.destination = destination;
        this.commands = commands;
        this.workload = workload;
        this.trespasser = trespasser;
        this.gone = gone;
        this.mirrors = new ChaosMirrors(destination);
        this.logs = new ChaosLogs(source, destination);
        this.log = log;
    }

    /**
     * Every mirror goes on or has stopped; nothing is left on the way.
     *
     * @param written whether the source is written to: then a promotion may be under way for as long
     */
    void awaitRecovery(boolean written) {
        Map<String, String> unlimited = new HashMap<>(Map.of("desired.state", "ACTIVE"));
        unlimited.put("max.truncation.records", null);
        commands.insist(ChaosCommands.link(ChaosCommands.LINK), unlimited, RECOVERED);
        for (Mirror mirror : settled()) {
            if (mirror.state() == MirrorState.PAUSED) {
                commands.insist(
                        ChaosCommands.mirror(mirror.link(), mirror.topic()),
                        Map.of("desired.state", "ACTIVE"),
                        RECOVERED);
            }
        }
        long beganNs = System.nanoTime();
        Await.untilPasses(RECOVERED, () -> {
            List<Mirror> all = mirrors.all();
            all.stream().filter(ChaosVerdict::isToRepair).forEach(this::repair);
            assertThat(all).allMatch(mirror -> isSettled(mirror) || (written && isBeingPromoted(mirror)));
        });
        log.accept("all mirrors go on or have stopped after " + sinceMs(beganNs) + " ms");
    }

    /** Mirrors of which none is about to change its state by itself, unless it recovers from a fault. */
    private List<Mirror> settled() {
        List<List<Mirror>> last = new ArrayList<>();
        Await.untilPasses(RECOVERED, () -> {
            List<Mirror> all = mirrors.all();
            last.add(all);
            assertThat(all).noneMatch(mirror -> mirror.state() == MirrorState.INITIALIZING);
        });
        return last.get(last.size() - 1);
    }

    private boolean isBeingPromoted(Mirror mirror) {
        return mirror.state() == MirrorState.PENDING_STOPPED
                && commands.history(ChaosCommands.mirror(mirror.link(), mirror.topic())).stream()
                        .anyMatch(sent -> sent.asksFor("PROMOTED") && sent.outcome() != Outcome.REFUSED);
    }

    /** For a while the link may have allowed no truncation. Whatever else a mirror failed of is an error. */
    private static boolean isToRepair(Mirror mirror) {
        return mirror.state() == MirrorState.FAILED && mirror.reason().contains("max.truncation.records");
    }

    private void repair(Mirror mirror) {
        log.accept("repairing " + mirror);
        commands.insist(ChaosCommands.mirror(mirror.link(), mirror.topic()), ChaosCommands.REPAIR, RECOVERED);
    }

    private boolean isSettled(Mirror mirror) {
        return mirror.state() == MirrorState.ACTIVE
                || mirror.isStopped()
                || (mirror.state() == MirrorState.FAILED && gone.contains(mirror.sourceTopic()));
    }

    /** What mirrors have become is what commands have asked for. */
    void checkCommands(List<String> fixed) {
        assertThat(commands.unexpected()).as("answers that say nothing").isEmpty();
        List<Mirror> all = mirrors.all();
        for (Mirror mirror : all) {
            List<Sent> sent = commands.history(ChaosCommands.mirror(mirror.link(), mirror.topic()));
            boolean mayStop = sent.stream().anyMatch(ChaosVerdict::mayStop);
            boolean mustStop = !ChaosLent.TOPICS.contains(mirror.topic())
                    && sent.stream()
                            .anyMatch(
                                    command -> command.asksFor("FAILED_OVER") && command.outcome() == Outcome.ACCEPTED);
            if (mirror.link().equals(ChaosCommands.LINK)) {
                assertThat(mayStop || !mirror.isStopped())
                        .as("%s has stopped, and nobody asked for it: %s", mirror, sent)
                        .isTrue();
            }
            assertThat(!mustStop || mirror.isStopped())
                    .as("%s was failed over: %s", mirror, sent)
                    .isTrue();
        }
        assertThat(all.stream().map(Mirror::topic)).containsAll(fixed);
        Await.untilPasses(RECOVERED, () -> assertThat(mirrors.imageOffsets())
                .as("images of the brokers")
                .hasSize(1));
    }

    private static boolean mayStop(Sent sent) {
        return (sent.asksFor("FAILED_OVER") || sent.asksFor("PROMOTED")) && sent.outcome() != Outcome.REFUSED;
    }

    /**
     * After the writers have ended: every replica of every mirror.
     *
     * @param deleted up to where records were deleted at the source, which may have them again: it writes down once a
     *     minute where a log starts that begins inside a segment, and may go back to a replica that was away
     */
    void checkLogs(String compacting, Map<TopicPartition, Long> deleted, List<String> careful) {
        Map<TopicPartition, Long> stopOffsets = mirrors.stopOffsets();
        for (Mirror mirror : mirrors.all()) {
            String topic = mirror.topic();
            stopOffsets.putAll(endsOfLent(mirror));
            long beganNs = System.nanoTime();
            if (!mirror.isStopped() && !gone.contains(mirror.sourceTopic())) {
                awaitLevel(mirror, deleted);
                assertThat(trespasser.acknowledged(topic))
                        .as("writes of clients to mirror %s", topic)
                        .isEmpty();
            }
            if (gone.contains(mirror.sourceTopic())) {
                ChaosFated.check(destination, mirror);
                logs.compareReplicas(topic);
            } else if (topic.equals(compacting)) {
                logs.compareCompacted(topic, topic);
            } else {
                logs.compareWithSource(mirror.sourceTopic(), topic, stopOffsets);
                logs.compareReplicas(topic);
            }
            if (careful.contains(mirror.sourceTopic())) {
                assertHoldsWhatTheSourceAcknowledged(mirror, stopOffsets);
            }
            ChaosLogs.assertHolds(destination, topic, trespasser.acknowledged(topic), Map.of());
            log.accept(mirror.state() + " " + topic + " of " + mirror.sourceTopic() + " is right, after "
                    + sinceMs(beganNs) + " ms, local writes "
                    + trespasser.acknowledged(topic).size());
        }
    }

    private void awaitLevel(Mirror mirror, Map<TopicPartition, Long> deleted) {
        try {
            logs.awaitLevel(mirror.sourceTopic(), mirror.topic(), deleted);
        } catch (AssertionError e) {
            throw new AssertionError(e.getMessage() + "; described as " + mirrors.described(mirror), e);
        }
    }

    /** What is not adopted was written to here, or nobody has asked for it. */
    private Map<TopicPartition, Long> endsOfLent(Mirror mirror) {
        if (!ChaosLent.TOPICS.contains(mirror.topic()) || !mirror.isStopped()) {
            return Map.of();
        }
        Map<TopicPartition, Long> ends = logs.firstLocal(mirror.topic());
        boolean untouched = ends.equals(logs.ends(mirror.topic()));
        assertThat(untouched && mirror.reason().startsWith(NOT_EQUAL))
                .as("%s was not adopted, and nobody wrote to it here", mirror)
                .isFalse();
        return ends;
    }

    /** Mirrors that outlived their link: what was copied, and from then on what clients wrote. */
    void checkOrphans() {
        List<String> known = mirrors.all().stream().map(Mirror::topic).toList();
        int orphans = 0;
        for (String topic : Topics.get(destination.admin().listTopics().names())) {
            Optional<Sent> creation = commands.history(ChaosCommands.mirror(ChaosCommands.SIDE_LINK, topic)).stream()
                    .filter(sent -> sent.configs().containsKey("source.topic"))
                    .findFirst();
            if (creation.isPresent() && !known.contains(topic)) {
                String sourceTopic = creation.get().configs().get("source.topic");
                logs.compareWithSource(sourceTopic, topic, logs.firstLocal(topic));
                logs.compareReplicas(topic);
                ChaosLogs.assertHolds(destination, topic, trespasser.acknowledged(topic), Map.of());
                orphans++;
            }
        }
        log.accept(orphans + " mirrors of links that were deleted are right");
    }

    private void assertHoldsWhatTheSourceAcknowledged(Mirror mirror, Map<TopicPartition, Long> stopOffsets) {
        List<ChaosWriter.Written> written = workload.acknowledged(mirror.sourceTopic());
        ChaosLogs.assertHolds(source, mirror.sourceTopic(), written, Map.of());
        ChaosLogs.assertHolds(destination, mirror.topic(), written, stopOffsets);
    }

    /** Stops what still follows, one way or the other, and writes to it with many producers. */
    void stopAll(long seed, String compacting) {
        Map<String, List<ChaosWriter.Written>> written = new HashMap<>();
        List<Mirror> open =
                mirrors.all().stream().filter(mirror -> !mirror.isStopped()).toList();
        for (Mirror mirror : open) {
            boolean even = (seed + mirror.topic().hashCode()) % 2 == 0;
            String wish = even && !gone.contains(mirror.sourceTopic()) ? "PROMOTED" : "FAILED_OVER";
            commands.insist(
                    ChaosCommands.mirror(mirror.link(), mirror.topic()), Map.of("desired.state", wish), RECOVERED);
        }
        Await.untilPasses(RECOVERED, () -> assertThat(mirrors.all()).allMatch(Mirror::isStopped));
        for (Mirror mirror : open) {
            written.put(mirror.topic(), write(mirror.topic()));
        }
        written.forEach((topic, records) -> {
            if (!topic.equals(compacting)) {
                ChaosLogs.assertHolds(destination, topic, records, Map.of());
                logs.compareReplicas(topic);
            }
        });
        log.accept("stopped and wrote to " + open.size() + " mirrors");
    }

    private List<ChaosWriter.Written> write(String topic) {
        List<TopicPartition> partitions = Topics.partitions(destination.admin(), topic);
        List<ChaosWriter.Written> written = new ArrayList<>();
        for (int i = 0; i < PRODUCERS; i++) {
            try (Producer<String, String> producer = Clients.producer(destination, Map.of())) {
                TopicPartition partition = partitions.get(i % partitions.size());
                String value = ChaosTrespasser.MARK + "after-" + i;
                long offset = Topics.get(producer.send(new org.apache.kafka.clients.producer.ProducerRecord<>(
                                topic, partition.partition(), "key", value)))
                        .offset();
                written.add(new ChaosWriter.Written(partition, offset, value));
            }
        }
        return written;
    }

    /** No thread of the plugin met what it did not expect, and all processes live. */
    void checkBrokers() {
        for (BrokerProcess broker : destination.brokers()) {
            assertThat(broker.isAlive()).as("broker " + broker.id() + " lives").isTrue();
            assertThat(broker.log().lines().filter(ChaosVerdict::isAlarm))
                    .as("log of broker " + broker.id())
                    .isEmpty();
        }
        assertThat(source.brokers()).allMatch(BrokerProcess::isAlive);
    }

    private static boolean isAlarm(String line) {
        return line.contains("failed unexpectedly")
                || line.contains("Internal error")
                || line.contains("OutOfMemoryError")
                || (line.contains("] ERROR ") && line.contains("io.clusterlinks"));
    }

    private static long sinceMs(long beganNs) {
        return Duration.ofNanos(System.nanoTime() - beganNs).toMillis();
    }
}
