// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import io.clusterlinks.host.ClusterView.PartitionView;
import io.clusterlinks.host.ClusterView.TopicView;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.apache.kafka.image.TopicImage;
import org.apache.kafka.metadata.PartitionRegistration;

/**
 * Views of topics, made when asked for and kept while the topic does not change: successive metadata images share the
 * {@link TopicImage} of a topic that did not, so a change of one topic among thousands costs one conversion.
 */
final class TopicViewCache {
    private static final PartitionView UNKNOWN = new PartitionView(-1, -1, List.of(), List.of());

    private final Map<String, Entry> entries = new ConcurrentHashMap<>();

    private record Entry(TopicImage image, TopicView view) {}

    /** The view of {@code image}, which is null if the topic {@code name} does not exist. */
    Optional<TopicView> view(String name, TopicImage image) {
        if (image == null) {
            entries.remove(name);
            return Optional.empty();
        }
        Entry entry = entries.get(name);
        if (entry == null || entry.image() != image) {
            entry = new Entry(image, convert(image));
            entries.put(name, entry);
        }
        return Optional.of(entry.view());
    }

    private static TopicView convert(TopicImage image) {
        Map<Integer, PartitionRegistration> partitions = image.partitions();
        int count =
                partitions.keySet().stream().mapToInt(Integer::intValue).max().orElse(-1) + 1;
        List<PartitionView> views = IntStream.range(0, count)
                .mapToObj(index -> convert(partitions.get(index)))
                .toList();
        return new TopicView(image.id(), image.name(), views);
    }

    private static PartitionView convert(PartitionRegistration partition) {
        return partition == null
                ? UNKNOWN
                : new PartitionView(
                        partition.leader,
                        partition.leaderEpoch,
                        boxed(partition.replicas),
                        boxed(partition.isr),
                        boxed(partition.elr));
    }

    private static List<Integer> boxed(int[] ids) {
        return Arrays.stream(ids).boxed().toList();
    }
}
