// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.TaskItem;
import io.clusterlinks.protocol.filter.NameFilters;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.state.LinkImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.kafka.common.internals.Topic;

/**
 * Which topics of a source are to be mirrored without being asked for.
 *
 * @param taking number of source topics that the filters include
 * @param create names at the source by the names that the mirrors get here
 * @param chained source topics that are mirrors there and therefore left out
 * @param conflicts topics that cannot be mirrored, with the remedy
 */
record DiscoveryPlan(int taking, Map<String, String> create, Set<String> chained, List<TaskItem> conflicts) {

    /**
     * Plans. A mirror of the source is taken only where a filter names it: were patterns enough, two links with {@code *}
     * in both directions, or in a ring, would mirror mirrors without end.
     *
     * @param sourceTopics every topic of the source
     * @param sourceMirrors those of them that are mirrors there
     * @param existsHere whether the destination has a topic of that name
     */
    static DiscoveryPlan of(
            LinkImage image,
            String link,
            LinkConfig config,
            Set<String> sourceTopics,
            Set<String> sourceMirrors,
            Predicate<String> existsHere) {
        NameFilters filters = config.topicFilters();
        Set<String> mirrored =
                image.mirrorsOf(link).map(MirrorRecord::sourceTopic).collect(Collectors.toSet());
        Map<String, String> create = new TreeMap<>();
        List<TaskItem> conflicts = new ArrayList<>();
        Set<String> chained = new TreeSet<>();
        int taking = 0;
        for (String source : new TreeSet<>(sourceTopics)) {
            if (isInternal(source) ? !filters.matchesByName(source) : !filters.matches(source)) {
                continue;
            }
            taking++;
            if (mirrored.contains(source) || image.retired(link).containsKey(source)) {
                continue;
            }
            if (sourceMirrors.contains(source) && !filters.matchesByName(source)) {
                chained.add(source);
                continue;
            }
            String name = config.prefix() + source;
            Optional<TaskItem> conflict = conflict(image, name, existsHere);
            conflict.ifPresent(conflicts::add);
            if (conflict.isEmpty()) {
                create.put(name, source);
            }
        }
        return new DiscoveryPlan(taking, create, chained, conflicts);
    }

    /** What Kafka and its tools keep for themselves. */
    private static boolean isInternal(String topic) {
        return topic.startsWith("__") || Topic.isInternal(topic);
    }

    private static Optional<TaskItem> conflict(LinkImage image, String name, Predicate<String> existsHere) {
        try {
            LinkResource.validateTopicName(name);
        } catch (LinkException e) {
            return Optional.of(new TaskItem(name, "ILLEGAL_NAME", e.getMessage()));
        }
        Optional<MirrorRecord> other = image.mirror(name);
        if (other.isPresent()) {
            return Optional.of(new TaskItem(
                    name,
                    "CONFLICT",
                    "Is a mirror over link '" + other.get().link() + "' already; give this link a " + LinkConfig.PREFIX
                            + ", or exclude the topic."));
        }
        return existsHere.test(name)
                ? Optional.of(new TaskItem(
                        name,
                        "CONFLICT",
                        "Exists in this cluster and is no mirror; delete it here, mirror it under another name, or"
                                + " exclude it in " + LinkConfig.AUTO_CREATE_FILTERS + "."))
                : Optional.empty();
    }
}
