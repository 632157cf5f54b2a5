// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.TaskItem;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.state.LinkImage;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.utils.Utils;

/** What ACLs of the source are called here: topics and groups as the link names them, the rest as it is. */
final class AclMapping {
    private static final int MAX_NAME_BYTES = Short.MAX_VALUE;

    private final String topicPrefix;
    private final String groupPrefix;

    /** Names of mirrors by the name of their source topic. */
    private final Map<String, List<String>> mirrors;

    private final LinkImage image;
    private final LinkRecord link;

    AclMapping(LinkConfig config, LinkImage image, LinkRecord link) {
        this.topicPrefix = config.prefix();
        this.groupPrefix = config.groupPrefix();
        this.mirrors = image.mirrorsOf(link.link())
                .collect(Collectors.groupingBy(
                        MirrorRecord::sourceTopic, Collectors.mapping(MirrorRecord::topic, Collectors.toList())));
        this.image = image;
        this.link = link;
    }

    Set<AclBinding> map(Set<AclBinding> atSource) {
        Set<AclBinding> here = new HashSet<>();
        for (AclBinding acl : atSource) {
            if (!acl.isUnknown()) {
                patterns(acl.pattern())
                        .filter(pattern -> !isTooLong(pattern))
                        .forEach(pattern -> here.add(new AclBinding(pattern, acl.entry())));
            }
        }
        return here;
    }

    /** ACLs that no request to this cluster could name. */
    List<TaskItem> unsupported(Set<AclBinding> atSource) {
        return atSource.stream()
                .filter(acl -> acl.isUnknown() || patterns(acl.pattern()).anyMatch(AclMapping::isTooLong))
                .map(
                        acl -> new TaskItem(
                                acl.toString(),
                                "UNSUPPORTED",
                                acl.isUnknown()
                                        ? "Not taken over: it is of a kind that this version of Kafka does not know."
                                        : "Not taken over: with the link's prefix its name is longer than the protocol allows."))
                .toList();
    }

    private static boolean isTooLong(ResourcePattern pattern) {
        return Utils.utf8Length(pattern.name()) > MAX_NAME_BYTES;
    }

    /** ACLs on a topic whose name here is that of another topic's mirror: they would open the copy of that. */
    List<TaskItem> conflicts(Set<AclBinding> atSource) {
        return atSource.stream()
                .flatMap(acl -> otherMirror(acl.pattern()).map(mirror -> conflict(acl, mirror)).stream())
                .toList();
    }

    private static TaskItem conflict(AclBinding acl, MirrorRecord mirror) {
        return new TaskItem(
                acl.toString(),
                "CONFLICT",
                "Not taken over: topic '" + mirror.topic() + "' here is the mirror of '" + mirror.sourceTopic()
                        + "' over link '" + mirror.link()
                        + "', which the ACL is not about. If it is to hold for that, create"
                        + " it here.");
    }

    /** The mirror that has the name which the topic of a literal pattern would have here, and is of another topic. */
    private Optional<MirrorRecord> otherMirror(ResourcePattern pattern) {
        if (pattern.resourceType() != ResourceType.TOPIC
                || pattern.patternType() != PatternType.LITERAL
                || isAll(pattern)
                || mirrors.containsKey(pattern.name())) {
            return Optional.empty();
        }
        return image.mirror(topicPrefix + pattern.name())
                .filter(mirror -> !mirror.sourceTopic().equals(pattern.name()) || !isOfSameSource(mirror));
    }

    /** Several links may lead to one cluster. */
    private boolean isOfSameSource(MirrorRecord mirror) {
        return image.link(mirror.link())
                .filter(other -> Objects.equals(other.sourceClusterId(), link.sourceClusterId()))
                .isPresent();
    }

    private Stream<ResourcePattern> patterns(ResourcePattern pattern) {
        if (otherMirror(pattern).isPresent()) {
            return Stream.empty();
        }
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
