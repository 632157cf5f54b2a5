// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import io.clusterlinks.client.MirrorDescription;
import io.clusterlinks.protocol.DesiredState;
import io.clusterlinks.protocol.LinkEvent;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.PartitionStatus;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import java.util.List;

/** One mirror topic as {@code mirrors describe} shows it; the components are the keys for programs. */
record MirrorView(
        String topic,
        String link,
        String sourceTopic,
        MirrorState state,
        String reason,
        DesiredState desiredState,
        StopMode stopMode,
        long sinceMs,
        long lagRecords,
        long lagMs,
        int replicationFactor,
        String startOffsetSpec,
        List<PartitionStatus> partitions,
        List<LinkEvent> events) {

    static MirrorView of(MirrorDescription mirror) {
        return new MirrorView(
                mirror.topic(),
                mirror.link(),
                mirror.sourceTopic(),
                mirror.state(),
                mirror.reason(),
                mirror.desiredState(),
                mirror.stopMode(),
                mirror.sinceMs(),
                mirror.lagRecords(),
                mirror.lagMs(),
                mirror.replicationFactor(),
                mirror.startOffsetSpec(),
                mirror.partitions(),
                mirror.events());
    }

    static String text(MirrorDescription mirror, long nowMs) {
        Table facts = new Table("Topic:", mirror.topic());
        facts.row("Link:", mirror.link());
        facts.row("Source topic:", mirror.sourceTopic());
        facts.row(
                "State:",
                mirror.state() + ", since " + Units.instant(mirror.sinceMs()) + " ("
                        + Units.ago(mirror.sinceMs(), nowMs) + ")");
        if (mirror.stopMode() != StopMode.NONE) {
            facts.row("Stopped by:", mirror.stopMode());
        }
        if (mirror.reason() != null) {
            facts.row("Reason:", mirror.reason());
        }
        if (mirror.state() != MirrorState.STOPPED) {
            facts.row("Lag:", Units.count(mirror.lagRecords()) + " records, " + Units.duration(mirror.lagMs()));
        }
        StringBuilder text = new StringBuilder(facts.render(""));
        text.append(partitions(mirror, nowMs).render("  "));
        for (LinkEvent event : mirror.events()) {
            String where = event.partition() < 0 ? "" : " partition " + event.partition() + ":";
            text.append("  ")
                    .append(Units.instant(event.timestampMs()))
                    .append(where)
                    .append(' ')
                    .append(event.message())
                    .append(System.lineSeparator());
        }
        return text.append(System.lineSeparator()).toString();
    }

    private static Table partitions(MirrorDescription mirror, long nowMs) {
        Table table = new Table(
                ">PARTITION",
                "STATE",
                ">LEADER",
                ">SOURCE LEADER",
                ">START",
                ">END",
                ">SOURCE START",
                ">SOURCE END",
                ">LAG RECORDS",
                ">LAG TIME",
                ">LAST FETCH",
                ">BYTES",
                "ERROR");
        for (PartitionStatus partition : mirror.partitions()) {
            table.row(
                    partition.partition(),
                    partition.state(),
                    Units.id(partition.leader()),
                    Units.id(partition.sourceLeader()),
                    Units.id(partition.startOffset()),
                    Units.id(partition.endOffset()),
                    Units.id(partition.sourceStartOffset()),
                    Units.id(partition.sourceEndOffset()),
                    Units.count(partition.lagRecords()),
                    Units.duration(partition.lagMs()),
                    Units.ago(partition.lastFetchMs(), nowMs),
                    Units.bytes(partition.bytes()),
                    partition.error());
        }
        return table;
    }
}
