// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.filter.NameFilters;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.source.SourceAdmin;
import io.clusterlinks.source.SourceOffsets;
import io.clusterlinks.source.SourceTopic;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.Utils;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes over from a source where its groups stand. */
final class SourceGroups {
    private static final Logger LOG = LoggerFactory.getLogger(SourceGroups.class);
    private static final Duration SOURCE_TIMEOUT = Duration.ofSeconds(10);

    private final GroupKind kind;
    private final Time time;

    SourceGroups(GroupKind kind, Time time) {
        this.kind = kind;
        this.time = time;
    }

    /** What decides, besides the source, about what is taken over from it. */
    private record Basis(Map<String, String> configs, Set<List<String>> mirrors) {}

    private static Stream<MirrorRecord> mirrors(SyncContext context) {
        return context.image().mirrorsOf(context.link().link()).filter(OffsetCommits::follows);
    }

    /** Reads the groups that may have changed since they were last read. */
    void readChanged(SyncContext context, GroupTable table) {
        ChangedGroups changes = table.changes();
        long nowMs = time.milliseconds();
        Basis basis = new Basis(
                context.link().configs(),
                mirrors(context)
                        .map(mirror -> List.of(mirror.topic(), String.valueOf(mirror.topicId())))
                        .collect(Collectors.toSet()));
        if (basis.mirrors().isEmpty()) {
            return;
        }
        boolean trusted = changes.isTrusted();
        ChangedGroups.Reading reading =
                changes.next(trusted ? context.source().groupLogEnds() : Map.of(), basis, nowMs);
        if (trusted && !changes.isTrusted()) {
            LOG.info(
                    "Link {}: groups of its source change without its log of groups telling; all are read each time",
                    context.link().link());
        }
        Set<String> changed = Set.of();
        if (!reading.isNothing() || !table.isIdle(kind)) {
            boolean some = kind.keepsOffsetsInGroupLog() && !reading.everything();
            changed = read(
                    context,
                    table,
                    SOURCE_TIMEOUT,
                    false,
                    group -> !some
                            || reading.includes(group)
                            || table.unreadable().containsKey(group));
        } else {
            table.read(nowMs);
        }
        changes.done(reading, kind.keepsOffsetsInGroupLog() ? changed : Set.of(), nowMs);
    }

    /** Reads every group; {@code settled} as for {@link SourceAdmin#committedOffsets}. */
    void readAll(SyncContext context, GroupTable table, boolean settled, Duration timeout) {
        read(context, table, timeout, settled, group -> true);
    }

    private Set<String> read(
            SyncContext context, GroupTable table, Duration timeout, boolean settled, Predicate<String> wanted) {
        long startedNs = System.nanoTime();
        if (!isMine(table, timeout)) {
            throw LinkException.unavailable("Groups of the source of link '"
                    + context.link().link() + "' have been read for " + timeout.toMillis() + " ms already.");
        }
        try {
            Duration left = timeout.minusNanos(System.nanoTime() - startedNs);
            return readAlone(context, table, left.isNegative() ? Duration.ZERO : left, settled, wanted);
        } finally {
            table.reading().unlock();
        }
    }

    private static boolean isMine(GroupTable table, Duration timeout) {
        try {
            return table.reading().tryLock(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private Set<String> readAlone(
            SyncContext context, GroupTable table, Duration timeout, boolean settled, Predicate<String> wanted) {
        Map<String, List<MirrorRecord>> mirrors =
                mirrors(context).collect(Collectors.groupingBy(MirrorRecord::sourceTopic));
        if (mirrors.isEmpty()) {
            return Set.of();
        }
        long startedNs = System.nanoTime();
        NameFilters filters = context.config().groupFilters();
        String prefix = context.config().groupPrefix();
        Set<String> groups = kind.groups(context.source(), timeout).stream()
                .filter(group -> filters.matches(group) && isNameable(prefix + group))
                .collect(Collectors.toSet());
        if (groups.isEmpty() || table.lastReadMs() < 0 || table.misses(groups)) {
            table.mayHide(!context.source().seesAllGroups(timeout));
        }
        Duration left = timeout.minusNanos(System.nanoTime() - startedNs);
        Set<String> asked = groups.stream().filter(wanted).collect(Collectors.toSet());
        SourceOffsets offsets =
                kind.offsets(context.source(), asked, settled, left.isNegative() ? Duration.ZERO : left);
        if (asked.equals(groups)) {
            requireSome(offsets);
        }
        context.requireSource(timeout);
        leaveOutReplaced(context, table, offsets, mirrors, timeout);
        synchronized (table) {
            table.read(time.milliseconds());
            Set<String> followed =
                    FollowedGroups.of(context.image(), context.link().link(), kind);
            table.retain(
                    filters::matches,
                    context.image()
                            .mirrorsOf(context.link().link())
                            .collect(
                                    Collectors.toMap(MirrorRecord::topic, mirror -> String.valueOf(mirror.topicId()))));
            return table.update(context.config().groupPrefix(), followed, groups, offsets, mirrors);
        }
    }

    /** One request asks for many groups: a name that is too long for the protocol would hold up all of them. */
    private static boolean isNameable(String group) {
        return Utils.utf8Length(group) <= Short.MAX_VALUE;
    }

    /** One group that may not be read is its own trouble; all of them are the link's. */
    private static void requireSome(SourceOffsets ofAll) {
        if (ofAll.offsets().isEmpty() && !ofAll.failures().isEmpty()) {
            throw new LinkException(
                    Errors.GROUP_AUTHORIZATION_FAILED,
                    ofAll.failures().values().iterator().next());
        }
    }

    /**
     * A topic that the source has deleted and created again is not what the mirror holds, and positions in it say nothing
     * of the mirror. It is looked for where groups have gone back, or the data path has given up.
     */
    private static void leaveOutReplaced(
            SyncContext context,
            GroupTable table,
            SourceOffsets offsets,
            Map<String, List<MirrorRecord>> mirrors,
            Duration timeout) {
        Set<String> suspects;
        synchronized (table) {
            suspects = table.wentBack(context.config().groupPrefix(), offsets, mirrors);
        }
        mirrors.forEach((topic, of) -> {
            if (of.stream().anyMatch(mirror -> hasFailed(context, mirror))) {
                suspects.add(topic);
            }
        });
        if (suspects.isEmpty()) {
            return;
        }
        // Asked after the positions: those of a topic that is the mirror's now were in it.
        Map<String, SourceTopic> now =
                context.source().describe(suspects, timeout).topics();
        suspects.forEach(topic -> mirrors.computeIfPresent(topic, (name, of) -> of.stream()
                .filter(mirror -> isSource(now.get(topic), mirror))
                .toList()));
    }

    private static boolean hasFailed(SyncContext context, MirrorRecord mirror) {
        return context.image().partitions(mirror.topic()).values().stream()
                .anyMatch(partition -> partition.phase() == PartitionRecord.Phase.FAILED);
    }

    private static boolean isSource(SourceTopic topic, MirrorRecord mirror) {
        return topic != null && mirror.mayMirror(topic.id());
    }
}
