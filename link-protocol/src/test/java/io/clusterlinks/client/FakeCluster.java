// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.client;

import io.clusterlinks.protocol.BrokerStatus;
import io.clusterlinks.protocol.DesiredState;
import io.clusterlinks.protocol.GroupOffsetStatus;
import io.clusterlinks.protocol.GroupSummary;
import io.clusterlinks.protocol.Json;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.LinkState;
import io.clusterlinks.protocol.LinkSummary;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.MirrorSummary;
import io.clusterlinks.protocol.PartitionStatus;
import io.clusterlinks.protocol.WireContract;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.protocol.Errors;

/** A cluster with the plugin, in memory: the wire contract as a client sees it, for {@link FakeAdmin}. */
public final class FakeCluster {
    /** One link. */
    static final class Link {
        final Map<String, String> configs = new TreeMap<>();
        final Map<String, Mirror> mirrors = new TreeMap<>();
        DesiredState desired = DesiredState.ACTIVE;
        final List<GroupSummary> groups = new ArrayList<>();
    }

    /** One mirror topic. */
    public static final class Mirror {
        public final Map<String, String> configs = new TreeMap<>();
        public DesiredState desired = DesiredState.ACTIVE;
        public MirrorState state = MirrorState.INITIALIZING;
        public String reason;
        /** Lag as shown, one value per describe; the last one stays. A drained promotion at lag 0 stops. */
        public final Deque<Long> lags = new ArrayDeque<>(List.of(0L));

        /** What happens each time it is looked at. */
        public Runnable onLag = () -> {};

        String stopMode() {
            return switch (desired) {
                case PROMOTED -> "PROMOTE";
                case FAILED_OVER -> "FAILOVER";
                default -> "NONE";
            };
        }

        long lag() {
            onLag.run();
            long lag = lags.size() > 1 ? lags.poll() : lags.peek();
            if (state == MirrorState.INITIALIZING) {
                state = MirrorState.ACTIVE;
            } else if (state == MirrorState.PENDING_STOPPED && (desired == DesiredState.FAILED_OVER || lag == 0)) {
                state = MirrorState.STOPPED;
            }
            return lag;
        }
    }

    private final Map<String, Link> links = new TreeMap<>();

    /** Every write request, in the order of arrival; entries as {@code SET key=value}. */
    public final List<Map<String, List<String>>> writes = new ArrayList<>();

    /** Failures that the next requests meet before anything else, one each. */
    public final Deque<RuntimeException> failures = new ArrayDeque<>();

    private Consumer<Mirror> onCreate = mirror -> {};
    /** A link that is deleted as soon as the links were listed; null if none is. */
    public String deletedOnceListed;

    /** What becomes of mirrors that are created from now on. */
    public void onCreate(Consumer<Mirror> action) {
        onCreate = action;
    }

    public Mirror mirror(String link, String topic) {
        return links.get(link).mirrors.get(topic);
    }

    public void group(String link, GroupSummary group) {
        links.get(link).groups.add(group);
    }

    public boolean hasLink(String link) {
        return links.containsKey(link);
    }

    public String config(String link, String key) {
        return links.get(link).configs.get(key);
    }

    void record(Map<String, Collection<AlterConfigOp>> request) {
        Map<String, List<String>> entries = new TreeMap<>();
        request.forEach((resource, ops) -> entries.put(
                resource,
                ops.stream()
                        .map(op -> op.opType() + " " + op.configEntry().name() + "="
                                + op.configEntry().value())
                        .toList()));
        writes.add(entries);
    }

    void alter(LinkResource resource, Collection<AlterConfigOp> ops, boolean validateOnly) {
        failIfDown();
        Map<String, String> set = new LinkedHashMap<>();
        List<String> delete = new ArrayList<>();
        for (AlterConfigOp op : ops) {
            if (op.opType() == AlterConfigOp.OpType.SET) {
                set.put(op.configEntry().name(), op.configEntry().value());
            } else {
                delete.add(op.configEntry().name());
            }
        }
        if (resource instanceof LinkResource.Link link) {
            alterLink(link.link(), set, delete, validateOnly);
        } else if (resource instanceof LinkResource.Mirror mirror) {
            alterMirror(mirror, set, validateOnly);
        }
    }

    private void alterLink(String name, Map<String, String> set, List<String> delete, boolean validateOnly) {
        if (set.remove(WireContract.CREATE) != null && links.containsKey(name)) {
            throw new LinkException(Errors.DUPLICATE_RESOURCE, "Link '" + name + "' already exists.");
        }
        if (!links.containsKey(name) && !set.containsKey("bootstrap.servers")) {
            throw unknownLink(name);
        }
        Link link = links.getOrDefault(name, new Link());
        if (DesiredState.DELETED.name().equals(set.get(WireContract.DESIRED_STATE))) {
            long open = link.mirrors.values().stream()
                    .filter(mirror -> mirror.state != MirrorState.STOPPED)
                    .count();
            if (open > 0 && !set.containsKey(WireContract.FORCE)) {
                throw new LinkException(
                        Errors.INVALID_REQUEST,
                        "Link '" + name + "' has " + open + " mirror topics that are not stopped: promote or fail them"
                                + " over first, or force the deletion.");
            }
            if (!validateOnly) {
                links.remove(name);
            }
            return;
        }
        if (validateOnly) {
            return;
        }
        links.put(name, link);
        String desired = set.remove(WireContract.DESIRED_STATE);
        link.desired = desired == null ? link.desired : DesiredState.parse(desired);
        link.configs.putAll(set);
        link.configs.keySet().removeAll(delete);
    }

    private void alterMirror(LinkResource.Mirror resource, Map<String, String> set, boolean validateOnly) {
        Link link = linkOrThrow(resource.link());
        Mirror mirror = link.mirrors.get(resource.topic());
        boolean create = set.remove(WireContract.CREATE) != null;
        DesiredState desired = DesiredState.parse(set.remove(WireContract.DESIRED_STATE));
        if (create && mirror != null) {
            throw new LinkException(
                    Errors.TOPIC_ALREADY_EXISTS, "Mirror topic '" + resource.topic() + "' already exists.");
        }
        if (!create && mirror == null) {
            throw unknownMirror(resource);
        }
        if (validateOnly) {
            return;
        }
        Mirror changed = create ? new Mirror() : mirror;
        changed.configs.putAll(set);
        changed.desired = desired;
        if (create) {
            onCreate.accept(changed);
        } else {
            changed.state = switch (desired) {
                case ACTIVE -> MirrorState.ACTIVE;
                case PAUSED -> MirrorState.PAUSED;
                default -> MirrorState.PENDING_STOPPED;
            };
        }
        link.mirrors.put(resource.topic(), changed);
    }

    List<ConfigEntry> describe(LinkResource resource) {
        failIfDown();
        if (resource instanceof LinkResource.Link link) {
            return describeLink(link.link());
        }
        if (resource instanceof LinkResource.Mirror mirror) {
            return describeMirror(mirror);
        }
        if (resource instanceof LinkResource.Groups groups) {
            return linkOrThrow(groups.link()).groups.stream()
                    .map(group -> json(WireContract.GROUP_ENTRY_PREFIX + group.group(), group))
                    .toList();
        }
        if (resource instanceof LinkResource.Group group) {
            return describeGroup(group);
        }
        List<ConfigEntry> entries = new ArrayList<>();
        entries.add(new ConfigEntry(WireContract.COORDINATOR, "1"));
        entries.add(json(WireContract.BROKER_ENTRY_PREFIX + 2, new BrokerStatus(2, null, null, -1, -1)));
        entries.add(json(WireContract.BROKER_ENTRY_PREFIX + 1, new BrokerStatus(1, "0.1.0", "4.3.1", 17, 1000)));
        links.forEach((name, link) -> {
            Map<MirrorState, Integer> counts = new EnumMap<>(MirrorState.class);
            link.mirrors.values().forEach(mirror -> counts.merge(mirror.state, 1, Integer::sum));
            entries.add(json(
                    WireContract.LINK_ENTRY_PREFIX + name,
                    new LinkSummary(
                            name, state(link), link.configs.get("bootstrap.servers"), "source-id", counts, null)));
        });
        links.remove(deletedOnceListed == null ? "" : deletedOnceListed);
        return entries;
    }

    private List<ConfigEntry> describeLink(String name) {
        Link link = linkOrThrow(name);
        List<ConfigEntry> entries = new ArrayList<>();
        link.configs.forEach((key, value) -> entries.add(FakeAdmin.entry(key, value, key.endsWith("jaas.config"))));
        entries.add(FakeAdmin.defaultEntry("mirror.start.offset.spec", "earliest"));
        entries.add(new ConfigEntry(WireContract.DESIRED_STATE, link.desired.name()));
        entries.add(new ConfigEntry(WireContract.STATUS_STATE, state(link).name()));
        entries.add(new ConfigEntry(WireContract.STATUS_REASON, ""));
        entries.add(new ConfigEntry(WireContract.STATUS_SINCE_MS, "1000"));
        entries.add(new ConfigEntry(WireContract.STATUS_SOURCE_CLUSTER_ID, "source-id"));
        link.mirrors.forEach((topic, mirror) -> {
            long lag = mirror.lag();
            MirrorSummary summary = new MirrorSummary(topic, topic, mirror.state, 1, lag, 2 * lag, mirror.reason);
            entries.add(json(WireContract.MIRROR_ENTRY_PREFIX + topic, summary));
        });
        return entries;
    }

    private List<ConfigEntry> describeMirror(LinkResource.Mirror resource) {
        Mirror mirror = linkOrThrow(resource.link()).mirrors.get(resource.topic());
        if (mirror == null) {
            throw unknownMirror(resource);
        }
        long lag = mirror.lag();
        PartitionStatus partition =
                new PartitionStatus(0, mirror.state, 1, 5, 10, 1000, 10, 1000 - lag, lag, 2 * lag, 900, 4096, null);
        return List.of(
                new ConfigEntry(
                        WireContract.SOURCE_TOPIC,
                        mirror.configs.getOrDefault(WireContract.SOURCE_TOPIC, resource.topic())),
                new ConfigEntry(WireContract.REPLICATION_FACTOR, "-1"),
                new ConfigEntry(WireContract.START_OFFSET_SPEC, "earliest"),
                new ConfigEntry(WireContract.DESIRED_STATE, mirror.desired.name()),
                new ConfigEntry(WireContract.STATUS_STATE, mirror.state.name()),
                new ConfigEntry(WireContract.STATUS_REASON, mirror.reason == null ? "" : mirror.reason),
                new ConfigEntry(WireContract.STATUS_SINCE_MS, "1000"),
                new ConfigEntry(WireContract.STATUS_STOP_MODE, mirror.stopMode()),
                json(WireContract.STATUS_PARTITION_PREFIX + 0, partition),
                new ConfigEntry(
                        WireContract.STATUS_EVENTS,
                        "[{\"timestampMs\":5000,\"partition\":0,\"message\":\"dropped 3 records\"}]"));
    }

    private List<ConfigEntry> describeGroup(LinkResource.Group resource) {
        GroupSummary group = linkOrThrow(resource.link()).groups.stream()
                .filter(candidate -> candidate.group().equals(resource.group()))
                .findFirst()
                .orElseThrow(() -> LinkException.notFound("Group '" + resource.group() + "' does not follow."));
        return List.of(
                json(WireContract.STATUS_SUMMARY, group),
                json(
                        WireContract.STATUS_OFFSET_PREFIX + "orders.0",
                        new GroupOffsetStatus("orders", 0, 70, 50, 20, 4000, group.state(), group.reason())));
    }

    private void failIfDown() {
        if (!failures.isEmpty()) {
            throw failures.poll();
        }
    }

    private Link linkOrThrow(String name) {
        if (!links.containsKey(name)) {
            throw unknownLink(name);
        }
        return links.get(name);
    }

    private static LinkException unknownLink(String name) {
        return LinkException.notFound("Link '" + name + "' does not exist.");
    }

    private static LinkException unknownMirror(LinkResource.Mirror mirror) {
        return LinkException.notFound(
                "Topic '" + mirror.topic() + "' is not a mirror topic of link '" + mirror.link() + "'.");
    }

    private static LinkState state(Link link) {
        return link.desired == DesiredState.PAUSED ? LinkState.PAUSED : LinkState.ACTIVE;
    }

    private static ConfigEntry json(String name, Object value) {
        return new ConfigEntry(name, Json.write(value));
    }
}
