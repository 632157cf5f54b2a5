// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.DescribeClusterOptions;

/** A Kafka cluster of real processes on loopback. Closing it leaves no process and no file. */
public final class TestCluster implements AutoCloseable {
    private static final Duration READY_TIMEOUT = Duration.ofSeconds(90);
    private static final Set<TestCluster> LIVE = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> LIVE.forEach(TestCluster::destroy), "cluster-reaper"));
    }

    private final String name;
    private final Path dir;
    private final String clusterId;
    private final List<BrokerProcess> controllers;
    private final List<BrokerProcess> brokers;
    private Admin admin;

    TestCluster(String name, Path dir, String clusterId, List<BrokerProcess> controllers, List<BrokerProcess> brokers) {
        this.name = name;
        this.dir = dir;
        this.clusterId = clusterId;
        this.controllers = controllers;
        this.brokers = brokers;
        LIVE.add(this);
    }

    public static TestClusterBuilder builder(String name) {
        return new TestClusterBuilder(name);
    }

    void start() {
        try {
            nodes().parallel().forEach(BrokerProcess::format);
            nodes().forEach(BrokerProcess::start);
            awaitReady();
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    public String name() {
        return name;
    }

    public String clusterId() {
        return clusterId;
    }

    public Path dir() {
        return dir;
    }

    public List<BrokerProcess> brokers() {
        return brokers;
    }

    public List<BrokerProcess> controllers() {
        return controllers;
    }

    public BrokerProcess broker(int id) {
        return brokers.stream().filter(broker -> broker.id() == id).findFirst().orElseThrow();
    }

    public String bootstrap() {
        return brokers.stream().map(broker -> "127.0.0.1:" + broker.port()).collect(Collectors.joining(","));
    }

    /** Bootstrap servers of a listener, {@code SASL} for example. */
    public String bootstrap(String listener) {
        return brokers.stream().map(broker -> broker.address(listener)).collect(Collectors.joining(","));
    }

    /** Configs with which a user of {@link TestClusterBuilder#authorized} comes through the listener SASL. */
    public Map<String, String> saslConfigs(String user) {
        return Map.of(
                CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG,
                bootstrap("SASL"),
                CommonClientConfigs.SECURITY_PROTOCOL_CONFIG,
                "SASL_PLAINTEXT",
                "sasl.mechanism",
                "PLAIN",
                "sasl.jaas.config",
                "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"" + user + "\" password=\""
                        + user + "\";");
    }

    /** A shared client, closed with the cluster. */
    public synchronized Admin admin() {
        if (admin == null) {
            admin = newAdmin(Map.of());
        }
        return admin;
    }

    public Admin newAdmin(Map<String, Object> configs) {
        Map<String, Object> all = clientConfigs();
        all.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 30_000);
        all.putAll(configs);
        return Admin.create(all);
    }

    /** Configs for any client of the cluster; reconnects fast, since test brokers restart. */
    public Map<String, Object> clientConfigs() {
        Map<String, Object> configs = new HashMap<>();
        configs.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrap());
        configs.put(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG, 200L);
        configs.put(CommonClientConfigs.METADATA_MAX_AGE_CONFIG, 1000L);
        return configs;
    }

    /** Waits until every broker whose process runs is registered, unfenced and answering. */
    public void awaitReady() {
        List<BrokerProcess> started =
                brokers.stream().filter(BrokerProcess::isAlive).toList();
        Set<Integer> expected = started.stream().map(BrokerProcess::id).collect(Collectors.toSet());
        boolean[] died = new boolean[1];
        try {
            Await.until(name + " serves", READY_TIMEOUT, () -> {
                died[0] = !started.stream().allMatch(BrokerProcess::isAlive);
                return died[0] || expected.equals(liveNodes());
            });
        } catch (AssertionError e) {
            throw new IllegalStateException(e.getMessage() + logs(), e);
        }
        if (died[0]) {
            throw new IllegalStateException("A node of " + name + " ended while starting" + logs());
        }
    }

    /** Starts a broker that was stopped or killed and waits until it serves. */
    public void restart(int id) {
        broker(id).stop();
        broker(id).start();
        awaitReady();
    }

    private Set<Integer> liveNodes() throws Exception {
        // Short, so that a process that ends is noticed.
        DescribeClusterOptions options = new DescribeClusterOptions().timeoutMs(2000);
        return admin().describeCluster(options).nodes().get().stream()
                .map(node -> node.id())
                .collect(Collectors.toSet());
    }

    private String logs() {
        return nodes().map(TestCluster::logOf).collect(Collectors.joining());
    }

    private static String logOf(BrokerProcess node) {
        return "\n--- node " + node.id() + (node.isAlive() ? "" : " (dead)") + ": " + node.logFile() + "\n"
                + node.logTail(25);
    }

    private Stream<BrokerProcess> nodes() {
        return Stream.concat(controllers.stream(), brokers.stream());
    }

    /** Lets the processes live on after this JVM. */
    public void detach() {
        LIVE.remove(this);
        if (admin != null) {
            admin.close(Duration.ZERO);
        }
    }

    @Override
    public void close() {
        if (LIVE.remove(this)) {
            if (admin != null) {
                admin.close(Duration.ZERO);
            }
            destroy();
        }
    }

    private void destroy() {
        nodes().forEach(BrokerProcess::kill);
        if (!Boolean.getBoolean("clusterlinks.keep")) {
            delete(dir);
        }
    }

    /** Deletes a directory and all that it holds. */
    public static void delete(Path dir) {
        try (Stream<Path> files = Files.walk(dir)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
