// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.source.SourceTopic;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What must change at the destination so that a mirror topic has its source's synced configs and partitions.
 *
 * @param configs the configs that the mirror's record should hold when that is done: the source's synced ones and the
 *     mirror's own
 * @param set configs to set here
 * @param delete configs to return to their default here
 * @param edited synced configs that somebody changed here, and that are put back: what became of each, in words
 * @param sourceTopicId topic id at the source, null where it has none
 * @param partitions number of partitions that the mirror should have; never fewer than it has
 */
record TopicPlan(
        Map<String, String> configs,
        Map<String, String> set,
        Set<String> delete,
        Map<String, String> edited,
        String sourceTopicId,
        int partitions) {
    /** Some values are lists of any length. */
    private static final int MAX_SHOWN = 100;
    /**
     * Partitions that are added at a time. What a source says is durable before the controller is asked, and cannot be taken
     * back: one wrong answer must not make a million.
     */
    private static final int MAX_GROWTH = 1_000;

    /**
     * Compares three ways.
     *
     * @param mirror holds the configs as they were last known to be here: what differs from that was edited, but not what
     *     could never be set
     * @param synced names of the configs that follow the source
     * @param here configs set on the topic at the destination
     */
    static TopicPlan of(MirrorRecord mirror, SourceTopic source, Set<String> synced, Map<String, String> here) {
        Map<String, String> wanted = new HashMap<>(source.configs());
        wanted.keySet().retainAll(synced);
        Map<String, String> set = new TreeMap<>(wanted);
        set.entrySet().removeIf(entry -> entry.getValue().equals(here.get(entry.getKey())));
        Set<String> delete = new TreeSet<>(here.keySet());
        delete.retainAll(synced);
        delete.removeAll(wanted.keySet());
        Set<String> edits = new TreeSet<>(set.keySet());
        edits.addAll(delete);
        edits.removeIf(key -> {
            String last = mirror.configs().get(key);
            boolean sourceChanged = last == null ? wanted.containsKey(key) : !last.equals(wanted.get(key));
            return sourceChanged;
        });
        Map<String, String> edited = new TreeMap<>();
        edits.forEach(key -> edited.put(key, shown(here.get(key)) + " here, back to " + shown(wanted.get(key))));
        Map<String, String> configs = new HashMap<>(mirror.configs());
        configs.keySet().removeAll(synced);
        configs.putAll(wanted);
        return new TopicPlan(
                configs,
                set,
                delete,
                edited,
                source.id(),
                Math.max(mirror.partitions(), Math.min(source.partitions(), mirror.partitions() + MAX_GROWTH)));
    }

    private static String shown(String value) {
        if (value == null) {
            return "the default";
        }
        return '\'' + (value.length() > MAX_SHOWN ? value.substring(0, MAX_SHOWN) + "..." : value) + '\'';
    }

    /** What the record should hold when all was done but what was refused; {@code here} as given to {@link #of}. */
    Map<String, String> configsWithout(Set<String> refused, Map<String, String> here) {
        Map<String, String> left = new HashMap<>(configs);
        refused.forEach(key -> {
            if (here.containsKey(key)) {
                left.put(key, here.get(key));
            } else {
                left.remove(key);
            }
        });
        return left;
    }

    boolean changesConfigs() {
        return !set.isEmpty() || !delete.isEmpty();
    }

    boolean changesRecord(MirrorRecord mirror) {
        return !mirror.equals(mirror.following(sourceTopicId, configs, partitions)) || !edited.isEmpty();
    }
}
