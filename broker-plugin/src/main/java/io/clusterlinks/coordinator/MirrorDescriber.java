// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.host.ClusterView;
import io.clusterlinks.host.ClusterView.PartitionView;
import io.clusterlinks.protocol.DesiredState;
import io.clusterlinks.protocol.Json;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.MirrorSummary;
import io.clusterlinks.protocol.PartitionStatus;
import io.clusterlinks.protocol.WireContract;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.state.BrokerReport.ObservedPartition;
import io.clusterlinks.state.LinkImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** Shows mirrors: what is recorded of them joined with what the leaders of their partitions report. */
final class MirrorDescriber {
    private final Supplier<ClusterView> cluster;
    private final BrokerReports reports;
    private final SilentBrokers silent;

    MirrorDescriber(Supplier<ClusterView> cluster, BrokerReports reports, SilentBrokers silent) {
        this.cluster = cluster;
        this.reports = reports;
        this.silent = silent;
    }

    List<Entry> entries(LinkImage image, LinkRecord link, MirrorRecord mirror) {
        MirrorSummary shown = summary(image, link, mirror);
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

    /** The mirror in short, with the state that is shown: the durable one as the brokers find it. */
    MirrorSummary summary(LinkImage image, LinkRecord link, MirrorRecord mirror) {
        List<PartitionStatus> partitions = partitions(image, mirror);
        Shown shown = shown(image, link, mirror, partitions);
        String reason = shown.reason() == null && shown.state() != MirrorState.STOPPED
                ? unprotected(partitions)
                : shown.reason();
        return new MirrorSummary(
                mirror.topic(),
                mirror.sourceTopic(),
                shown.state(),
                mirror.partitions(),
                lagRecords(partitions),
                partitions.stream().mapToLong(PartitionStatus::lagMs).max().orElse(-1),
                reason);
    }

    /** A state and its reason, null if it needs none. */
    private record Shown(MirrorState state, String reason) {}

    private Shown shown(LinkImage image, LinkRecord link, MirrorRecord mirror, List<PartitionStatus> partitions) {
        if (mirror.state() == MirrorState.ACTIVE) {
            Optional<Shown> trouble = trouble(image, link, mirror, partitions);
            if (trouble.isPresent()) {
                return trouble.get();
            }
        }
        if (mirror.awaitsComparison()) {
            return new Shown(
                    mirror.state(),
                    "Being compared with its source; " + equalPartitions(image, mirror) + " of "
                            + mirror.initialPartitions() + " partitions are known to be equal."
                            + (Describer.isPaused(link)
                                    ? " Waits, for link '" + link.link() + "' is paused."
                                    : waits(partitions).map(" "::concat).orElse("")));
        }
        if (isBeingRepaired(image, mirror)) {
            return new Shown(mirror.state(), "Being repaired: looking for the last offset in common with the source.");
        }
        if (mirror.stop() == MirrorRecord.StopMode.DRAIN && Describer.isPaused(link)) {
            return new Shown(mirror.state(), "Waits, for link '" + link.link() + "' is paused.");
        }
        if (mirror.stop() == MirrorRecord.StopMode.DRAIN) {
            return new Shown(
                    mirror.state(),
                    waits(partitions).orElseGet(() -> MovingEnd.reason(reports, mirror.topic(), partitions)));
        }
        if (mirror.state() == MirrorState.PENDING_STOPPED) {
            return new Shown(mirror.state(), waits(partitions).orElse(mirror.reason()));
        }
        return new Shown(mirror.state(), mirror.reason());
    }

    /** What keeps the first partition that is held up by something. */
    private static Optional<String> waits(List<PartitionStatus> partitions) {
        return partitions.stream()
                .filter(partition -> partition.error() != null)
                .findFirst()
                .map(partition -> "Partition " + partition.partition() + " waits: " + partition.error());
    }

    /** What keeps an active mirror from following; empty if nothing does. */
    private static Optional<Shown> trouble(
            LinkImage image, LinkRecord link, MirrorRecord mirror, List<PartitionStatus> partitions) {
        Optional<Shown> failed = image.partitions(mirror.topic()).values().stream()
                .filter(partition -> partition.phase() == PartitionRecord.Phase.FAILED)
                .findFirst()
                .map(partition -> new Shown(
                        MirrorState.FAILED, "Partition " + partition.partition() + ": " + partition.reason()));
        if (failed.isPresent()) {
            return failed;
        }
        if (Describer.isPaused(link)) {
            return Optional.of(new Shown(MirrorState.PAUSED, "Link '" + link.link() + "' is paused."));
        }
        // Reported as failed, not recorded: the trouble is the link's, and the partition goes on when the link does.
        return first(partitions, MirrorState.FAILED)
                .or(() -> first(partitions, MirrorState.SOURCE_UNAVAILABLE))
                .map(partition -> new Shown(partition.state(), partition.error()));
    }

    private static Optional<PartitionStatus> first(List<PartitionStatus> partitions, MirrorState state) {
        return partitions.stream()
                .filter(partition -> partition.state() == state)
                .findFirst();
    }

    /** A warning if brokers without the plugin lead some of {@code partitions}, null otherwise. */
    private String unprotected(List<PartitionStatus> partitions) {
        List<Integer> leaders = partitions.stream()
                .map(PartitionStatus::leader)
                .filter(silent.ids()::contains)
                .distinct()
                .sorted()
                .toList();
        return leaders.isEmpty() ? null : SilentBrokers.warning(leaders);
    }

    private static long equalPartitions(LinkImage image, MirrorRecord mirror) {
        return image.partitions(mirror.topic()).values().stream()
                .filter(partition -> partition.startOffset() >= 0)
                .count();
    }

    private static boolean isBeingRepaired(LinkImage image, MirrorRecord mirror) {
        return image.partitions(mirror.topic()).values().stream().anyMatch(PartitionRecord::repairing);
    }

    private String whyUnreported(int leader) {
        if (leader < 0) {
            return "The partition has no leader at the destination.";
        }
        return silent.ids().contains(leader) ? SilentBrokers.warning(List.of(leader)) : null;
    }

    private static long lagRecords(List<PartitionStatus> partitions) {
        return partitions.stream().anyMatch(partition -> partition.lagRecords() < 0)
                ? -1
                : partitions.stream().mapToLong(PartitionStatus::lagRecords).sum();
    }

    private List<PartitionStatus> partitions(LinkImage image, MirrorRecord mirror) {
        List<PartitionView> views = cluster.get()
                .topic(mirror.topic())
                .map(topic -> topic.partitions())
                .orElse(List.of());
        return IntStream.range(0, mirror.partitions())
                .mapToObj(id -> {
                    int leader = id < views.size() ? views.get(id).leader() : -1;
                    return reports.partition(leader, mirror.topic(), id)
                            .filter(observed -> !isRepairedSince(observed, image.partition(mirror.topic(), id)))
                            .map(ObservedPartition::status)
                            .filter(status -> status.state() != MirrorState.STOPPED)
                            .orElseGet(() -> unreported(image, mirror, id, leader));
                })
                .toList();
    }

    /** Whether a failure was observed before the record that says that the partition goes on. */
    private static boolean isRepairedSince(ObservedPartition observed, Optional<PartitionRecord> record) {
        return observed.status().state() == MirrorState.FAILED
                && record.filter(now -> now.phase() == PartitionRecord.Phase.MIRRORING)
                        .filter(now -> now.leaderEpoch() > observed.leaderEpoch()
                                || (now.leaderEpoch() == observed.leaderEpoch()
                                        && now.revision() > observed.revision()))
                        .isPresent();
    }

    private PartitionStatus unreported(LinkImage image, MirrorRecord mirror, int partition, int leader) {
        Optional<PartitionRecord> record = image.partition(mirror.topic(), partition);
        MirrorState state = record.map(PartitionRecord::phase)
                .map(phase -> switch (phase) {
                    case MIRRORING -> mirror.state();
                    case FAILED -> MirrorState.FAILED;
                    case STOPPING -> MirrorState.PENDING_STOPPED;
                    case STOPPED -> MirrorState.STOPPED;
                })
                .orElse(mirror.state());
        String error = state == MirrorState.STOPPED ? null : whyUnreported(leader);
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
