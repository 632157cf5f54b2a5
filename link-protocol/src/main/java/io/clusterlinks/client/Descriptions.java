// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.client;

import io.clusterlinks.protocol.BrokerStatus;
import io.clusterlinks.protocol.DesiredState;
import io.clusterlinks.protocol.GroupOffsetStatus;
import io.clusterlinks.protocol.GroupSummary;
import io.clusterlinks.protocol.Json;
import io.clusterlinks.protocol.LinkEvent;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.LinkState;
import io.clusterlinks.protocol.LinkSummary;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.MirrorSummary;
import io.clusterlinks.protocol.PartitionStatus;
import io.clusterlinks.protocol.TaskStatus;
import io.clusterlinks.protocol.ThrottleStatus;
import io.clusterlinks.protocol.WireContract;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.protocol.Errors;

/** Entries from the wire as descriptions. */
final class Descriptions {
    private Descriptions() {}

    /** Whether the index was described by a broker with the plugin; without it, it is an ordinary topic. */
    static boolean isIndex(Config config) {
        return config.get(WireContract.COORDINATOR) != null;
    }

    static List<LinkSummary> links(Config index) {
        return parsed(
                index, WireContract.LINK_ENTRY_PREFIX, LinkSummary.class, Comparator.comparing(LinkSummary::link));
    }

    static LinkClusterDescription brokers(Config index) {
        return new LinkClusterDescription(
                Integer.parseInt(text(index, WireContract.COORDINATOR, "-1")),
                parsed(
                        index,
                        WireContract.BROKER_ENTRY_PREFIX,
                        BrokerStatus.class,
                        Comparator.comparing(BrokerStatus::broker)));
    }

    static List<MirrorSummary> mirrors(Config link) {
        return parsed(
                link,
                WireContract.MIRROR_ENTRY_PREFIX,
                MirrorSummary.class,
                Comparator.comparing(MirrorSummary::topic),
                Descriptions::isMirror);
    }

    static LinkDescription link(LinkResource.Link resource, Config config) {
        return new LinkDescription(
                resource.link(),
                state(config, WireContract.DESIRED_STATE, DesiredState.class, DesiredState.ACTIVE),
                state(config, WireContract.STATUS_STATE, LinkState.class, null),
                text(config, WireContract.STATUS_REASON, null),
                number(config, WireContract.STATUS_SINCE_MS),
                text(config, WireContract.STATUS_SOURCE_CLUSTER_ID, null),
                config.entries().stream()
                        .filter(Descriptions::isLinkConfig)
                        .map(Descriptions::configValue)
                        .sorted(Comparator.comparing(LinkConfigValue::name))
                        .toList(),
                mirrors(config),
                parsed(
                        config,
                        WireContract.STATUS_TASK_PREFIX,
                        TaskStatus.class,
                        Comparator.comparing(TaskStatus::task)),
                throttle(text(config, WireContract.STATUS_THROTTLE, null)));
    }

    private static ThrottleStatus throttle(String json) {
        return json == null ? ThrottleStatus.NONE : Json.read(json, ThrottleStatus.class);
    }

    static List<GroupSummary> groups(Config groups) {
        return parsed(
                groups, WireContract.GROUP_ENTRY_PREFIX, GroupSummary.class, Comparator.comparing(GroupSummary::group));
    }

    static GroupDescription group(String link, Config config) {
        return new GroupDescription(
                link,
                Json.read(text(config, WireContract.STATUS_SUMMARY, "{}"), GroupSummary.class),
                parsed(
                        config,
                        WireContract.STATUS_OFFSET_PREFIX,
                        GroupOffsetStatus.class,
                        Comparator.comparing(GroupOffsetStatus::topic).thenComparing(GroupOffsetStatus::partition)));
    }

    static MirrorDescription mirror(LinkResource.Mirror resource, Config config) {
        return new MirrorDescription(
                resource.link(),
                resource.topic(),
                text(config, WireContract.SOURCE_TOPIC, resource.topic()),
                state(config, WireContract.DESIRED_STATE, DesiredState.class, DesiredState.ACTIVE),
                state(config, WireContract.STATUS_STATE, MirrorState.class, null),
                state(config, WireContract.STATUS_STOP_MODE, StopMode.class, StopMode.NONE),
                text(config, WireContract.STATUS_REASON, null),
                number(config, WireContract.STATUS_SINCE_MS),
                (int) number(config, WireContract.REPLICATION_FACTOR),
                text(config, WireContract.START_OFFSET_SPEC, null),
                parsed(
                        config,
                        WireContract.STATUS_PARTITION_PREFIX,
                        PartitionStatus.class,
                        Comparator.comparing(PartitionStatus::partition)),
                Arrays.asList(Json.read(text(config, WireContract.STATUS_EVENTS, "[]"), LinkEvent[].class)));
    }

    private static boolean isLinkConfig(ConfigEntry entry) {
        String name = entry.name();
        return !name.startsWith(WireContract.STATUS_PREFIX)
                && !name.equals(WireContract.DESIRED_STATE)
                && !isMirror(entry);
    }

    /** The config {@code mirror.start.offset.spec} begins like a mirror's entry, but its value is never JSON. */
    private static boolean isMirror(ConfigEntry entry) {
        return entry.name().startsWith(WireContract.MIRROR_ENTRY_PREFIX)
                && entry.value() != null
                && entry.value().startsWith("{");
    }

    private static LinkConfigValue configValue(ConfigEntry entry) {
        return new LinkConfigValue(entry.name(), entry.value(), entry.isDefault(), entry.isSensitive());
    }

    private static <T> List<T> parsed(Config config, String prefix, Class<T> type, Comparator<T> order) {
        return parsed(config, prefix, type, order, entry -> true);
    }

    private static <T> List<T> parsed(
            Config config, String prefix, Class<T> type, Comparator<T> order, Predicate<ConfigEntry> filter) {
        return config.entries().stream()
                .filter(entry -> entry.name().startsWith(prefix) && filter.test(entry))
                .map(entry -> Json.read(entry.value(), type))
                .sorted(order)
                .collect(Collectors.toUnmodifiableList());
    }

    private static String text(Config config, String key, String otherwise) {
        ConfigEntry entry = config.get(key);
        return entry == null || entry.value() == null || entry.value().isEmpty() ? otherwise : entry.value();
    }

    private static long number(Config config, String key) {
        return Long.parseLong(text(config, key, "-1"));
    }

    private static <E extends Enum<E>> E state(Config config, String key, Class<E> type, E otherwise) {
        String value = text(config, key, null);
        if (value == null && otherwise != null) {
            return otherwise;
        }
        try {
            return Enum.valueOf(type, String.valueOf(value));
        } catch (IllegalArgumentException e) {
            throw new LinkException(
                    Errors.UNSUPPORTED_VERSION,
                    "The brokers show '" + value + "' for " + key + ", which this client does not know; use the"
                            + " client of the brokers' version.",
                    e);
        }
    }
}
