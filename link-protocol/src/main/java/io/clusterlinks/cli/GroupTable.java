// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import io.clusterlinks.client.GroupDescription;
import io.clusterlinks.protocol.GroupOffsetStatus;
import io.clusterlinks.protocol.GroupSummary;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/** The consumer groups of a link as people read them. */
final class GroupTable {
    private GroupTable() {}

    static int printAll(Session session, String link) {
        List<GroupSummary> groups = Session.get(session.links().listGroups(link, session.read()));
        if (session.console().isJson()) {
            session.console().json(groups);
            return ClusterCommand.OK;
        }
        if (groups.isEmpty()) {
            session.console()
                    .line("No group follows link '" + link + "'. 'describe --link " + link
                            + " --tasks' shows whether that is as it should be.");
            return ClusterCommand.OK;
        }
        long now = session.time().milliseconds();
        Table table = new Table(
                "GROUP", "SOURCE GROUP", "KIND", "STATE", ">PARTITIONS", ">LAG", "LAST READ", "LAST COMMIT", "REASON");
        groups.forEach(group -> row(table, group, now));
        session.console().text(table.render(""));
        return ClusterCommand.OK;
    }

    private static void row(Table table, GroupSummary group, long nowMs) {
        table.row(
                group.group(),
                group.sourceGroup(),
                group.kind(),
                group.state(),
                Units.count(group.partitions()),
                Units.count(group.lag()),
                Units.ago(group.lastReadMs(), nowMs),
                Units.ago(group.lastCommitMs(), nowMs),
                group.reason());
    }

    static int print(Session session, String link, List<String> names) {
        List<GroupDescription> groups = new ArrayList<>();
        for (String name : new LinkedHashSet<>(names)) {
            groups.add(Session.get(session.links().describeGroup(link, name, session.read())));
        }
        if (session.console().isJson()) {
            session.console().json(groups.stream().map(GroupTable::view).toList());
        } else {
            groups.forEach(group -> print(session, group));
        }
        return ClusterCommand.OK;
    }

    /** One group as it is shown to programs; the components are the keys. */
    record View(String link, GroupSummary summary, List<GroupOffsetStatus> offsets) {}

    private static View view(GroupDescription group) {
        return new View(group.link(), group.summary(), group.offsets());
    }

    private static void print(Session session, GroupDescription group) {
        long now = session.time().milliseconds();
        GroupSummary summary = group.summary();
        Table facts = new Table("Group:", summary.group());
        facts.row("Link:", group.link());
        facts.row("Source group:", summary.sourceGroup());
        facts.row("State:", summary.state());
        if (summary.reason() != null) {
            facts.row("Reason:", summary.reason());
        }
        facts.row("Last read:", Units.ago(summary.lastReadMs(), now));
        facts.row("Last commit:", Units.ago(summary.lastCommitMs(), now));
        session.console().text(facts.render(""));
        Table table = new Table("TOPIC", ">PARTITION", "STATE", ">AT SOURCE", ">HERE", ">LAG", "COMMITTED", "MESSAGE");
        for (GroupOffsetStatus offset : group.offsets()) {
            table.row(
                    offset.topic(),
                    offset.partition(),
                    offset.state(),
                    Units.id(offset.sourceOffset()),
                    Units.id(offset.committedOffset()),
                    Units.count(offset.lag()),
                    Units.ago(offset.committedMs(), now),
                    offset.message());
        }
        session.console().text(table.render("  "));
    }
}
