// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import io.clusterlinks.it.Links;
import io.clusterlinks.it.TestCluster;
import io.clusterlinks.it.Topics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * What mirroring costs the other topics of the brokers. The source is written to all the time; in turns nothing comes to
 * the destination, the link mirrors, or a producer writes as much there itself; in the order ABCCBA, so that what drifts hits
 * all alike. What is compared is the latency of a producer and a consumer of an ordinary topic at the destination. On
 * resuming the mirror has to catch up at full speed first, which is measured on its own.
 */
final class Neighbours implements Scenario {
    private static final String LINK = "bench";
    private static final int PROBE_RATE = 500;
    private static final int SOURCE_RATE = 2_000;
    private static final int PARTITIONS = 4;
    /** After a turn has begun, until all that was held back is copied. */
    private static final long SETTLE_MS = 3_000;

    private volatile boolean closing;
    private volatile boolean writesHere;

    private enum Turn {
        PAUSED,
        MIRRORS,
        WRITES_HERE
    }

    /** All latencies of the turns of one kind, and the 99th percentile of each turn. */
    private static final class Arm {
        private final List<Double> produced = new ArrayList<>();
        private final List<Double> fetched = new ArrayList<>();
        private final List<Double> producedByTurn = new ArrayList<>();
        private final List<Double> fetchedByTurn = new ArrayList<>();

        void add(NeighbourProbe.Taken taken) {
            produced.addAll(taken.produced());
            fetched.addAll(taken.fetched());
            producedByTurn.add(percentile(taken.produced(), 99));
            fetchedByTurn.add(percentile(taken.fetched(), 99));
        }
    }

    @Override
    public void run(Lab lab, Options options, Report report) {
        Map<Turn, Arm> arms = new EnumMap<>(Turn.class);
        Arrays.asList(Turn.values()).forEach(turn -> arms.put(turn, new Arm()));
        Arm catchingUp = new Arm();
        try (TestCluster source = lab.stock("source");
                TestCluster destination = lab.linked("destination")) {
            Topics.create(source.admin(), "mirrored", PARTITIONS, Map.of());
            Topics.create(destination.admin(), "neighbour", PARTITIONS, Map.of());
            Topics.create(destination.admin(), "written", PARTITIONS, Map.of());
            Links links = new Links(destination);
            links.create(LINK, source);
            links.mirror(LINK, "mirrored");
            Thread load = new Thread(() -> load(source, "mirrored", () -> true), "load");
            Thread here = new Thread(() -> load(destination, "written", () -> writesHere), "load-here");
            load.start();
            here.start();
            try (NeighbourProbe probe =
                    new NeighbourProbe(destination, Topics.partitions(destination.admin(), "neighbour"), PROBE_RATE)) {
                ProcessStats.pause(options.pick(5_000, 20_000));
                int measuredMs = options.pick(4_000, 5_000);
                for (Turn turn : turns(options.pick(3, 8))) {
                    links.run(turn == Turn.MIRRORS ? "resume" : "pause", "--link", LINK);
                    writesHere = turn == Turn.WRITES_HERE;
                    probe.take();
                    ProcessStats.pause(SETTLE_MS);
                    NeighbourProbe.Taken settling = probe.take();
                    if (turn == Turn.MIRRORS) {
                        catchingUp.add(settling);
                    }
                    ProcessStats.pause(measuredMs);
                    arms.get(turn).add(probe.take());
                }
            } finally {
                closing = true;
                join(load);
                join(here);
            }
        }
        write(report, arms, catchingUp);
    }

    /** Turn by turn: ABCCBA, as often as asked for. */
    private static List<Turn> turns(int rounds) {
        List<Turn> forth = List.of(Turn.values());
        List<Turn> back = new ArrayList<>(forth);
        Collections.reverse(back);
        List<Turn> turns = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            turns.addAll(forth);
            turns.addAll(back);
        }
        return turns;
    }

    private void load(TestCluster cluster, String topic, BooleanSupplier wanted) {
        Map<String, Object> configs = new HashMap<>(cluster.clientConfigs());
        configs.put(ProducerConfig.LINGER_MS_CONFIG, 5);
        try (Producer<byte[], byte[]> producer =
                new KafkaProducer<>(configs, new ByteArraySerializer(), new ByteArraySerializer())) {
            long start = System.nanoTime();
            for (long i = 0; !closing; i++) {
                long due = start + i * 1_000_000_000L / SOURCE_RATE;
                while (System.nanoTime() < due) {
                    LockSupport.parkNanos(Math.max(50_000, due - System.nanoTime()));
                }
                if (wanted.getAsBoolean()) {
                    producer.send(new ProducerRecord<>(topic, (int) (i % PARTITIONS), null, new byte[1000]));
                }
            }
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void write(Report report, Map<Turn, Arm> arms, Arm catchingUp) {
        Arm without = arms.get(Turn.PAUSED);
        Arm with = arms.get(Turn.MIRRORS);
        Arm here = arms.get(Turn.WRITES_HERE);
        report.section("neighbours", "Other topics of the same broker")
                .text(
                        "A producer and a consumer of an ordinary topic at the destination, %d records of 1 kB a second, while %d records of 1 kB a"
                                + " second are written to the source. In turns (ABCCBA) the link is paused, mirrors, or is paused while a producer writes as much to another topic"
                                + " here, which is what the same bytes cost in any case. From when a"
                                + " record was due to be sent to its acknowledgement, and to when the consumer has it. A machine that stands still for"
                                + " 50 ms decides the 99th percentile of the turn in which it does, so the turns' are compared by their median.",
                        PROBE_RATE, SOURCE_RATE)
                .table(
                        List.of(
                                "link",
                                "records",
                                "produce p50 ms",
                                "produce p99 ms",
                                "produce p99 of a turn, median ms",
                                "fetch p50 ms",
                                "fetch p99 ms",
                                "fetch p99 of a turn, median ms"),
                        List.of(
                                row("paused", without),
                                row("mirrors", with),
                                row("paused, as much is produced here", here),
                                row("first 3 s after resuming, catching up", catchingUp)));
        report.atMost(
                "neighbours",
                "produce p99, mirroring / paused",
                ratio(with.producedByTurn, without.producedByTurn),
                1.1,
                "");
        report.atMost(
                "neighbours",
                "fetch p99, mirroring / paused",
                ratio(with.fetchedByTurn, without.fetchedByTurn),
                1.1,
                "");
    }

    /** Of the medians. */
    private static double ratio(Collection<Double> one, Collection<Double> other) {
        return percentile(one, 50) / percentile(other, 50);
    }

    private static List<String> row(String name, Arm arm) {
        return List.of(
                name,
                Integer.toString(arm.produced.size()),
                format(percentile(arm.produced, 50)),
                format(percentile(arm.produced, 99)),
                format(percentile(arm.producedByTurn, 50)),
                format(percentile(arm.fetched, 50)),
                format(percentile(arm.fetched, 99)),
                format(percentile(arm.fetchedByTurn, 50)));
    }

    private static double percentile(Collection<Double> values, double percent) {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        return sorted[(int) Math.min(sorted.length - 1, sorted.length * percent / 100)];
    }

    private static String format(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }
}
