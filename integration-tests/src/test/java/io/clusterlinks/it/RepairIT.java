// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.WireContract;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A mirror that failed goes on from the last offset in common with its source when an operator says so, and only then. */
class RepairIT {
    private static final String LINK = "east";
    private static final String TOPIC = "cut";
    private static final Duration SOON = Duration.ofSeconds(60);

    private static TestCluster source;
    private static TestCluster destination;
    private static Links links;

    @BeforeAll
    static void start() {
        source = TestCluster.builder("source").start();
        destination = TestCluster.builder("destination").agent().start();
        links = new Links(destination);
        links.create(LINK, source, "max.truncation.records=5");
    }

    @AfterAll
    static void stop() {
        Fixtures.close(destination, source);
    }

    @Test
    void aMirrorThatWouldLoseTooMuchIsRepairedOnDemand() {
        // Given a mirror whose source's disk has lost more of its tail than the link may drop
        Workload workload = Workload.onNewTopic(source, TOPIC, 1, Map.of()).plain(200);
        links.mirror(LINK, TOPIC);
        TopicComparison comparison = new TopicComparison(source, TOPIC, destination, TOPIC);
        comparison.awaitLevel(SOON);
        source.broker(1).kill();
        loseTail(source.broker(1).replicaDir(TOPIC, 0));
        source.restart(1);
        workload.plain(10);
        links.awaitState(LINK, TOPIC, MirrorState.FAILED);
        assertThat(links.describe(LINK, TOPIC).get(WireContract.STATUS_REASON)).contains("repair the mirror");

        // When it is resumed, or repaired for a try, nothing changes
        links.run("mirrors", "resume", "--topic", TOPIC);
        links.run("mirrors", "repair", "--topic", TOPIC, "--dry-run");
        assertThat(links.state(LINK, TOPIC)).isEqualTo(MirrorState.FAILED);
        assertThat(end()).isEqualTo(200);

        // When it is repaired
        links.run("mirrors", "repair", "--topic", TOPIC, "--wait");

        // Then it equals the source again and goes on with it
        workload.plain(50);
        comparison.awaitLevel(SOON).compare().orThrow();
        assertThat(links.state(LINK, TOPIC)).isEqualTo(MirrorState.ACTIVE);
        assertThat(links.describe(LINK, TOPIC).get(WireContract.STATUS_EVENTS))
                .contains("Dropped offsets")
                .contains("Repaired");

        // And to repair what has not failed changes nothing
        links.run("mirrors", "repair", "--topic", TOPIC, "--wait");
        links.run("mirrors", "promote", "--topic", TOPIC, "--wait");
        Cli.Result stopped = links.cli().run("mirrors", "repair", "--topic", TOPIC);
        assertThat(stopped.exitCode()).isEqualTo(1);
        assertThat(stopped.stderr()).contains("STOPPED");
    }

    private static long end() {
        TopicPartition partition = new TopicPartition(TOPIC, 0);
        return Topics.ends(
                        destination.admin(),
                        List.of(partition),
                        org.apache.kafka.common.IsolationLevel.READ_UNCOMMITTED)
                .get(partition);
    }

    /** Cuts the log's file in the middle, as if what was written last had not reached the disk. */
    private static void loseTail(Path replica) {
        try (Stream<Path> files = Files.list(replica)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (name.endsWith(".log")) {
                    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                        channel.truncate(channel.size() / 2);
                    }
                } else if (name.endsWith("index")) {
                    Files.delete(file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
