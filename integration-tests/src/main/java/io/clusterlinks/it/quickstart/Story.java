// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.quickstart;

import io.clusterlinks.it.Await;
import io.clusterlinks.it.Cli;
import io.clusterlinks.it.Links;
import io.clusterlinks.it.TestCluster;
import io.clusterlinks.it.TopicComparison;
import io.clusterlinks.it.Topics;
import io.clusterlinks.it.Workload;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** The story: fill, link, mirror, prove, refuse, promote, write. Driven with the command line and stock clients only. */
final class Story {
    static final String LINK = "demo";
    static final String TOPIC = "orders";
    static final String COMPACTED_TOPIC = "accounts";

    private static final int PARTITIONS = 4;
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final String NEVER = Long.toString(Long.MAX_VALUE);

    private final Narrator narrator;
    private final ClusterFactory clusters;
    private final long loadBytes;
    private final List<String> facts = new ArrayList<>();
    private TestCluster source;
    private TestCluster destination;
    private Links links;

    /** Starts a single-broker cluster. */
    @FunctionalInterface
    interface ClusterFactory {
        TestCluster start(String name, boolean plugin);
    }

    Story(Narrator narrator, ClusterFactory clusters, long loadBytes) {
        this.narrator = narrator;
        this.clusters = clusters;
        this.loadBytes = loadBytes;
    }

    TestCluster source() {
        return source;
    }

    TestCluster destination() {
        return destination;
    }

    List<String> facts() {
        return facts;
    }

    void tell() {
        narrator.step("Start two clusters of stock Apache Kafka, the destination with the plugin", this::startClusters);
        narrator.step("Fill topic '" + TOPIC + "' at the source", this::fill);
        narrator.step("Fill and compact topic '" + COMPACTED_TOPIC + "' at the source", this::fillCompacted);
        narrator.step("Link the destination to the source", this::link);
        narrator.step("Mirror both topics", this::mirror);
        narrator.step("Prove that both copies are equal, record by record", this::prove);
        narrator.step("Try to write to the mirror", this::tryToWrite);
        narrator.step("Promote '" + TOPIC + "'", this::promote);
        narrator.step("Write to the promoted topic", this::write);
    }

    private Void startClusters() {
        source = clusters.start("source", false);
        narrator.say("source:      " + source.bootstrap() + ", cluster id " + source.clusterId());
        destination = clusters.start("destination", true);
        narrator.say("destination: " + destination.bootstrap() + ", cluster id " + destination.clusterId());
        links = new Links(destination);
        return null;
    }

    private Void fill() {
        Topics.create(source.admin(), TOPIC, PARTITIONS, Map.of());
        narrator.say(PARTITIONS
                + " partitions; none, gzip, snappy, lz4 and zstd; plain, committed and aborted transactions");
        long start = System.nanoTime();
        new Load(source, TOPIC)
                .fill(
                        loadBytes,
                        bytes -> narrator.progress(String.format(
                                "%s of %s, %s/s", mb(bytes), mb(loadBytes), mb(perSecond(bytes, start)))));
        facts.add(mb(Load.onDisk(source, TOPIC)) + " in '" + TOPIC + "' at the source");
        return null;
    }

    private Void fillCompacted() {
        Map<String, String> eager = Map.of(
                "cleanup.policy", "compact",
                "segment.ms", "100",
                "min.cleanable.dirty.ratio", "0.01",
                "delete.retention.ms", "100",
                "min.compaction.lag.ms", NEVER);
        try (Workload workload = Workload.onNewTopic(source, COMPACTED_TOPIC, 1, eager)) {
            for (int i = 0; i < 5; i++) {
                workload.keyed(500, 40);
            }
        }
        // Only now may the cleaner begin, so that there is a size before and a size after.
        long before = Load.onDisk(source, COMPACTED_TOPIC);
        Topics.alter(source.admin(), COMPACTED_TOPIC, Map.of("min.compaction.lag.ms", "0"));
        Await.until("the cleaner has compacted " + COMPACTED_TOPIC, PATIENCE, () -> {
            long now = Load.onDisk(source, COMPACTED_TOPIC);
            narrator.progress("compacting: " + mb(before) + " to " + mb(now));
            return now < before / 2;
        });
        // From here on nothing is compacted on either side, so that a comparison is not a race of two cleaners.
        Topics.alter(source.admin(), COMPACTED_TOPIC, Map.of("min.compaction.lag.ms", NEVER));
        awaitQuiet(COMPACTED_TOPIC);
        return null;
    }

    /** A pass of the cleaner that had begun may still end. */
    private void awaitQuiet(String topic) {
        long[] seen = {-1, 0};
        Await.until(topic + " is left alone by the cleaner", PATIENCE, () -> {
            long size = Load.onDisk(source, topic);
            if (size != seen[0]) {
                seen[0] = size;
                seen[1] = System.nanoTime();
            }
            return System.nanoTime() - seen[1] > Duration.ofSeconds(1).toNanos();
        });
    }

    private Void link() {
        command("create", "--link", LINK, "--config", "bootstrap.servers=" + source.bootstrap());
        return null;
    }

    private Void mirror() {
        MirrorProgress progress = new MirrorProgress(source, destination, links);
        // Records arrive while the commands still run, so these are not waited for before looking.
        Future<Void> commands = inBackground(() -> {
            command("mirrors", "create", "--link", LINK, "--topic", TOPIC);
            command("mirrors", "create", "--link", LINK, "--topic", COMPACTED_TOPIC);
            return null;
        });
        Await.until("the mirrors are level with the source", PATIENCE, () -> {
            narrator.progress(progress.line());
            return hasEnded(commands) && progress.isLevel();
        });
        facts.add(String.format(
                Locale.ROOT,
                "%s mirrored at %.1f MB/s",
                mb(Load.onDisk(destination, TOPIC)),
                progress.megabytesPerSecond()));
        return null;
    }

    private static <T> Future<T> inBackground(Callable<T> action) {
        FutureTask<T> task = new FutureTask<>(action);
        Thread thread = new Thread(task, "commands");
        thread.setDaemon(true);
        thread.start();
        return task;
    }

    private static boolean hasEnded(Future<?> commands) {
        if (!commands.isDone()) {
            return false;
        }
        try {
            Topics.get(commands);
        } catch (IllegalStateException e) {
            throw new Await.HopelessException(e.getMessage());
        }
        return true;
    }

    private Void prove() {
        long records = 0;
        for (String topic : List.of(TOPIC, COMPACTED_TOPIC)) {
            TopicComparison.Result result = new TopicComparison(source, topic, destination, topic)
                    .onProgress(n -> narrator.progress("'" + topic + "': " + n + " records are equal"))
                    .awaitLevel(PATIENCE)
                    .compare()
                    .orThrow();
            narrator.say("'" + topic + "': " + result.records()
                    + " records read, under both isolation levels: equal in offset, timestamp, key, value, headers");
            records += result.records();
        }
        facts.add(records + " records compared, no difference");
        return null;
    }

    private Void tryToWrite() {
        try {
            send("a write that must not happen");
        } catch (PolicyViolationException e) {
            narrator.say("refused, as it should be: " + e.getMessage());
            return null;
        }
        throw new IllegalStateException("The mirror accepted a client's write");
    }

    private Void promote() {
        command("mirrors", "promote", "--link", LINK, "--topic", TOPIC, "--wait");
        return null;
    }

    private Void write() {
        RecordMetadata metadata = send("the first record of the promoted topic");
        narrator.say("accepted: " + metadata);
        facts.add("'" + TOPIC + "' is an ordinary topic now; '" + COMPACTED_TOPIC + "' is still a mirror");
        return null;
    }

    private RecordMetadata send(String text) {
        Map<String, Object> configs = new HashMap<>(destination.clientConfigs());
        try (Producer<byte[], byte[]> producer =
                new KafkaProducer<>(configs, new ByteArraySerializer(), new ByteArraySerializer())) {
            return Topics.get(
                    producer.send(new ProducerRecord<>(TOPIC, 0, null, text.getBytes(StandardCharsets.UTF_8))));
        }
    }

    private void command(String... arguments) {
        narrator.command("kafka-cluster-links.sh --bootstrap-server " + destination.bootstrap() + " "
                + String.join(" ", Arrays.asList(arguments)));
        Cli.Result result = links.run(arguments);
        narrator.indented(result.stdout());
    }

    private static long perSecond(long bytes, long startNanos) {
        return (long) (bytes * 1e9 / Math.max(1, System.nanoTime() - startNanos));
    }

    private static String mb(long bytes) {
        return Narrator.megabytes(bytes);
    }
}
