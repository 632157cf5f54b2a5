// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol;

import java.lang.reflect.Field;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.TopicConfig;

/** Checks which topic configs an operator wants to follow the source, and which not. */
final class TopicConfigChoice {
    private static final Set<String> KNOWN = Arrays.stream(TopicConfig.class.getFields())
            .filter(field -> field.getName().endsWith("_CONFIG"))
            .map(TopicConfigChoice::value)
            .collect(Collectors.toUnmodifiableSet());

    private TopicConfigChoice() {}

    private static String value(Field constant) {
        try {
            return (String) constant.get(null);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Throws a {@link LinkException} that names the key and what is wrong with its value. */
    static void validate(List<String> include, List<String> exclude) {
        for (String name : include) {
            refuseUnknown(LinkConfig.TOPIC_CONFIG_SYNC_INCLUDE, name);
            if (name.startsWith("remote.") || name.startsWith("local.retention.")) {
                throw LinkException.invalidConfig(LinkConfig.TOPIC_CONFIG_SYNC_INCLUDE + ": '" + name
                        + "' is about where this cluster keeps its logs and never follows the source.");
            }
            if (name.equals(TopicConfig.SEGMENT_INDEX_BYTES_CONFIG)) {
                throw LinkException.invalidConfig(LinkConfig.TOPIC_CONFIG_SYNC_INCLUDE + ": '" + name
                        + "' never follows the source: a broker whose indexes have grown beyond it does not start.");
            }
            if (exclude.contains(name)) {
                throw LinkException.invalidConfig("'" + name + "' is both in " + LinkConfig.TOPIC_CONFIG_SYNC_INCLUDE
                        + " and in " + LinkConfig.TOPIC_CONFIG_SYNC_EXCLUDE + "; choose one.");
            }
        }
        for (String name : exclude) {
            refuseUnknown(LinkConfig.TOPIC_CONFIG_SYNC_EXCLUDE, name);
            if (LinkConfig.LOCKED_TOPIC_CONFIGS.contains(name)) {
                throw LinkException.invalidConfig(LinkConfig.TOPIC_CONFIG_SYNC_EXCLUDE + ": '" + name
                        + "' always follows the source; a mirror with another could not equal it.");
            }
        }
    }

    private static void refuseUnknown(String key, String name) {
        if (!KNOWN.contains(name)) {
            throw LinkException.invalidConfig(key + ": '" + name + "' is no topic config that a link can follow.");
        }
    }
}
