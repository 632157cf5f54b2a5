// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;

/** Says what a {@link TestCluster} should be and starts it. */
public final class TestClusterBuilder {
    /** A test broker lives for a minute: optimizing its code costs more than it gains. */
    static final List<String> QUICK_JVM = List.of("-Xms64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

    private static final int FIRST_CONTROLLER_ID = 100;

    private final String name;
    private final Map<String, String> properties = new HashMap<>();
    private final List<String> features = new ArrayList<>();
    private Distribution distribution = Distribution.find();
    private Path parent;
    private int brokers = 1;
    private int heapMb = 512;
    private int logDirs = 1;
    private IntPredicate agent = id -> false;
    private List<String> jvmOptions = QUICK_JVM;

    private IntUnaryOperator advertisedPort = IntUnaryOperator.identity();
    private IntUnaryOperator controllerPort = IntUnaryOperator.identity();
    private boolean agentOnControllers;
    private boolean jmx;
    private Controllers controllers = Controllers.IN_FIRST_BROKER;
    private Authorized authorized;
    private LinkProxies proxies;

    TestClusterBuilder(String name) {
        this.name = name;
    }

    public TestClusterBuilder brokers(int count) {
        brokers = count;
        return this;
    }

    /** Loads the plugin into the brokers. */
    public TestClusterBuilder agent() {
        agent = id -> true;
        return this;
    }

    /** Loads the plugin into these brokers only. */
    public TestClusterBuilder agentOn(Integer... ids) {
        agent = List.of(ids)::contains;
        return this;
    }

    /** Opens JMX on every broker, see {@link BrokerProcess#jmxPort}. */
    public TestClusterBuilder jmx() {
        jmx = true;
        return this;
    }

    /**
     * Switches the authorizer on, and opens a second listener with SASL/PLAIN, see {@link TestCluster#bootstrap(String)}.
     * Whoever comes through the first, as the tests do, may do everything.
     *
     * @param brokers user as which brokers speak to each other; null for one that may do everything
     * @param users users besides; the password is the name
     */
    public TestClusterBuilder authorized(String brokers, String... users) {
        authorized = new Authorized(brokers, List.of(users));
        return config("authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer")
                .config("super.users", "User:ANONYMOUS")
                .config("cluster.link.secret", "a-secret-for-tests");
    }

    private record Authorized(String brokers, List<String> users) {
        String jaas() {
            String module = "org.apache.kafka.common.security.plain.PlainLoginModule required";
            String self = brokers == null ? "" : " username=\"" + brokers + "\" password=\"" + brokers + "\"";
            StringBuilder known = new StringBuilder();
            users.forEach(user -> known.append(" user_")
                    .append(user)
                    .append("=\"")
                    .append(user)
                    .append('"'));
            if (brokers != null) {
                known.append(" user_")
                        .append(brokers)
                        .append("=\"")
                        .append(brokers)
                        .append('"');
            }
            return module + self + known + ";";
        }
    }

    /** Where the controllers of a cluster run. */
    public enum Controllers {
        IN_FIRST_BROKER,
        IN_EVERY_BROKER,
        /** One, in a process of its own. */
        APART;

        private List<Integer> ids(int brokers) {
            return switch (this) {
                case IN_FIRST_BROKER -> List.of(1);
                case IN_EVERY_BROKER ->
                    IntStream.rangeClosed(1, brokers).boxed().toList();
                case APART -> List.of(FIRST_CONTROLLER_ID);
            };
        }
    }

    public TestClusterBuilder controllers(Controllers where) {
        controllers = where;
        return this;
    }

    /** Runs the controller in a process of its own; brokers are broker-only. */
    public TestClusterBuilder separateController() {
        return controllers(Controllers.APART);
    }

    /** Loads the plugin into separate controllers too. */
    public TestClusterBuilder agentOnControllers() {
        agentOnControllers = true;
        return this;
    }

    /** Gives every broker one more listener that is advertised, and reached by links, through {@code newProxies}. */
    public TestClusterBuilder proxies(LinkProxies newProxies) {
        proxies = newProxies;
        return this;
    }

    /** How many log directories each node has. */
    public TestClusterBuilder logDirs(int count) {
        logDirs = count;
        return this;
    }

    public TestClusterBuilder heapMb(int mb) {
        heapMb = mb;
        return this;
    }

    /** Options of the brokers' JVMs besides the heap's limit, instead of those that save memory. */
    public TestClusterBuilder jvm(String... options) {
        jvmOptions = List.of(options);
        return this;
    }

    /** The port under which clients reach a broker that listens on the given one: a proxy's. */
    public TestClusterBuilder advertised(IntUnaryOperator port) {
        advertisedPort = port;
        return this;
    }

    /** The port under which nodes reach a controller that listens on the given one: a proxy's. */
    public TestClusterBuilder controllersBehind(IntUnaryOperator port) {
        controllerPort = port;
        return this;
    }

    public TestClusterBuilder config(String key, String value) {
        properties.put(key, value);
        return this;
    }

    /** A feature level that the storage is formatted with, for example {@code transaction.version} 1. */
    public TestClusterBuilder feature(String feature, int level) {
        features.add(feature + "=" + level);
        return this;
    }

    /** Puts the cluster's directory here instead of the temporary directory. */
    public TestClusterBuilder in(Path directory) {
        parent = directory;
        return this;
    }

    public TestClusterBuilder distribution(Distribution newDistribution) {
        distribution = newDistribution;
        return this;
    }

    /** Starts all nodes and waits until they serve. */
    public TestCluster start() {
        TestCluster cluster = build();
        cluster.start();
        return cluster;
    }

    private TestCluster build() {
        Path dir = newDirectory();
        String clusterId = Uuid.randomUuid().toString();
        Map<Integer, Integer> controllerPorts = new TreeMap<>();
        controllers.ids(brokers).forEach(id -> controllerPorts.put(id, Ports.free()));
        Map<Integer, Integer> voterPorts = new TreeMap<>();
        controllerPorts.forEach((id, port) -> voterPorts.put(id, controllerPort.applyAsInt(port)));
        String voters = voterPorts.entrySet().stream()
                .map(voter -> voter.getKey() + "@127.0.0.1:" + voter.getValue())
                .collect(Collectors.joining(","));
        List<BrokerProcess> apart = new ArrayList<>();
        if (controllers == Controllers.APART) {
            controllerPorts.forEach((id, port) -> {
                Map<String, String> controller = common(dir, id, voters);
                controller.put("process.roles", "controller");
                controller.put("listeners", "CONTROLLER://127.0.0.1:" + port);
                advertise(controller, voterPorts.get(id), port);
                apart.add(node(dir, clusterId, id, port, controller, agentOnControllers));
            });
        }
        List<BrokerProcess> nodes = new ArrayList<>();
        for (int id = 1; id <= brokers; id++) {
            int port = Ports.free();
            Map<String, String> broker = common(dir, id, voters);
            boolean combined = controllerPorts.containsKey(id);
            String listener = "PLAINTEXT://127.0.0.1:" + port;
            broker.put("process.roles", combined ? "broker,controller" : "broker");
            broker.put(
                    "listeners", combined ? listener + ",CONTROLLER://127.0.0.1:" + controllerPorts.get(id) : listener);
            broker.put("advertised.listeners", "PLAINTEXT://127.0.0.1:" + advertisedPort.applyAsInt(port));
            broker.put("inter.broker.listener.name", "PLAINTEXT");
            if (combined) {
                advertise(broker, voterPorts.get(id), controllerPorts.get(id));
            }
            if (authorized != null) {
                addSasl(broker);
            }
            if (proxies != null) {
                int linkPort = Ports.free();
                broker.merge("listeners", ",LINK://127.0.0.1:" + linkPort, String::concat);
                broker.merge("advertised.listeners", ",LINK://127.0.0.1:" + proxies.open(linkPort), String::concat);
            }
            nodes.add(node(dir, clusterId, id, port, broker, agent.test(id)));
        }
        return new TestCluster(name, dir, clusterId, apart, nodes);
    }

    /** Nodes that have once heard of a controller go to the port that it advertises, not to that of the voters. */
    private static void advertise(Map<String, String> controller, int advertised, int port) {
        if (advertised != port) {
            String listener = "CONTROLLER://127.0.0.1:" + advertised;
            controller.merge("advertised.listeners", listener, (others, added) -> others + "," + added);
        }
    }

    private Map<String, String> common(Path dir, int id, String voters) {
        int replicas = Math.min(3, brokers);
        Map<String, String> common = new HashMap<>();
        common.put("node.id", Integer.toString(id));
        common.put("controller.quorum.voters", voters);
        common.put("controller.listener.names", "CONTROLLER");
        common.put("listener.security.protocol.map", "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,LINK:PLAINTEXT");
        common.put(
                "log.dirs",
                IntStream.range(0, logDirs)
                        .mapToObj(number -> nodeDir(dir, id).resolve("data-" + number))
                        .map(Path::toString)
                        .collect(Collectors.joining(",")));
        common.put("default.replication.factor", Integer.toString(replicas));
        common.put("offsets.topic.replication.factor", Integer.toString(replicas));
        common.put("offsets.topic.num.partitions", "1");
        common.put("transaction.state.log.replication.factor", Integer.toString(replicas));
        common.put("transaction.state.log.min.isr", Integer.toString(Math.min(2, brokers)));
        common.put("transaction.state.log.num.partitions", "1");
        common.put("share.coordinator.state.topic.replication.factor", Integer.toString(replicas));
        common.put("share.coordinator.state.topic.min.isr", "1");
        common.put("group.initial.rebalance.delay.ms", "0");
        common.put("controlled.shutdown.enable", brokers > 1 ? "true" : "false");
        // A killed broker is noticed in seconds, as a test wants it.
        common.put("broker.session.timeout.ms", "4000");
        common.put("broker.heartbeat.interval.ms", "500");
        common.put("replica.lag.time.max.ms", "5000");
        common.put("log.segment.delete.delay.ms", "1000");
        common.put("auto.create.topics.enable", "false");
        common.put("log.cleaner.backoff.ms", "300");
        common.put("log.cleaner.dedupe.buffer.size", "8388608");
        common.putAll(properties);
        return common;
    }

    private void addSasl(Map<String, String> broker) {
        String listener = ",SASL://127.0.0.1:" + Ports.free();
        broker.merge("listeners", listener, String::concat);
        broker.merge("advertised.listeners", listener, String::concat);
        broker.merge("listener.security.protocol.map", ",SASL:SASL_PLAINTEXT", String::concat);
        broker.put("sasl.enabled.mechanisms", "PLAIN");
        broker.put("sasl.mechanism.inter.broker.protocol", "PLAIN");
        broker.put("listener.name.sasl.plain.sasl.jaas.config", authorized.jaas());
        if (authorized.brokers() != null) {
            broker.put("inter.broker.listener.name", "SASL");
        }
    }

    private BrokerProcess node(
            Path dir, String clusterId, int id, int port, Map<String, String> config, boolean withAgent) {
        List<String> jvm = new ArrayList<>(List.of("-Xmx" + heapMb + "m", "-Xshare:auto"));
        jvm.addAll(ClassArchives.of(distribution).broker());
        jvm.addAll(jvmOptions);
        int jmxPort = jmx ? Ports.free() : -1;
        if (jmx) {
            jvm.add("-Dcom.sun.management.jmxremote.port=" + jmxPort);
            jvm.add("-Dcom.sun.management.jmxremote.rmi.port=" + jmxPort);
            jvm.add("-Dcom.sun.management.jmxremote.host=127.0.0.1");
            jvm.add("-Djava.rmi.server.hostname=127.0.0.1");
            jvm.add("-Dcom.sun.management.jmxremote.authenticate=false");
            jvm.add("-Dcom.sun.management.jmxremote.ssl=false");
        }
        return new BrokerProcess(
                distribution,
                new BrokerProcess.Spec(
                        id,
                        nodeDir(dir, id),
                        clusterId,
                        port,
                        jmxPort,
                        config,
                        features,
                        jvm,
                        withAgent,
                        BrokerProcess.KAFKA));
    }

    private static Path nodeDir(Path dir, int id) {
        return dir.resolve("node-" + id);
    }

    private Path newDirectory() {
        try {
            if (parent == null) {
                return Files.createTempDirectory("cluster-" + name + "-");
            }
            Files.createDirectories(parent);
            return Files.createTempDirectory(parent, "cluster-" + name + "-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
