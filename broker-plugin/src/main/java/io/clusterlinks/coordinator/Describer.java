// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.host.ClusterView.PartitionView;
import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.BrokerStatus;
import io.clusterlinks.protocol.DesiredState;
import io.clusterlinks.protocol.Json;
import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.LinkState;
import io.clusterlinks.protocol.LinkSummary;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.MirrorSummary;
import io.clusterlinks.protocol.PartitionStatus;
import io.clusterlinks.protocol.ThrottleStatus;
import io.clusterlinks.protocol.WireContract;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.state.BrokerReport;
import io.clusterlinks.state.BrokerReport.ObservedLink;
import io.clusterlinks.state.LinkImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.kafka.common.config.ConfigDef;

/** Shows links and mirrors as entries of their resources: the durable state joined with what brokers report. */
final class Describer {
    private final LocalBroker broker;
    private final BrokerReports reports;
    private final SyncScheduler sync;
    private final SyncDescriber synced;

    Describer(LocalBroker broker, BrokerReports reports, SyncScheduler sync, SyncDescriber synced) {
        this.broker = broker;
        this.reports = reports;
        this.sync = sync;
        this.synced = synced;
    }

    List<Entry> describe(LinkImage image, LinkResource resource) {
        if (resource instanceof LinkResource.Link link) {
            return link(image, image.link(link.link()).orElseThrow(() -> LinkCommands.unknown(link.link())));
        }
        if (resource instanceof LinkResource.Mirror mirror) {
            LinkRecord link = image.link(mirror.link()).orElseThrow(() -> LinkCommands.unknown(mirror.link()));
            return mirror(
                    image,
                    link,
                    image.mirror(mirror.topic())
                            .filter(record -> record.link().equals(mirror.link()))
                            .orElseThrow(() -> MirrorCommands.unknown(mirror.link(), mirror.topic())));
        }
        if (resource instanceof LinkResource.Group group) {
            return synced.group(existing(image, group.link()), group.group());
        }
        if (resource instanceof LinkResource.Groups groups) {
            return synced.groups(existing(image, groups.link()));
        }
        if (resource instanceof LinkResource.Acls acls) {
            return SyncDescriber.acls(image, existing(image, acls.link()));
        }
        return index(image);
    }

    private static String existing(LinkImage image, String link) {
        return image.link(link).orElseThrow(() -> LinkCommands.unknown(link)).link();
    }

    private List<Entry> index(LinkImage image) {
        List<Entry> entries = new ArrayList<>();
        entries.add(Entry.status(WireContract.COORDINATOR, Integer.toString(broker.nodeId())));
        for (int id : broker.cluster().liveBrokers()) {
            entries.add(Entry.status(WireContract.BROKER_ENTRY_PREFIX + id, Json.write(brokerStatus(id))));
        }
        for (LinkRecord link : image.links()) {
            entries.add(
                    Entry.status(WireContract.LINK_ENTRY_PREFIX + link.link(), Json.write(linkSummary(image, link))));
        }
        return entries;
    }

    private BrokerStatus brokerStatus(int id) {
        return reports.of(id)
                .map(received -> {
                    BrokerReport report = received.report();
                    return new BrokerStatus(
                            id, report.pluginVersion(), report.kafkaVersion(), report.imageOffset(), received.atMs());
                })
                .orElse(new BrokerStatus(id, null, null, -1, -1));
    }

    private LinkSummary linkSummary(LinkImage image, LinkRecord link) {
        Map<MirrorState, Integer> counts = new TreeMap<>();
        image.mirrorsOf(link.link())
                .forEach(mirror -> counts.merge(shown(image, link, mirror).state(), 1, Integer::sum));
        Optional<ObservedLink> trouble = trouble(link);
        return new LinkSummary(
                link.link(),
                state(link, trouble),
                link.configs().get(LinkConfig.BOOTSTRAP_SERVERS),
                link.sourceClusterId(),
                counts,
                trouble.map(ObservedLink::reason).orElse(null));
    }

    /** The worst that a live broker sees of the link's source. */
    private Optional<ObservedLink> trouble(LinkRecord link) {
        return reports.links(link.link())
                .filter(observed -> observed.state() != LinkState.ACTIVE)
                .max((a, b) -> a.state().compareTo(b.state()));
    }

    private static LinkState state(LinkRecord link, Optional<ObservedLink> trouble) {
        return isPaused(link)
                ? LinkState.PAUSED
                : trouble.map(ObservedLink::state).orElse(LinkState.ACTIVE);
    }

    private static boolean isPaused(LinkRecord link) {
        return Boolean.parseBoolean(link.configs().get(LinkConfig.PAUSED));
    }

    private List<Entry> link(LinkImage image, LinkRecord link) {
        List<Entry> entries = new ArrayList<>();
        Optional<ObservedLink> trouble = trouble(link);
        LinkConfig.definition().configKeys().forEach((name, key) -> {
            if (!link.configs().containsKey(name)) {
                entries.add(Entry.byDefault(name, ConfigDef.convertToString(key.defaultValue, key.type)));
            }
        });
        link.configs().forEach((name, value) -> entries.add(Entry.config(name, value)));
        entries.add(Entry.config(
                WireContract.DESIRED_STATE,
                (link.deleting() ? DesiredState.DELETED : isPaused(link) ? DesiredState.PAUSED : DesiredState.ACTIVE)
                        .name()));
        entries.add(Entry.status(WireContract.STATUS_STATE, state(link, trouble).name()));
        entries.add(Entry.status(
                WireContract.STATUS_REASON, trouble.map(ObservedLink::reason).orElse("")));
        entries.add(Entry.status(
                WireContract.STATUS_SINCE_MS,
                Long.toString(trouble.map(ObservedLink::sinceMs).orElse(link.createdMs()))));
        entries.add(Entry.status(WireContract.STATUS_SOURCE_CLUSTER_ID, link.sourceClusterId()));
        ThrottleStatus throttle = reports.links(link.link())
                .map(ObservedLink::throttle)
                .filter(Objects::nonNull)
                .reduce(ThrottleStatus.NONE, ThrottleStatus::plus);
        entries.add(Entry.status(WireContract.STATUS_THROTTLE, Json.write(throttle)));
        entries.add(Entry.status(WireContract.STATUS_GROUPS, Json.write(synced.groupCounts(link.link()))));
        sync.statuses(link.link())
                .forEach(task ->
                        entries.add(Entry.status(WireContract.STATUS_TASK_PREFIX + task.task(), Json.write(task))));
        image.mirrorsOf(link.link())
                .forEach(mirror -> entries.add(Entry.status(
                        WireContract.MIRROR_ENTRY_PREFIX + mirror.topic(), Json.write(shown(image, link, mirror)))));
        return entries;
    }

    private List<Entry> mirror(LinkImage image, LinkRecord link, MirrorRecord mirror) {
        MirrorSummary shown = shown(image, link, mirror);
        List<Entry> entries = new ArrayList<>();
        entries.add(Entry.config(WireContract.SOURCE_TOPIC, mirror.sourceTopic()));
        entries.add(Entry.config(WireContract.REPLICATION_FACTOR, Short.toString(mirror.replicationFactor())));
        entries.add(Entry.config(WireContract.START_OFFSET_SPEC, mirror.startOffsetSpec()));
        entries.add(Entry.config(WireContract.DESIRED_STATE, desired(mirror).name()));
        entries.add(Entry.status(WireContract.STATUS_STATE, shown.state().name()));
        entries.add(Entry.status(WireContract.STATUS_REASON, shown.reason() == null ? "" : shown.reason()));
        entries.add(Entry.status(WireContract.STATUS_SINCE_MS, Long.toString(mirror.sinceMs())));
        entries.add(Entry.status(WireContract.STATUS_STOP_MODE, mirror.stop().name()));
        entries.add(Entry.status(WireContract.STATUS_EVENTS, Json.write(mirror.events())));
        for (PartitionStatus status : partitions(image, mirror)) {
            entries.add(Entry.status(WireContract.STATUS_PARTITION_PREFIX + status.partition(), Json.write(status)));
        }
        return entries;
    }

    private static DesiredState desired(MirrorRecord mirror) {
        return switch (mirror.stop()) {
            case DRAIN, PROMOTE -> DesiredState.PROMOTED;
            case FAILOVER -> DesiredState.FAILED_OVER;
            case NONE -> mirror.state() == MirrorState.PAUSED ? DesiredState.PAUSED : DesiredState.ACTIVE;
        };
    }

    private MirrorSummary shown(LinkImage image, LinkRecord link, MirrorRecord mirror) {
        List<PartitionStatus> partitions = partitions(image, mirror);
        Optional<PartitionRecord> failed = image.partitions(mirror.topic()).values().stream()
                .filter(partition -> partition.phase() == PartitionRecord.Phase.FAILED)
                .findFirst();
        Optional<PartitionStatus> broken = partitions.stream()
                .filter(partition -> partition.state() == MirrorState.FAILED)
                .findFirst();
        Optional<PartitionStatus> unavailable = partitions.stream()
                .filter(partition -> partition.state() == MirrorState.SOURCE_UNAVAILABLE)
                .findFirst();
        MirrorState state = mirror.state();
        String reason = mirror.reason();
        if (state == MirrorState.ACTIVE && failed.isPresent()) {
            state = MirrorState.FAILED;
            reason = "Partition " + failed.get().partition() + ": "
                    + failed.get().reason();
        } else if (state == MirrorState.ACTIVE && isPaused(link)) {
            state = MirrorState.PAUSED;
            reason = "Link '" + link.link() + "' is paused.";
        } else if (state == MirrorState.ACTIVE && broken.isPresent()) {
            // Not written yet, or the link's and not the partition's: it goes on when the link does.
            state = MirrorState.FAILED;
            reason = broken.get().error();
        } else if (state == MirrorState.ACTIVE && unavailable.isPresent()) {
            state = MirrorState.SOURCE_UNAVAILABLE;
            reason = unavailable.get().error();
        } else if (mirror.awaitsComparison()) {
            reason = "Being compared with its source; " + equalPartitions(image, mirror) + " of "
                    + mirror.initialPartitions() + " partitions are known to be equal.";
        } else if (isBeingRepaired(image, mirror)) {
            reason = "Being repaired: looking for the last offset in common with the source.";
        } else if (mirror.stop() == MirrorRecord.StopMode.DRAIN) {
            reason = unavailable
                    .map(partition -> "Waiting for the source: " + partition.error())
                    .orElseGet(() -> MovingEnd.reason(reports, mirror.topic(), partitions));
        }
        return new MirrorSummary(
                mirror.topic(),
                mirror.sourceTopic(),
                state,
                mirror.partitions(),
                lagRecords(partitions),
                partitions.stream().mapToLong(PartitionStatus::lagMs).max().orElse(-1),
                reason);
    }

    private static long equalPartitions(LinkImage image, MirrorRecord mirror) {
        return image.partitions(mirror.topic()).values().stream()
                .filter(partition -> partition.startOffset() >= 0)
                .count();
    }

    private static boolean isBeingRepaired(LinkImage image, MirrorRecord mirror) {
        return image.partitions(mirror.topic()).values().stream().anyMatch(PartitionRecord::repairing);
    }

    private static long lagRecords(List<PartitionStatus> partitions) {
        return partitions.stream().anyMatch(partition -> partition.lagRecords() < 0)
                ? -1
                : partitions.stream().mapToLong(PartitionStatus::lagRecords).sum();
    }

    private List<PartitionStatus> partitions(LinkImage image, MirrorRecord mirror) {
        List<PartitionView> views = broker.cluster()
                .topic(mirror.topic())
                .map(topic -> topic.partitions())
                .orElse(List.of());
        return IntStream.range(0, mirror.partitions())
                .mapToObj(id -> {
                    int leader = id < views.size() ? views.get(id).leader() : -1;
                    return reports.partition(leader, mirror.topic(), id)
                            .map(BrokerReport.ObservedPartition::status)
                            .filter(status -> status.state() != MirrorState.STOPPED)
                            .orElseGet(() -> unreported(image, mirror, id, leader));
                })
                .toList();
    }

    private static PartitionStatus unreported(LinkImage image, MirrorRecord mirror, int partition, int leader) {
        Optional<PartitionRecord> record = image.partition(mirror.topic(), partition);
        MirrorState state = record.map(PartitionRecord::phase)
                .map(phase -> switch (phase) {
                    case MIRRORING -> mirror.state();
                    case FAILED -> MirrorState.FAILED;
                    case STOPPING -> MirrorState.PENDING_STOPPED;
                    case STOPPED -> MirrorState.STOPPED;
                })
                .orElse(mirror.state());
        String error =
                leader < 0 && state != MirrorState.STOPPED ? "The partition has no leader at the destination." : null;
        return new PartitionStatus(
                partition,
                state,
                leader,
                -1,
                -1,
                -1,
                -1,
                record.map(PartitionRecord::stopOffset).orElse(-1L),
                state == MirrorState.STOPPED ? 0 : -1,
                state == MirrorState.STOPPED ? 0 : -1,
                -1,
                0,
                record.map(PartitionRecord::reason).orElse(error));
    }
}
