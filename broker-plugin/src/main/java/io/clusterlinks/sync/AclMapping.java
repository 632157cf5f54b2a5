// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.record.MirrorRecord;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/** What ACLs of the source are called here: topics and groups as the link names them, the rest as it is. */
final class AclMapping {
    private final String topicPrefix;
    private final String groupPrefix;

    /** Names of mirrors by the name of their source topic. */
    private final Map<String, List<String>> mirrors;

    AclMapping(LinkConfig config, Stream<MirrorRecord> mirrors) {
        this.topicPrefix = config.prefix();
        this.groupPrefix = config.groupPrefix();
        this.mirrors = mirrors.collect(Collectors.groupingBy(
                MirrorRecord::sourceTopic, Collectors.mapping(MirrorRecord::topic, Collectors.toList())));
    }

    Set<AclBinding> map(Set<AclBinding> atSource) {
        Set<AclBinding> here = new HashSet<>();
        for (AclBinding acl : atSource) {
            patterns(acl.pattern()).forEach(pattern -> here.add(new AclBinding(pattern, acl.entry())));
        }
        return here;
    }

    private Stream<ResourcePattern> patterns(ResourcePattern pattern) {
        if (pattern.resourceType() == ResourceType.TOPIC) {
            List<String> names = mirrors.get(pattern.name());
            return pattern.patternType() == PatternType.LITERAL && names != null
                    ? names.stream().map(AclMapping::topic)
                    : Stream.concat(Stream.of(prefixed(pattern, topicPrefix)), renamed(pattern));
        }
        return Stream.of(pattern.resourceType() == ResourceType.GROUP ? prefixed(pattern, groupPrefix) : pattern);
    }

    /** Mirrors that the pattern covers at the source, and not here under their other name. */
    private Stream<ResourcePattern> renamed(ResourcePattern pattern) {
        boolean prefixes = pattern.patternType() == PatternType.PREFIXED;
        return mirrors.entrySet().stream()
                .filter(entry -> prefixes ? entry.getKey().startsWith(pattern.name()) : isAll(pattern))
                .flatMap(entry -> entry.getValue().stream()
                        .filter(name -> !name.equals(topicPrefix + entry.getKey()))
                        .filter(name -> !name.startsWith(topicPrefix + (prefixes ? pattern.name() : ""))))
                .map(AclMapping::topic);
    }

    private static ResourcePattern topic(String name) {
        return new ResourcePattern(ResourceType.TOPIC, name, PatternType.LITERAL);
    }

    private static boolean isAll(ResourcePattern pattern) {
        return pattern.patternType() == PatternType.LITERAL && pattern.name().equals(ResourcePattern.WILDCARD_RESOURCE);
    }

    /** Everything at the source is everything with the prefix here, and no more. */
    private static ResourcePattern prefixed(ResourcePattern pattern, String prefix) {
        if (prefix.isEmpty()) {
            return pattern;
        }
        return isAll(pattern)
                ? new ResourcePattern(pattern.resourceType(), prefix, PatternType.PREFIXED)
                : new ResourcePattern(pattern.resourceType(), prefix + pattern.name(), pattern.patternType());
    }
}
