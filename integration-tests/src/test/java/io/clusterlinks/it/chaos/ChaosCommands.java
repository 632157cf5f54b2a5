// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.chaos;

import io.clusterlinks.it.Await;
import io.clusterlinks.it.BrokerProcess;
import io.clusterlinks.it.Clients;
import io.clusterlinks.it.LinkProxies;
import io.clusterlinks.it.TestCluster;
import io.clusterlinks.it.Topics;
import io.clusterlinks.it.chaos.ChaosSchedule.Action;
import io.clusterlinks.protocol.LinkResource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnknownServerException;

/** Commands that operators give at the worst time, through any broker, some of them several times at once. Thread-safe. */
final class ChaosCommands implements AutoCloseable {
    private static final int TIMEOUT_MS = 10_000;
    static final String LINK = "chaos";
    static final String SIDE_LINK = "side";
    private static final String DESIRED = "desired.state";
    static final Map<String, String> REPAIR = Map.of(DESIRED, "ACTIVE", "repair", "true");

    /** What came of a command. */
    enum Outcome {
        ACCEPTED,
        REFUSED,
        /** No answer, or one that says so: it may have happened, or happen yet. */
        UNKNOWN
    }

    /** A command that was given; times from one clock. */
    record Sent(String resource, Map<String, String> configs, long beganNs, long endedNs, Outcome outcome) {
        boolean asksFor(String state) {
            return state.equals(configs.get(DESIRED));
        }
    }

    private final LinkProxies proxies;
    private final ToIntFunction<String> replicas;
    private final List<String> fixed;
    private final List<String> spare;
    private final Consumer<String> log;
    private final List<Admin> clients = new ArrayList<>();
    private final List<Sent> history = new CopyOnWriteArrayList<>();
    /** Spare topics that somebody has asked to mirror. */
    private final Set<String> asked = new ConcurrentSkipListSet<>();

    /** Those of them that nobody writes to any more. */
    private final Set<String> quiet = new ConcurrentSkipListSet<>();

    private final ChaosLent lent = new ChaosLent();
    private final List<String> unexpected = new CopyOnWriteArrayList<>();

    /**
     * Commands to a destination.
     *
     * @param replicas replication factor of a mirror topic
     * @param fixed mirrors that are never stopped
     * @param spare topics of the source that are mirrored, and stopped, by commands
     */
    ChaosCommands(
            TestCluster destination,
            LinkProxies proxies,
            ToIntFunction<String> replicas,
            List<String> fixed,
            List<String> spare,
            Consumer<String> log) {
        this.proxies = proxies;
        this.replicas = replicas;
        this.fixed = fixed;
        this.spare = spare;
        this.log = log;
        for (BrokerProcess broker : destination.brokers()) {
            clients.add(destination.newAdmin(Map.of(
                    CommonClientConfigs.CLIENT_ID_CONFIG,
                    "chaos-" + broker.id(),
                    AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                    TIMEOUT_MS,
                    AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
                    TIMEOUT_MS)));
        }
    }

    List<Sent> history(String resource) {
        return history.stream().filter(sent -> sent.resource().equals(resource)).toList();
    }

    /** Answers that no operator should ever see. */
    List<String> unexpected() {
        return List.copyOf(unexpected);
    }

    void run(Action action) {
        Random random = new Random(action.pick());
        switch (action.kind()) {
            case CREATE_MIRROR -> createMirror(random, notYetAsked(random));
            case CREATE_SIDE_MIRROR ->
                createSideMirror(random, "side-" + action.lane().ordinal() + "-" + action.index());
            case PAUSE_MIRROR -> pause(action, random, mirror(pick(random, random.nextBoolean() ? fixed : asked())));
            case RESUME_MIRROR -> give(random, mirror(pick(random, asked())), Map.of(DESIRED, "ACTIVE"));
            case PROMOTE_MIRROR -> promote(random, pick(random, asked()));
            case FAIL_OVER_MIRROR -> give(random, mirror(pick(random, asked())), Map.of(DESIRED, "FAILED_OVER"));
            // The only one whose source loses its tail: of another a failure must stay to be seen.
            case REPAIR_MIRROR -> give(random, mirror(ChaosIT.UNCLEAN), REPAIR);
            case FAIL_OVER_LENT -> failOverLent(random, pick(random, ChaosLent.TOPICS));
            case ADOPT_LENT -> adoptLent(random, pick(random, ChaosLent.TOPICS));
            case PAUSE_LINK -> pause(action, random, link(LINK));
            case RESUME_LINK -> give(random, link(LINK), Map.of(DESIRED, "ACTIVE"));
            case ALTER_LINK -> give(random, link(LINK), configs(random));
            case CREATE_SIDE_LINK ->
                give(random, link(SIDE_LINK), Map.of("create", "true", "bootstrap.servers", proxies.bootstrap()));
            case DELETE_SIDE_LINK -> give(random, link(SIDE_LINK), Map.of(DESIRED, "DELETED", "force", "true"));
            default -> throw new IllegalArgumentException(action.toString());
        }
    }

    /** What a mirror is created with. */
    Map<String, String> creation(String topic) {
        return Map.of(
                DESIRED,
                "ACTIVE",
                "create",
                "true",
                "replication.factor",
                Integer.toString(replicas.applyAsInt(topic)));
    }

    private void createMirror(Random random, String topic) {
        give(random, mirror(topic), creation(topic));
    }

    private void createSideMirror(Random random, String topic) {
        Map<String, String> configs = new HashMap<>(creation(topic));
        configs.put("source.topic", pick(random, spare));
        give(random, mirror(SIDE_LINK, topic), configs);
    }

    /** A topic that is not mirrored yet, now and then one that is. */
    private String notYetAsked(Random random) {
        List<String> fresh = new ArrayList<>(spare);
        if (random.nextInt(4) > 0) {
            fresh.removeAll(asked());
        }
        String topic = pick(random, fresh.isEmpty() ? spare : fresh);
        asked.add(topic);
        return topic;
    }

    private List<String> asked() {
        return asked.isEmpty() ? spare : List.copyOf(asked);
    }

    private static String pick(Random random, List<String> topics) {
        return topics.get(random.nextInt(topics.size()));
    }

    /** A promotion waits until nobody writes to the source any more; now and then somebody does. */
    private void promote(Random random, String topic) {
        if (random.nextInt(4) > 0) {
            quiet.add(topic);
        }
        give(random, mirror(topic), Map.of(DESIRED, "PROMOTED"));
    }

    private void failOverLent(Random random, String topic) {
        lent.release(topic);
        give(random, mirror(topic), Map.of(DESIRED, "FAILED_OVER"));
    }

    private void adoptLent(Random random, String topic) {
        List<Outcome> outcomes =
                give(random, mirror(topic), Map.of(DESIRED, "ACTIVE", "create", "true", "adopt", "true"));
        if (outcomes.contains(Outcome.ACCEPTED)) {
            lent.adopted(topic);
        }
    }

    /** Mirrors that are failed over and adopted. */
    ChaosLent lent() {
        return lent;
    }

    /** Whether the source's topic is still written to. */
    boolean isOpen(String topic) {
        return !quiet.contains(topic);
    }

    private void pause(Action action, Random random, String resource) {
        give(random, resource, Map.of(DESIRED, "PAUSED"));
        ChaosFaults.hold(action);
        give(random, resource, Map.of(DESIRED, "ACTIVE"));
    }

    /** Once, or several times at once through different brokers. */
    private List<Outcome> give(Random random, String resource, Map<String, String> configs) {
        int times = Math.max(1, random.nextInt(5) - 1);
        int first = random.nextInt(clients.size());
        long beganNs = System.nanoTime();
        List<KafkaFuture<Void>> answers = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            answers.add(Topics.alterAsync(clients.get((first + i) % clients.size()), resource, configs));
        }
        return answers.stream()
                .map(answer -> note(resource, configs, beganNs, answer))
                .toList();
    }

    private Outcome note(String resource, Map<String, String> configs, long beganNs, KafkaFuture<Void> answer) {
        Optional<Throwable> failure = Clients.failure(answer::get);
        Outcome outcome = failure.map(ChaosCommands::outcome).orElse(Outcome.ACCEPTED);
        history.add(new Sent(resource, configs, beganNs, System.nanoTime(), outcome));
        String line = resource + " " + configs + ": " + outcome + " after "
                + Duration.ofNanos(System.nanoTime() - beganNs).toMillis() + " ms"
                + failure.map(f -> " " + f).orElse("");
        log.accept(line);
        failure.filter(UnknownServerException.class::isInstance).ifPresent(f -> unexpected.add(line));
        return outcome;
    }

    private static Outcome outcome(Throwable failure) {
        boolean unknown = failure instanceof RetriableException || failure instanceof UnknownServerException;
        return unknown ? Outcome.UNKNOWN : Outcome.REFUSED;
    }

    /** Gives a command until it is accepted; one that is refused is an error. */
    void insist(String resource, Map<String, String> configs, Duration timeout) {
        int[] attempts = new int[1];
        Await.until(resource + " " + configs + " is accepted", timeout, () -> {
            Admin client = clients.get(attempts[0]++ % clients.size());
            Outcome outcome = note(resource, configs, System.nanoTime(), Topics.alterAsync(client, resource, configs));
            if (outcome == Outcome.REFUSED) {
                throw new Await.HopelessException(resource + " " + configs + " was refused");
            }
            return outcome == Outcome.ACCEPTED;
        });
    }

    private static Map<String, String> configs(Random random) {
        Map<String, String> configs = new HashMap<>();
        configs.put("replica.fetch.max.bytes", Integer.toString(1024 << random.nextInt(12)));
        configs.put("num.cluster.link.fetchers", Integer.toString(1 + random.nextInt(3)));
        configs.put("replica.fetch.wait.max.ms", Integer.toString(10 + random.nextInt(1000)));
        configs.put("metadata.max.age.ms", Integer.toString(500 + random.nextInt(5000)));
        // Null: back to the default.
        configs.put("max.truncation.records", random.nextBoolean() ? null : Integer.toString(random.nextInt(3)));
        configs.put(
                "replica.fetch.response.max.bytes",
                random.nextBoolean() ? null : Integer.toString(4096 << random.nextInt(12)));
        configs.keySet()
                .retainAll(List.of(configs.keySet().toArray(String[]::new))
                        .subList(0, 1 + random.nextInt(configs.size())));
        return configs;
    }

    static String link(String link) {
        return new LinkResource.Link(link).resourceName();
    }

    static String mirror(String topic) {
        return mirror(LINK, topic);
    }

    static String mirror(String link, String topic) {
        return new LinkResource.Mirror(link, topic).resourceName();
    }

    @Override
    public void close() {
        clients.forEach(client -> client.close(Duration.ZERO));
    }
}
