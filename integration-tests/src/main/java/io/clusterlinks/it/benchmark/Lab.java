// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import io.clusterlinks.it.BrokerProcess;
import io.clusterlinks.it.Distribution;
import io.clusterlinks.it.TestCluster;
import io.clusterlinks.it.TestClusterBuilder;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;

/** Starts what is compared, all in the same way: one broker, heap and collector of Kafka's start scripts. */
final class Lab {
    static final String JVM =
            "-Xmx1g -Xms1g -XX:+AlwaysPreTouch -server -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35 -XX:+ExplicitGCInvokesConcurrent";

    private static final double QUIET_CORES = 0.1;

    private final Path work = Distribution.find().root().resolve("integration-tests/target/benchmark");
    private final AtomicInteger runs = new AtomicInteger();

    TestClusterBuilder cluster(String name) {
        return TestCluster.builder(name)
                .in(work)
                .heapMb(1024)
                .jvm(
                        "-Xms1g",
                        "-XX:+AlwaysPreTouch",
                        "-server",
                        "-XX:+UseG1GC",
                        "-XX:MaxGCPauseMillis=20",
                        "-XX:InitiatingHeapOccupancyPercent=35",
                        "-XX:+ExplicitGCInvokesConcurrent");
    }

    TestCluster stock(String name) {
        return cluster(name).start();
    }

    TestCluster linked(String name) {
        return cluster(name).agent().start();
    }

    MirrorMaker mirrorMaker(TestCluster source, TestCluster destination, String topics, Tuning tuning) {
        return MirrorMaker.start(
                work.resolve("mm2-" + runs.incrementAndGet()),
                tuning.complete(source.bootstrap(), destination.bootstrap(), topics));
    }

    Path work() {
        return work;
    }

    /** Lets no run pay for writing back what the one before it left dirty. */
    void settle() {
        ProcessStats.run("sync");
        ProcessStats.pause(500);
    }

    /** Nor for what a broker does that was just started, which for some ten seconds is to compile its own code. */
    void awaitQuiet(BrokerProcess broker) {
        List<Long> pid = List.of(broker.pid());
        for (int second = 0; second < 60; second++) {
            double before = ProcessStats.cpuSeconds(pid);
            ProcessStats.pause(1_000);
            if (ProcessStats.cpuSeconds(pid) - before < QUIET_CORES) {
                return;
            }
        }
        say("  broker %d is still busy after a minute; what is measured next includes that", broker.id());
    }

    /** Nor for reading from the disk what it is to copy, nor for memory that the machine does not have yet. */
    WarmMemory settle(BrokerProcess source, String topic, int partitions) {
        settle();
        long bytes = WarmMemory.read(Transfer.segments(source, topic, partitions));
        return WarmMemory.of(work, bytes * 3 / 2);
    }

    static void say(String format, Object... arguments) {
        System.out.printf(Locale.ROOT, format + "%n", arguments);
    }
}
