// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.mirror.SimulatedCluster.Node;
import io.clusterlinks.mirror.SimulatedLog.Entry;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.state.LinkImage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What must be true after every step of a {@link Simulation}. */
final class SimulationChecks {
    private final Simulation simulation;
    private final long maxTruncation;
    private final boolean unclean;
    private final boolean forgetful;
    /** Source epoch of everything that the source ever wrote, by what {@link SimulatedLog#describe} says of it. */
    private final Map<String, Integer> written = new HashMap<>();
    /** Batches that every leader from now on must hold, by base offset. */
    private final TreeMap<Long, Entry> committed = new TreeMap<>();

    private List<Object> checked = List.of();
    private int images;
    /** Destination leader epoch of the last unclean election; -1 if there was none. */
    private int uncleanEpoch = -1;

    /** What the replica held that was elected uncleanly last since the mirror is level and asks its source nothing. */
    private Optional<Set<String>> heldAfterLevel = Optional.empty();

    private Node elected;
    /** Where the log of the leader that was elected uncleanly begins, if the source began to begin earlier while it was away. */
    private long staleStart;
    /** Leader epoch of who stopped the partition; others claim it after that. */
    private int stoppedUnder = -1;

    private PartitionRecord record;

    SimulationChecks(Simulation simulation, Simulation.Options options) {
        this.simulation = simulation;
        this.maxTruncation = options.maxTruncation();
        this.unclean = options.unclean();
        this.forgetful = options.forgetful();
    }

    void onWritten(List<SimulatedSource.Batch> batches) {
        batches.forEach(batch -> written.put(batch.described(), batch.epoch()));
    }

    /** Nothing is appended by who really leads once the partition has begun to stop. */
    void onAppend(Node node) {
        boolean leads = simulation.cluster.registration.leader() == node.id
                && simulation.cluster.registration.epoch() == node.heard.epoch();
        boolean stopped = simulation
                .state
                .image()
                .partition(Simulation.TP.topic(), 0)
                .filter(now -> now.phase() == Phase.STOPPING || now.phase() == Phase.STOPPED)
                .isPresent();
        assertThat(leads && stopped).as("append after the stop").isFalse();
    }

    /** What {@code node} does not hold when it leads is lost, and was mirrored for nothing. */
    void onUncleanElection(Node node) {
        uncleanEpoch = simulation.cluster.registration.epoch();
        if (simulation.current().stop() == StopMode.PROMOTE) {
            heldAfterLevel =
                    Optional.of(node.log.entries.stream().map(Entry::described).collect(Collectors.toSet()));
        }
        elected = node;
        staleStart = simulation.source.wentBack ? node.log.start : 0;
        forgetWhatIsLost();
    }

    /** Until it hears that it leads, it follows whom it took for the leader, and may be cut once more. */
    private void forgetWhatIsLost() {
        if (elected != null) {
            Set<String> held = elected.log.entries.stream()
                    .filter(this::isKept)
                    .map(Entry::described)
                    .collect(Collectors.toSet());
            committed.values().removeIf(entry -> !held.contains(entry.described()));
            elected = elected.heard != null && elected.heard.epoch() >= uncleanEpoch ? null : elected;
        }
    }

    /**
     * Whether {@code batch} lies before the log of a leader that was elected uncleanly and whose last epoch the source still
     * knows: a log without records does not start over then, for the sake of those who read on at its end.
     */
    boolean isBeforeStaleStart(SimulatedSource.Batch batch) {
        return batch.next() <= staleStart;
    }

    boolean wasElectedUncleanly() {
        return uncleanEpoch >= 0;
    }

    /** Whether an unclean election came after all that the leader did who stopped the partition: as with any topic. */
    boolean isLostAfterTheStop() {
        return stoppedUnder >= 0 && stoppedUnder < uncleanEpoch;
    }

    /**
     * What a replica held that was elected uncleanly when nobody asked the source any more: it may lack what the source has,
     * and may have been away while the source and the mirror lost what it brings back. Empty if there was none.
     */
    Optional<Set<String>> heldAfterLevel() {
        return heldAfterLevel;
    }

    /** What there is to check; compared to tell whether anything has changed. */
    List<Object> moment() {
        List<Object> moment = new ArrayList<>(
                List.of(simulation.state.images().size(), simulation.cluster.registration, simulation.source.start));
        simulation.cluster.nodes.forEach(
                node -> moment.addAll(List.of(node.log.start, node.log.end, node.log.lastEpoch(), node.leads())));
        return moment;
    }

    void check() {
        List<Object> moment = moment();
        if (moment.equals(checked)) {
            return;
        }
        checked = moment;
        simulation
                .cluster
                .trueLeader()
                .filter(this::knows)
                .ifPresent(leader -> staleStart = Math.min(staleStart, leader.log.start));
        for (List<LinkImage> all = simulation.state.images(); images < all.size(); images++) {
            LinkImage image = all.get(images);
            image.partition(Simulation.TP.topic(), 0)
                    .ifPresent(next -> checkRecord(
                            next, image.mirror(Simulation.TP.topic()).orElseThrow()));
        }
        checkCommitted();
        if (record != null && record.startOffset() >= 0 && !isLostAfterTheStop()) {
            checkLineage();
        }
    }

    private void checkRecord(PartitionRecord next, MirrorRecord mirror) {
        if (record != null && !record.equals(next)) {
            checkSuccession(record, next);
        }
        boolean cuts = next.truncation() != null && (record == null || record.truncation() == null);
        if (cuts) {
            assertThat(mirror.events()).as("events of a cut").isNotEmpty();
            checkDepth(next);
        }
        long kept =
                next.truncation() == null ? Long.MAX_VALUE : next.truncation().target();
        committed.values().removeIf(entry -> entry.next() > kept || entry.base() < next.startOffset());
        if (stoppedUnder < 0 && next.phase() == Phase.STOPPED) {
            stoppedUnder = next.leaderEpoch();
        }
        record = next;
    }

    private void checkSuccession(PartitionRecord one, PartitionRecord next) {
        assertThat(next.leaderEpoch()).as("leader epoch after %s", one).isGreaterThanOrEqualTo(one.leaderEpoch());
        if (next.leaderEpoch() == one.leaderEpoch()) {
            assertThat(next.revision()).as("revision after %s", one).isEqualTo(one.revision() + 1);
        } else {
            // A claim changes nothing else; links append under claimed epochs only.
            if (!forgetful) {
                assertThat(next.cuts()).as("cuts after %s", one).isEqualTo(one.cuts());
            }
            assertThat(next.lineage()).as("lineage after %s", one).isEqualTo(one.lineage());
            assertThat(next.truncation()).as("cut after %s", one).isEqualTo(one.truncation());
            assertThat(next.phase()).as("phase after %s", one).isEqualTo(one.phase());
        }
        if (one.stopOffset() >= 0) {
            boolean mayBeLost = unclean && next.phase() == Phase.STOPPING;
            assertThat(next.stopOffset())
                    .as("stop offset after %s", one)
                    .isBetween(mayBeLost ? next.startOffset() : one.stopOffset(), one.stopOffset());
        }
    }

    /** A cut that nobody allowed is not deeper than the limit. */
    private void checkDepth(PartitionRecord cut) {
        if (!cut.repairing()) {
            simulation.cluster.nodes.stream()
                    .filter(node -> node.leads() && node.heard.epoch() == cut.leaderEpoch())
                    .forEach(node -> assertThat(node.log.end
                                    - Math.max(node.log.start, cut.truncation().target()))
                            .as("depth of %s", cut)
                            .isLessThanOrEqualTo(maxTruncation));
        }
    }

    /** Whatever was once committed every replica that may lead holds, unless a cut was recorded first. */
    private void checkCommitted() {
        forgetWhatIsLost();
        long kept = record == null || record.truncation() == null
                ? Long.MAX_VALUE
                : record.truncation().target();
        committed.values().removeIf(entry -> entry.base() < simulation.source.start || !isKept(entry));
        simulation.cluster.trueLeader().filter(this::knows).ifPresent(leader -> committed
                .values()
                .removeIf(entry -> isBeforeAnEmptied(leader.log, entry)));
        for (int id : simulation.cluster.registration.inSync()) {
            checkHolds(simulation.cluster.node(id));
        }
        simulation.cluster.trueLeader().filter(this::knows).ifPresent(leader -> leader.log.entries.stream()
                .filter(entry -> entry.next() <= Math.min(leader.log.highWatermark, kept)
                        && entry.base() >= Math.max(simulation.source.start, leader.log.start)
                        && (record == null || entry.base() >= record.startOffset())
                        && isKept(entry)
                        && !entry.isByClient()
                        && isHeldByAll(entry))
                .forEach(entry -> committed.put(entry.base(), entry)));
    }

    /**
     * A leader that is elected again and has not heard that another led in between goes on with what it knew of its
     * followers, and may call committed what they have cut off since, or are told to by the one in between: so does Kafka.
     */
    private boolean isHeldByAll(Entry entry) {
        return simulation.cluster.registration.inSync().stream()
                .map(simulation.cluster::node)
                .allMatch(node -> knowsTheLeader(node) && node.log.entries.contains(entry));
    }

    private boolean knowsTheLeader(Node node) {
        return node.heard != null && node.heard.epoch() == simulation.cluster.registration.epoch();
    }

    private boolean knows(Node leader) {
        return leader.leads() && knowsTheLeader(leader);
    }

    /**
     * A replica that was emptied at a higher start knows no leader epoch. Is it away while the mirror starts over at a lower
     * offset, it comes back without what lies between, and Kafka does not see it; once it leads, that is deleted.
     */
    private boolean isBeforeAnEmptied(SimulatedLog log, Entry entry) {
        return simulation.source.wentBack && entry.next() <= log.start;
    }

    private void checkHolds(Node node) {
        int at = 0;
        List<Entry> entries = node.log.entries;
        for (Entry entry : committed.values()) {
            if (isBeforeAnEmptied(node.log, entry)) {
                continue;
            }
            while (at < entries.size() && entries.get(at).base() < entry.base()) {
                at++;
            }
            Entry own = at < entries.size() ? entries.get(at) : null;
            assertThat(own == null ? null : own.described())
                    .as("%s was committed; replica %s", entry, node.id)
                    .isEqualTo(entry.described());
        }
    }

    /**
     * The record tells of every batch of every replica that may lead which epoch of the source wrote it, except of what
     * the source has deleted.
     */
    private void checkLineage() {
        if (record.truncation() != null && record.lineage().isEmpty()) {
            return; // all of it goes
        }
        long goes = record.truncation() == null
                ? Long.MAX_VALUE
                : record.truncation().target();
        for (int id : simulation.cluster.registration.inSync()) {
            SimulatedLog log = simulation.cluster.node(id).log;
            if (log.end < record.startOffset()) {
                continue;
            }
            for (Entry entry : log.entries) {
                boolean deleted = simulation.source.deleted.contains(entry.described());
                if (entry.base() < goes
                        && isKept(entry)
                        && !entry.isByClient()
                        && entry.next() > Math.max(log.start, simulation.source.start)
                        && !deleted) {
                    Integer epoch = written.get(entry.described());
                    assertThat(Lineage.lastEpoch(record.lineage(), entry.base() + 1))
                            .as("lineage at %s of %s, %s", entry.base(), id, record)
                            .isEqualTo(epoch);
                }
            }
        }
    }

    /** Whether no leader would cut it off, having missed that another did. */
    private boolean isKept(Entry entry) {
        return record == null
                || record.cuts().stream()
                        .noneMatch(cut -> entry.next() > cut.offset() && entry.leaderEpoch() < cut.leaderEpoch());
    }
}
