// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.state;

import io.clusterlinks.protocol.record.AclRecord;
import io.clusterlinks.protocol.record.GroupRecord;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.RetiredRecord;
import io.clusterlinks.protocol.record.StateKey;
import io.clusterlinks.protocol.record.StateRecord;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** All links, mirrors and mirror partitions as of one offset of the state topic. Immutable. */
public final class LinkImage {
    public static final LinkImage EMPTY = new LinkImage(0, Map.of(), Map.of(), Map.of(), Map.of(), Map.of(), Map.of());

    private final long nextOffset;
    private final Map<String, LinkRecord> links;
    private final Map<String, MirrorRecord> mirrors;
    private final Map<String, Map<Integer, PartitionRecord>> partitions;
    private final Map<String, Map<String, RetiredRecord>> retired;
    private final Map<String, Map<String, AclRecord>> acls;
    private final Map<String, Map<String, GroupRecord>> groups;

    private LinkImage(
            long nextOffset,
            Map<String, LinkRecord> links,
            Map<String, MirrorRecord> mirrors,
            Map<String, Map<Integer, PartitionRecord>> partitions,
            Map<String, Map<String, RetiredRecord>> retired,
            Map<String, Map<String, AclRecord>> acls,
            Map<String, Map<String, GroupRecord>> groups) {
        this.nextOffset = nextOffset;
        this.links = links;
        this.mirrors = mirrors;
        this.partitions = partitions;
        this.retired = retired;
        this.acls = acls;
        this.groups = groups;
    }

    /** Offset of the state topic up to which (exclusive) records are in this image. */
    public long nextOffset() {
        return nextOffset;
    }

    public Optional<LinkRecord> link(String name) {
        return Optional.ofNullable(links.get(name));
    }

    public Collection<LinkRecord> links() {
        return links.values();
    }

    /** The mirror with this name at the destination. */
    public Optional<MirrorRecord> mirror(String topic) {
        return Optional.ofNullable(mirrors.get(topic));
    }

    public Collection<MirrorRecord> mirrors() {
        return mirrors.values();
    }

    /** The mirrors that clients may not write to. */
    public Stream<MirrorRecord> readOnlyMirrors() {
        return mirrors.values().stream().filter(mirror -> mirror.state().isReadOnly());
    }

    public Stream<MirrorRecord> mirrorsOf(String link) {
        return mirrors.values().stream().filter(mirror -> mirror.link().equals(link));
    }

    public Optional<PartitionRecord> partition(String topic, int partition) {
        return Optional.ofNullable(partitions.getOrDefault(topic, Map.of()).get(partition));
    }

    /** Records of a mirror's partitions by partition; partitions that have not started have none. */
    public Map<Integer, PartitionRecord> partitions(String topic) {
        return partitions.getOrDefault(topic, Map.of());
    }

    /** Source topics of a link that discovery leaves alone, since their mirror was ended here; by their name. */
    public Map<String, RetiredRecord> retired(String link) {
        return retired.getOrDefault(link, Map.of());
    }

    /** ACLs that a link created, by digest. */
    public Collection<AclRecord> acls(String link) {
        return acls.getOrDefault(link, Map.of()).values();
    }

    /** Groups of the source that a link follows. */
    public Collection<GroupRecord> groups(String link) {
        return groups.getOrDefault(link, Map.of()).values();
    }

    /** Every record of the image. */
    public Stream<StateRecord> records() {
        return Stream.of(
                        links.values().stream(),
                        mirrors.values().stream(),
                        partitions.values().stream().flatMap(byId -> byId.values().stream()),
                        retired.values().stream().flatMap(byTopic -> byTopic.values().stream()),
                        acls.values().stream().flatMap(byDigest -> byDigest.values().stream()),
                        groups.values().stream().flatMap(byDigest -> byDigest.values().stream()))
                .flatMap(records -> records.map(StateRecord.class::cast));
    }

    /** The image after {@code changes}, a value of null deleting its key. */
    public LinkImage apply(Iterable<Change> changes, long newNextOffset) {
        Map<String, LinkRecord> newLinks = new HashMap<>(links);
        Map<String, MirrorRecord> newMirrors = new HashMap<>(mirrors);
        Edit<Integer, PartitionRecord> newPartitions = new Edit<>(partitions);
        Edit<String, RetiredRecord> newRetired = new Edit<>(retired);
        Edit<String, AclRecord> newAcls = new Edit<>(acls);
        Edit<String, GroupRecord> newGroups = new Edit<>(groups);
        for (Change change : changes) {
            if (change.key() instanceof StateKey.OfLink key) {
                put(newLinks, key.link(), (LinkRecord) change.value());
            } else if (change.key() instanceof StateKey.OfMirror key) {
                put(newMirrors, key.topic(), (MirrorRecord) change.value());
            } else if (change.key() instanceof StateKey.OfPartition key) {
                newPartitions.put(key.topic(), key.partition(), (PartitionRecord) change.value());
            } else if (change.key() instanceof StateKey.OfRetired key) {
                newRetired.put(key.link(), key.sourceTopic(), (RetiredRecord) change.value());
            } else if (change.key() instanceof StateKey.OfAcl key) {
                newAcls.put(key.link(), key.digest(), (AclRecord) change.value());
            } else if (change.key() instanceof StateKey.OfGroup key) {
                newGroups.put(key.link(), key.digest(), (GroupRecord) change.value());
            }
        }
        return new LinkImage(
                newNextOffset,
                newLinks,
                newMirrors,
                newPartitions.result,
                newRetired.result,
                newAcls.result,
                newGroups.result);
    }

    private static <K, V> void put(Map<K, V> map, K key, V value) {
        if (value == null) {
            map.remove(key);
        } else {
            map.put(key, value);
        }
    }

    /** Records by the name they belong to, on the way from one image to the next; copies what changes, and that once. */
    private static final class Edit<K, V> {
        final Map<String, Map<K, V>> result;
        private final Set<String> copied = new HashSet<>();

        Edit(Map<String, Map<K, V>> before) {
            result = new HashMap<>(before);
        }

        void put(String name, K key, V value) {
            if (copied.add(name)) {
                result.put(name, new HashMap<>(result.getOrDefault(name, Map.of())));
            }
            Map<K, V> records = result.computeIfAbsent(name, none -> new HashMap<>());
            LinkImage.put(records, key, value);
            if (records.isEmpty()) {
                result.remove(name);
            }
        }
    }

    /** One record of the state topic; {@code value} is null for a tombstone. */
    public record Change(StateKey key, StateRecord value) {
        public static Change put(StateRecord value) {
            return new Change(value.key(), value);
        }

        public static Change delete(StateKey key) {
            return new Change(key, null);
        }
    }
}
