// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.BrokerStatus;
import io.clusterlinks.protocol.DesiredState;
import io.clusterlinks.protocol.Json;
import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.LinkState;
import io.clusterlinks.protocol.LinkSummary;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.ThrottleStatus;
import io.clusterlinks.protocol.WireContract;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.state.BrokerReport;
import io.clusterlinks.state.BrokerReport.ObservedLink;
import io.clusterlinks.state.LinkImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigDef;

/** Shows links and mirrors as entries of their resources: the durable state joined with what brokers report. */
final class Describer {
    private final LocalBroker broker;
    private final BrokerReports reports;
    private final SilentBrokers silent;
    private final SyncScheduler sync;
    private final SyncDescriber synced;
    private final MirrorDescriber mirrors;

    Describer(
            LocalBroker broker, BrokerReports reports, SilentBrokers silent, SyncScheduler sync, SyncDescriber synced) {
        this.broker = broker;
        this.reports = reports;
        this.silent = silent;
        this.sync = sync;
        this.synced = synced;
        this.mirrors = new MirrorDescriber(broker::cluster, reports, silent);
    }

    List<Entry> describe(LinkImage image, LinkResource resource) {
        if (resource instanceof LinkResource.Link link) {
            return link(image, image.link(link.link()).orElseThrow(() -> LinkCommands.unknown(link.link())));
        }
        if (resource instanceof LinkResource.Mirror mirror) {
            LinkRecord link = image.link(mirror.link()).orElseThrow(() -> LinkCommands.unknown(mirror.link()));
            return mirrors.entries(
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
                .forEach(mirror ->
                        counts.merge(mirrors.summary(image, link, mirror).state(), 1, Integer::sum));
        Optional<ObservedLink> trouble = trouble(link);
        return new LinkSummary(
                link.link(),
                state(link, trouble),
                link.configs().get(LinkConfig.BOOTSTRAP_SERVERS),
                link.sourceClusterId(),
                counts,
                reason(trouble));
    }

    /** Brokers without the plugin are the worst: on them nothing keeps clients from writing to mirrors. */
    private String reason(Optional<ObservedLink> trouble) {
        String reason = trouble.map(ObservedLink::reason).orElse(null);
        List<Integer> without = silent.ids();
        if (without.isEmpty()) {
            return reason;
        }
        return SilentBrokers.warning(without) + (reason == null ? "" : " " + reason);
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

    static boolean isPaused(LinkRecord link) {
        return LinkConfig.isPaused(link.configs());
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
        entries.add(Entry.status(WireContract.STATUS_REASON, Objects.requireNonNullElse(reason(trouble), "")));
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
                        WireContract.MIRROR_ENTRY_PREFIX + mirror.topic(),
                        Json.write(mirrors.summary(image, link, mirror)))));
        return entries;
    }
}
