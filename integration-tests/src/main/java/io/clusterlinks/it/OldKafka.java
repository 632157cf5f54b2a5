// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Starts a cluster of a release from before KRaft, ZooKeeper and one broker, to be a source. */
public final class OldKafka {
    private static final int ZOOKEEPER_ID = 100;

    private OldKafka() {}

    /**
     * Starts and waits until the broker serves.
     *
     * @param release one that the build has assembled, {@code 2.1} for example
     */
    public static TestCluster start(String release) {
        Distribution distribution = Distribution.find().of(release);
        Path dir = newDirectory(release);
        int zookeeperPort = Ports.free();
        BrokerProcess zookeeper = node(
                distribution,
                dir,
                ZOOKEEPER_ID,
                zookeeperPort,
                "org.apache.zookeeper.server.quorum.QuorumPeerMain",
                Map.of(
                        "dataDir",
                        dir.resolve("zookeeper").toString(),
                        "clientPort",
                        Integer.toString(zookeeperPort),
                        "clientPortAddress",
                        "127.0.0.1",
                        "admin.enableServer",
                        "false"));
        int port = Ports.free();
        BrokerProcess broker = node(
                distribution,
                dir,
                1,
                port,
                BrokerProcess.KAFKA,
                Map.of(
                        "broker.id", "1",
                        "zookeeper.connect", "127.0.0.1:" + zookeeperPort,
                        "listeners", "PLAINTEXT://127.0.0.1:" + port,
                        "log.dirs", dir.resolve("data").toString(),
                        "offsets.topic.replication.factor", "1",
                        "offsets.topic.num.partitions", "1",
                        "transaction.state.log.replication.factor", "1",
                        "transaction.state.log.min.isr", "1",
                        "transaction.state.log.num.partitions", "1",
                        "auto.create.topics.enable", "false"));
        TestCluster cluster = new TestCluster("kafka-" + release, dir, null, List.of(zookeeper), List.of(broker));
        cluster.start();
        return cluster;
    }

    private static BrokerProcess node(
            Distribution distribution, Path dir, int id, int port, String main, Map<String, String> properties) {
        List<String> jvm = new ArrayList<>(TestClusterBuilder.QUICK_JVM);
        jvm.add("-Xmx256m");
        // Else ZooKeeper asks for Log4j 1.
        jvm.add("-Dzookeeper.jmx.log4j.disable=true");
        return new BrokerProcess(
                distribution,
                new BrokerProcess.Spec(
                        id, dir.resolve("node-" + id), null, port, -1, properties, List.of(), jvm, false, main));
    }

    private static Path newDirectory(String release) {
        try {
            return Files.createTempDirectory("cluster-kafka-" + release + "-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
