// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import io.clusterlinks.protocol.LinkResource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;

/** Carries out the actions of a schedule; each cleans up after itself, so that one fault acts at a time on a side. */
final class ChaosFaults {
    private static final Duration HEALED = Duration.ofSeconds(120);
    private static final String STATE_TOPIC = "__cluster_links";

    private final TestCluster source;
    private final TestCluster destination;
    private final LinkProxies proxies;
    private final String link;
    private final List<String> mirrors;
    private final Set<String> failedOver = new TreeSet<>();
    private final List<String> extras = new ArrayList<>();

    ChaosFaults(
            TestCluster source, TestCluster destination, LinkProxies proxies, String link, List<String> workloadTopics) {
        this.source = source;
        this.destination = destination;
        this.proxies = proxies;
        this.link = link;
        this.mirrors = new ArrayList<>(workloadTopics);
    }

    /** Mirrors that are there, in the order of their creation. */
    List<String> mirrors() {
        return List.copyOf(mirrors);
    }

    /** Mirrors that an accepted command has failed over. */
    Set<String> failedOver() {
        return failedOver;
    }

    void run(ChaosSchedule.Action action) {
        switch (action.kind()) {
            case KILL_DESTINATION -> kill(destination, action);
            case KILL_SOURCE -> kill(source, action);
            case FREEZE_DESTINATION -> freeze(destination, action);
            case FREEZE_SOURCE -> freeze(source, action);
            case MOVE_DESTINATION -> move(destination, pick(mirrors, action), action.pick() % 2);
            case MOVE_SOURCE -> move(source, pick(mirrors, action), action.pick() % 2);
            case MOVE_COORDINATOR -> move(destination, STATE_TOPIC, 0);
            case CUT -> {
                proxies.cut();
                hold(action);
                proxies.mend();
            }
            case PAUSE_MIRROR -> pauseMirror(action);
            case PAUSE_LINK -> {
                command(linkResource(), Map.of("desired.state", "PAUSED"));
                hold(action);
                command(linkResource(), Map.of("desired.state", "ACTIVE"));
            }
            case NEW_MIRROR -> newMirror(action);
            case FAIL_OVER_MIRROR -> failOverExtra();
            case ALTER_LINK -> command(
                    linkResource(), Map.of("replica.fetch.max.bytes", Integer.toString(2048 << action.pick() % 8)));
        }
    }

    private void kill(TestCluster cluster, ChaosSchedule.Action action) {
        awaitInSync(cluster);
        BrokerProcess victim = pick(cluster.brokers(), action);
        victim.kill();
        hold(action);
        cluster.restart(victim.id());
    }

    private void freeze(TestCluster cluster, ChaosSchedule.Action action) {
        awaitInSync(cluster);
        BrokerProcess victim = pick(cluster.brokers(), action);
        victim.freeze();
        hold(action);
        victim.thaw();
        cluster.awaitReady();
    }

    private void pauseMirror(ChaosSchedule.Action action) {
        String topic = pick(mirrors, action);
        if (!failedOver.contains(topic)) {
            command(mirrorResource(topic), Map.of("desired.state", "PAUSED"));
            hold(action);
            command(mirrorResource(topic), Map.of("desired.state", "ACTIVE"));
        }
    }

    private void newMirror(ChaosSchedule.Action action) {
        String topic = "extra-" + action.index();
        Topics.create(source.admin(), topic, 2, Map.of());
        Workload.onTopic(source, topic, 2).compressions();
        command(mirrorResource(topic), Map.of("desired.state", "ACTIVE"), Map.of("create", "true"));
        mirrors.add(topic);
        extras.add(topic);
    }

    private void failOverExtra() {
        if (!extras.isEmpty()) {
            failOver(extras.remove(0));
        }
    }

    void failOver(String topic) {
        command(mirrorResource(topic), Map.of("desired.state", "FAILED_OVER"));
        failedOver.add(topic);
    }

    /** Repeats a command until it is accepted: whether an attempt without an answer acted is unknown. */
    private void command(String resource, Map<String, String> configs) {
        Await.untilPasses(HEALED, () -> Topics.alter(destination.admin(), resource, configs));
    }

    private void command(String resource, Map<String, String> configs, Map<String, String> more) {
        Await.untilPasses(HEALED, () -> {
            try {
                Map<String, String> all = new java.util.HashMap<>(configs);
                all.putAll(more);
                Topics.alter(destination.admin(), resource, all);
            } catch (RuntimeException e) {
                // An attempt before may have created it.
                Topics.describe(destination.admin(), resource);
            }
        });
    }

    private String linkResource() {
        return new LinkResource.Link(link).resourceName();
    }

    private String mirrorResource(String topic) {
        return new LinkResource.Mirror(link, topic).resourceName();
    }

    private static void move(TestCluster cluster, String topic, int number) {
        TopicPartition partition = new TopicPartition(topic, number);
        Await.untilPasses(HEALED, () -> {
            TopicPartitionInfo info = infos(cluster, topic).get(number);
            List<Integer> order =
                    new ArrayList<>(info.replicas().stream().map(node -> node.id()).toList());
            int leader = info.leader().id();
            order.remove((Integer) leader);
            order.add(leader);
            Topics.get(cluster.admin()
                    .alterPartitionReassignments(Map.of(partition, Optional.of(new NewPartitionReassignment(order))))
                    .all());
        });
        // A new preferred leader that is not in sync yet is not elected: then this move does nothing.
        Clients.failure(() -> cluster.admin()
                .electLeaders(ElectionType.PREFERRED, Set.of(partition))
                .all()
                .get());
    }

    /** No broker is taken away while another one is still catching up. */
    void awaitInSync(TestCluster cluster) {
        List<String> topics = new ArrayList<>(mirrors);
        topics.add("__transaction_state");
        if (cluster == destination) {
            topics.add(STATE_TOPIC);
        }
        Set<String> present = Topics.get(cluster.admin()
                .listTopics(new org.apache.kafka.clients.admin.ListTopicsOptions().listInternal(true))
                .names());
        topics.retainAll(present);
        for (String topic : topics) {
            Await.until(topic + " of " + cluster.name() + " is in sync", HEALED, () -> infos(cluster, topic).stream()
                    .allMatch(info -> info.isr().size() == info.replicas().size()));
        }
    }

    static List<TopicPartitionInfo> infos(TestCluster cluster, String topic) {
        return Topics.get(cluster.admin().describeTopics(List.of(topic)).allTopicNames())
                .get(topic)
                .partitions();
    }

    private static <T> T pick(List<T> all, ChaosSchedule.Action action) {
        return all.get(action.pick() % all.size());
    }

    private static void hold(ChaosSchedule.Action action) {
        LockSupport.parkNanos(Duration.ofMillis(action.holdMs()).toNanos());
    }
}
