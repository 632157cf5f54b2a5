// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import io.clusterlinks.client.ClusterLinkAdmin;
import io.clusterlinks.client.NewMirror;
import io.clusterlinks.client.WriteOptions;
import io.clusterlinks.it.Await;
import io.clusterlinks.it.TestCluster;
import io.clusterlinks.it.Topics;
import io.clusterlinks.protocol.MirrorState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/** Many topics and their mirrors, handled in few requests. */
final class MirrorCrowd {
    private static final int PER_REQUEST = 100;
    private static final WriteOptions PATIENT = WriteOptions.defaults().withTimeoutMs(300_000);

    private MirrorCrowd() {}

    static List<String> createTopics(TestCluster cluster, String prefix, int count, int partitions) {
        List<String> names = IntStream.range(0, count).mapToObj(i -> prefix + i).toList();
        createTopics(cluster, names, partitions);
        return names;
    }

    static void createTopics(TestCluster cluster, List<String> names, int partitions) {
        for (int from = 0; from < names.size(); from += PER_REQUEST) {
            List<NewTopic> some = names.subList(from, Math.min(names.size(), from + PER_REQUEST)).stream()
                    .map(name -> new NewTopic(name, Optional.of(partitions), Optional.empty())
                            .configs(Map.of("retention.ms", "-1")))
                    .toList();
            Topics.get(cluster.admin().createTopics(some).all());
        }
        // The controller has them; a broker hears of them a little later.
        Await.until(
                "the topics are known",
                Duration.ofMinutes(1),
                () -> cluster.admin().listTopics().names().get().containsAll(names));
        awaitServed(cluster, names, partitions);
    }

    /** A broker takes ten milliseconds and more to create a log, and says until then that somebody else leads it. */
    private static void awaitServed(TestCluster cluster, List<String> names, int partitions) {
        List<TopicPartition> all = names.stream()
                .flatMap(name ->
                        IntStream.range(0, partitions).mapToObj(partition -> new TopicPartition(name, partition)))
                .toList();
        Topics.ends(cluster.admin(), all, IsolationLevel.READ_UNCOMMITTED);
    }

    /** Has one topic mirrored and waits for nothing but the coordinator's answer. */
    static void request(TestCluster destination, String link, String topic) {
        try (ClusterLinkAdmin links = ClusterLinkAdmin.over(destination.admin())) {
            Topics.get(links.createMirrors(link, List.of(NewMirror.of(topic)), PATIENT)
                    .all());
        }
    }

    /** Creates mirrors and waits until all of the link's are active; returns seconds. */
    static double mirror(ClusterLinkAdmin links, String link, List<String> topics) {
        long start = System.nanoTime();
        Topics.get(links.createMirrors(link, topics.stream().map(NewMirror::of).toList(), PATIENT)
                .all());
        awaitAll(links, link, MirrorState.ACTIVE);
        return (System.nanoTime() - start) / 1e9;
    }

    /** Fails mirrors over and waits until all of the link's are stopped; returns seconds. */
    static double failOver(ClusterLinkAdmin links, String link, List<String> topics) {
        long start = System.nanoTime();
        Topics.get(links.failoverMirrors(link, topics, PATIENT).all());
        awaitAll(links, link, MirrorState.STOPPED);
        return (System.nanoTime() - start) / 1e9;
    }

    private static void awaitAll(ClusterLinkAdmin links, String link, MirrorState state) {
        Await.until(
                "all mirrors are " + state,
                Duration.ofMinutes(10),
                () -> links.describeLink(link).get().mirrors().stream().allMatch(mirror -> mirror.state() == state));
    }
}
