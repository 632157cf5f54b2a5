// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.GroupOffsetState;
import io.clusterlinks.protocol.GroupOffsetStatus;
import io.clusterlinks.protocol.GroupSummary;
import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.source.SourceAdmin;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.StateCommitter;
import java.time.Duration;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Time;

/** Has consumer groups stand at the destination where they stand at the source, as far as the mirrors have come. */
public final class OffsetSync implements SyncTask {
    private static final long DEFAULT_RETENTION_MINUTES = 7 * 24 * 60;

    private static final String HIDDEN =
            "The link's principal has no ACL DESCRIBE on the CLUSTER at the source, so that"
                    + " groups on which it has no DESCRIBE are not seen; grant one or the other.";

    private final GroupKind kind;
    private final Supplier<LinkImage> newest;
    private final SourceGroups source;
    private final OffsetCommits commits;
    private final FollowedGroups followed;
    private final Time time;
    private final Map<String, GroupTable> tables = new ConcurrentHashMap<>();

    /**
     * @param newest the newest image; fails where this broker does not coordinate
     */
    public OffsetSync(
            GroupKind kind,
            LocalBroker broker,
            StateCommitter state,
            Supplier<LinkImage> newest,
            PartitionBounds bounds,
            Time time) {
        this.kind = kind;
        this.followed = new FollowedGroups(kind, state);
        this.source = new SourceGroups(kind, time);
        this.newest = newest;
        this.time = time;
        // Positions of share groups do not expire.
        this.commits = new OffsetCommits(
                new BrokerGroups(broker, kind.dialect(), time),
                bounds,
                time,
                kind == GroupKind.SHARE ? Long.MAX_VALUE : refreshMs(broker));
    }

    /** Offsets of groups without members expire; well before that they are committed again. */
    private static long refreshMs(LocalBroker broker) {
        Object minutes = broker.settings().getOrDefault("offsets.retention.minutes", DEFAULT_RETENTION_MINUTES);
        return TimeUnit.MINUTES.toMillis(Long.parseLong(minutes.toString().trim())) / 8;
    }

    @Override
    public String name() {
        return kind.task();
    }

    @Override
    public OptionalLong intervalMs(LinkConfig config) {
        return config.getBoolean(LinkConfig.OFFSET_SYNC_ENABLE)
                ? OptionalLong.of(config.getLong(LinkConfig.OFFSET_SYNC_MS))
                : OptionalLong.empty();
    }

    @Override
    public TaskOutcome run(SyncContext context) {
        GroupTable table = table(context.link().link());
        LinkException failure = null;
        try {
            source.readChanged(context, table);
            keepFollowed(context, table);
        } catch (LinkException e) {
            // What is known already is completed as the mirrors advance.
            failure = e;
        }
        int changed = apply(table, Set.of());
        if (failure != null) {
            throw failure;
        }
        return outcome(table, changed);
    }

    private GroupTable table(String link) {
        return tables.computeIfAbsent(link, name -> new GroupTable());
    }

    private int apply(GroupTable table, Set<String> last) {
        synchronized (table) {
            return commits.apply(newest.get(), table, last);
        }
    }

    /** A group is recorded before anything of it is committed here. */
    private void keepFollowed(SyncContext context, GroupTable table) {
        String link = context.link().link();
        LinkImage image = newest.get();
        if (!table.lost().isEmpty()) {
            synchronized (table) {
                commits.find(table, context.config().groupPrefix(), partitions(image, link));
            }
        }
        if (table.wasRead()) {
            followed.keep(image, link, table);
        }
    }

    private static Set<TopicPartition> partitions(LinkImage image, String link) {
        return image.mirrorsOf(link)
                .flatMap(mirror -> IntStream.range(0, mirror.partitions())
                        .mapToObj(partition -> new TopicPartition(mirror.topic(), partition)))
                .collect(Collectors.toSet());
    }

    /**
     * How to ask the source a last time.
     *
     * @param settled as for {@link SourceAdmin#committedOffsets}
     * @param needed whether to try again if the source does not answer
     */
    public record LastRead(boolean settled, boolean needed, Duration timeout) {}

    /**
     * What became of the groups of a topic.
     *
     * @param summary in one line; empty for share groups if there are none
     * @param complete whether trying again would be in vain
     */
    public record LastSync(String summary, boolean complete) {
        /** Of both kinds of groups. */
        public LastSync and(LastSync other) {
            return new LastSync((summary + " " + other.summary).strip(), complete && other.complete);
        }
    }

    /**
     * Brings groups up to date a last time, before mirrors become writable topics.
     *
     * @param read empty to ask the source nothing; then, or if it does not answer, what was read last counts
     * @return by topic
     */
    public Map<String, LastSync> finish(SyncContext context, Set<String> topics, Optional<LastRead> read) {
        GroupTable table = table(context.link().link());
        String from = " as last read from the source";
        Set<String> unreadBefore = unread(table);
        Set<String> unread = Set.of();
        boolean missed = false;
        try {
            if (read.isPresent()) {
                source.readAll(context, table, read.get().settled(), read.get().timeout());
                from = "";
                unread = unread(table);
            }
        } catch (LinkException e) {
            from += ", which did not answer now (" + e.getMessage() + ")";
            missed = read.get().needed();
        }
        apply(table, topics);
        // What cannot be read twice in a row is not waited for.
        boolean isRead = !missed && unreadBefore.containsAll(unread);
        LastGroups groups =
                new LastGroups(kind, table, from.isEmpty() ? table.unreadable().keySet() : Set.of(), from);
        return topics.stream()
                .collect(Collectors.toMap(
                        topic -> topic,
                        topic -> new LastSync(
                                groups.summary(topic), isRead && groups.isSettled(topic, time.milliseconds()))));
    }

    /** Also those that are not listed: while their coordinator moves no broker does, and none says so. */
    private static Set<String> unread(GroupTable table) {
        Set<String> unread = new HashSet<>(table.unreadable().keySet());
        table.groups().values().stream()
                .filter(TrackedGroup::isDeletedAtSource)
                .forEach(group -> unread.add(group.sourceGroup()));
        return unread;
    }

    private TaskOutcome outcome(GroupTable table, int changed) {
        LinkImage image = newest.get();
        TaskOutcome.Counter counter = new TaskOutcome.Counter();
        counter.items(table.groups().size());
        counter.changed(changed);
        if (table.mayHide() && table.groups().isEmpty()) {
            counter.trouble(kind.task(), "NOT_AUTHORIZED", "No group is seen at the source. " + HIDDEN);
        } else if (table.mayHide()) {
            counter.note(HIDDEN);
        }
        table.unreadable().forEach((group, why) -> counter.trouble(group, "UNREADABLE", why));
        table.groups().forEach((name, group) -> {
            // Whoever has moved here with all topics is nobody's trouble.
            if (OffsetCommits.isFollowing(image, group)) {
                GroupReport.trouble(name, group, counter);
            }
        });
        return counter.outcome();
    }

    /** Number of groups that follow the link, by state; whoever has moved here with all topics does not any more. */
    public Map<GroupOffsetState, Integer> counts(String link) {
        Map<GroupOffsetState, Integer> counts = new EnumMap<>(GroupOffsetState.class);
        following(link).forEach(group -> counts.merge(group.state(), 1, Integer::sum));
        return counts;
    }

    /** Every group that follows the link, in no order. */
    public List<GroupSummary> following(String link) {
        LinkImage image = newest.get();
        return groups(link, group -> OffsetCommits.isFollowing(image, group));
    }

    /** Every group of which anything is known, in no order: also those of which no mirror is left. */
    public List<GroupSummary> groups(String link) {
        return groups(link, group -> true);
    }

    private List<GroupSummary> groups(String link, Predicate<TrackedGroup> wanted) {
        GroupTable table = tables.get(link);
        return table == null
                ? List.of()
                : table.groups().entrySet().stream()
                        .filter(entry -> wanted.test(entry.getValue()))
                        .map(entry -> summary(table, entry.getKey(), entry.getValue()))
                        .toList();
    }

    private GroupSummary summary(GroupTable table, String name, TrackedGroup group) {
        return GroupReport.summary(
                name, kind, group, table.lastReadMs(), OffsetCommits.isFollowing(newest.get(), group));
    }

    /** A followed group by its name here. */
    public Optional<GroupView> group(String link, String group) {
        return Optional.ofNullable(tables.get(link))
                .flatMap(table -> Optional.ofNullable(table.groups().get(group))
                        .map(tracked -> new GroupView(
                                summary(table, group, tracked),
                                tracked.offsets().entrySet().stream()
                                        .map(entry -> GroupReport.status(entry.getKey(), entry.getValue()))
                                        .toList())));
    }

    /** What is shown of one group. */
    public record GroupView(GroupSummary summary, List<GroupOffsetStatus> offsets) {}

    @Override
    public void forget(String link) {
        tables.remove(link);
    }
}
