// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import io.clusterlinks.client.MirrorListing;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.MirrorSummary;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mirrors list}. */
@Command(
        name = "list",
        description = "Lists mirror topics with state and lag.",
        footerHeading = ClusterCommand.EXAMPLES,
        footer = {"  mirrors list", "  mirrors list --link east --output json"})
final class ListMirrors extends ClusterCommand {
    static final String NONE = "There are no mirror topics. Create one with 'mirrors create --link L --topic T'.";

    /** One mirror topic, for programs. */
    record Row(
            String link,
            String topic,
            String sourceTopic,
            MirrorState state,
            int partitions,
            long lagRecords,
            long lagMs,
            String reason) {}

    @Option(names = "--link", paramLabel = "L", description = "Only the mirror topics of this link.")
    String link;

    @Override
    int run(Session session) {
        List<MirrorListing> mirrors = Session.get(
                link == null
                        ? session.links().listMirrors(session.read())
                        : session.links().listMirrors(List.of(link), session.read()));
        if (session.console().isJson()) {
            session.console().json(mirrors.stream().map(ListMirrors::row).toList());
        } else if (mirrors.isEmpty()) {
            session.console().line(NONE);
        } else {
            session.console().text(table(mirrors).render(""));
        }
        return OK;
    }

    static Table table(List<MirrorListing> mirrors) {
        Table table = new Table(
                "LINK", "TOPIC", "SOURCE TOPIC", "STATE", ">PARTITIONS", ">LAG RECORDS", ">LAG TIME", "REASON");
        for (MirrorListing listing : mirrors) {
            MirrorSummary mirror = listing.summary();
            boolean isStopped = mirror.state() == MirrorState.STOPPED;
            table.row(
                    listing.link(),
                    mirror.topic(),
                    mirror.sourceTopic(),
                    mirror.state(),
                    mirror.partitions(),
                    isStopped ? "" : Units.count(mirror.lagRecords()),
                    isStopped ? "" : Units.duration(mirror.lagMs()),
                    mirror.reason());
        }
        return table;
    }

    private static Row row(MirrorListing listing) {
        MirrorSummary mirror = listing.summary();
        return new Row(
                listing.link(),
                mirror.topic(),
                mirror.sourceTopic(),
                mirror.state(),
                mirror.partitions(),
                mirror.lagRecords(),
                mirror.lagMs(),
                mirror.reason());
    }
}
