// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.MirrorState;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import javax.management.JMException;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** What an operator's monitoring reads over JMX. */
class MetricsIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    @Test
    void showsLagBytesAndStatesOfALink() throws IOException, JMException {
        try (TestCluster source = TestCluster.builder("source").heapMb(256).start();
                TestCluster destination = TestCluster.builder("destination")
                        .agent()
                        .jmx()
                        .heapMb(256)
                        .start();
                JMXConnector connector = connect(destination.broker(1))) {
            // Given a mirror of two partitions that is level
            Workload workload =
                    Workload.onNewTopic(source, "measured", 2, Map.of()).compressions();
            Links links = new Links(destination);
            links.create(
                    "east",
                    source,
                    "consumer.offset.sync.enable=true",
                    "consumer.offset.group.filters={\"groupFilters\":[{\"name\":\"*\"}]}");
            links.mirror("east", "measured");
            new TopicComparison(source, "measured", destination, "measured").awaitLevel(TIMEOUT);

            // Then its gauges say so
            MBeanServerConnection beans = connector.getMBeanServerConnection();
            Await.untilPasses(TIMEOUT, () -> assertThat(gauges(beans, "east"))
                    .containsEntry("max-lag-records", 0.0)
                    .containsEntry("max-lag-ms", 0.0)
                    .containsEntry("link-state-active", 1.0)
                    .containsEntry("mirror-partition-count-active", 2.0)
                    .containsEntry("failed-partition-count", 0.0)
                    .hasEntrySatisfying(
                            "bytes-in-total", total -> assertThat(total).isGreaterThan(0.0))
                    .hasEntrySatisfying(
                            "last-fetch-age-ms", age -> assertThat(age).isBetween(0.0, 5000.0)));

            // And those of its tasks, one that works and one that is off
            ObjectName topics = new ObjectName("kafka.server.link:type=link-task-metrics,link=east,task=topics");
            ObjectName acls = new ObjectName("kafka.server.link:type=link-task-metrics,link=east,task=acls");
            Await.untilPasses(TIMEOUT, () -> {
                assertThat(beans.getAttribute(topics, "state")).isEqualTo("OK");
                assertThat(beans.getAttribute(topics, "items")).isEqualTo(1);
                assertThat(beans.getAttribute(topics, "last-error")).isEqualTo("");
                assertThat((Long) beans.getAttribute(topics, "last-success-age-ms"))
                        .isBetween(0L, 60_000L);
                assertThat(beans.getAttribute(acls, "state")).isEqualTo("DISABLED");
            });

            // And those of its groups: one that follows, and then one that somebody moved ahead here
            commit(source, "billing", 1);
            Await.untilPasses(TIMEOUT, () -> assertThat(gauges(beans, "east"))
                    .containsEntry("group-count", 1.0)
                    .containsEntry("group-count-synced", 1.0)
                    .containsEntry("conflicting-group-count", 0.0)
                    .containsEntry("max-offset-lag", 0.0));
            commit(destination, "billing", 3);
            commit(source, "billing", 2);
            Await.untilPasses(TIMEOUT, () -> assertThat(gauges(beans, "east"))
                    .containsEntry("group-count-ahead-here", 1.0)
                    .containsEntry("conflicting-group-count", 1.0));

            // When the link is paused, and resumed
            links.run("pause", "--link", "east");
            Await.untilPasses(TIMEOUT, () -> assertThat(gauges(beans, "east"))
                    .containsEntry("link-state-paused", 1.0)
                    .containsEntry("link-state-active", 0.0));
            links.run("resume", "--link", "east");
            Await.untilPasses(TIMEOUT, () -> assertThat(gauges(beans, "east"))
                    .containsEntry("link-state-paused", 0.0)
                    .containsEntry("link-state-active", 1.0));

            // And when it is paused and the source goes on, and then goes away
            links.run("mirrors", "pause", "--link", "east", "--topic", "measured");
            workload.plain(10);
            source.broker(1).kill();

            // Then throughput is zero, not what it was
            Await.untilPasses(TIMEOUT, () -> assertThat(gauges(beans, "east"))
                    .containsEntry("bytes-in-rate", 0.0)
                    .containsEntry("mirror-partition-count-paused", 2.0));
        }
    }

    @Test
    void namesABrokerThatWasStartedWithoutThePlugin() throws IOException {
        try (TestCluster source = TestCluster.builder("source").heapMb(256).start();
                TestCluster destination = TestCluster.builder("destination")
                        .brokers(2)
                        .separateController()
                        .agent()
                        .jmx()
                        .heapMb(256)
                        .start()) {
            // Given mirrors of which each broker leads some partitions
            Workload.onNewTopic(source, "spread", 4, Map.of()).plain(10).close();
            Links links = new Links(destination);
            links.create("east", source);
            links.mirror("east", "spread");
            new TopicComparison(source, "spread", destination, "spread").awaitLevel(TIMEOUT);
            assertThat(Topics.leaders(destination.admin(), "spread")).contains(1, 2);
            int coordinator = Integer.parseInt(
                    Topics.describe(destination.admin(), "__cluster_links").get("coordinator"));
            int forgotten = coordinator == 1 ? 2 : 1;

            // When one that does not coordinate comes back without the plugin, and leads partitions again
            destination.broker(forgotten).kill();
            Await.untilPasses(TIMEOUT, () -> assertThat(Topics.leaders(destination.admin(), "spread"))
                    .containsOnly(coordinator));
            destination.broker(forgotten).startWithoutPlugin();
            destination.awaitReady();
            Topics.electPreferredLeaders(destination.admin(), "spread");

            // Then everybody who looks is told, and no mirror is created or promoted there
            String named = "Brokers [" + forgotten + "] run without the cluster-links plugin";
            assertNamed(destination, named, "describe", "--link", "east");
            assertNamed(destination, named, "mirrors", "describe", "--topic", "spread");
            try (JMXConnector connector = connect(destination.broker(coordinator))) {
                assertThat(connector
                                .getMBeanServerConnection()
                                .getAttribute(
                                        new ObjectName("kafka.server.link:type=coordinator-metrics"),
                                        "brokers-without-plugin"))
                        .isEqualTo(1);
            } catch (JMException e) {
                throw new AssertionError(e);
            }
            assertNamed(destination, named, "mirrors", "promote", "--link", "east", "--topic", "spread");
            Await.untilPasses(
                    TIMEOUT, () -> assertThat(links.state("east", "spread")).isEqualTo(MirrorState.ACTIVE));
        }
    }

    /** A client asks any broker; the one without the plugin knows of no links. */
    private static void assertNamed(TestCluster cluster, String named, String... command) {
        Await.untilPasses(TIMEOUT, () -> {
            Cli.Result result = new Cli(cluster.bootstrap()).run(command);
            assertThat(result.stdout() + result.stderr()).contains(named);
        });
    }

    private static void commit(TestCluster cluster, String group, long offset) {
        Topics.get(cluster.admin()
                .alterConsumerGroupOffsets(
                        group, Map.of(new TopicPartition("measured", 0), new OffsetAndMetadata(offset)))
                .all());
    }

    private static JMXConnector connect(BrokerProcess broker) throws IOException {
        return JMXConnectorFactory.connect(
                new JMXServiceURL("service:jmx:rmi:///jndi/rmi://127.0.0.1:" + broker.jmxPort() + "/jmxrmi"));
    }

    /** The gauges of one link by name. */
    private static Map<String, Double> gauges(MBeanServerConnection beans, String link)
            throws IOException, JMException {
        Map<String, Double> gauges = new HashMap<>();
        for (ObjectName name : beans.queryNames(new ObjectName("kafka.server.link:*"), null)) {
            boolean ofTasks = "link-task-metrics".equals(name.getKeyProperty("type"));
            if (!ofTasks && link.equals(name.getKeyProperty("link")) && name.getKeyProperty("topic") == null) {
                for (MBeanAttributeInfo attribute : beans.getMBeanInfo(name).getAttributes()) {
                    gauges.put(attribute.getName(), (Double) beans.getAttribute(name, attribute.getName()));
                }
            }
        }
        return gauges;
    }
}
