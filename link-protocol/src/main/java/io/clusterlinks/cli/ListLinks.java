// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import io.clusterlinks.protocol.LinkSummary;
import io.clusterlinks.protocol.MirrorState;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;

/** {@code list}. */
@Command(
        name = "list",
        description = "Lists all links with their states and the number of their mirror topics by state.",
        footerHeading = ClusterCommand.EXAMPLES,
        footer = {"  list", "  list --output json"})
final class ListLinks extends ClusterCommand {
    @Override
    int run(Session session) {
        List<LinkSummary> links = Session.get(session.links().listLinks(session.read()));
        if (session.console().isJson()) {
            session.console().json(links);
        } else if (links.isEmpty()) {
            session.console()
                    .line("There are no links. Create one with 'create --link L --config bootstrap.servers=H:P'.");
        } else {
            Table table = new Table("LINK", "STATE", "BOOTSTRAP SERVERS", "SOURCE CLUSTER", "MIRRORS", "REASON");
            links.forEach(link -> table.row(
                    link.link(),
                    link.state(),
                    link.bootstrapServers(),
                    link.sourceClusterId(),
                    counts(link.mirrors()),
                    link.reason()));
            session.console().text(table.render(""));
        }
        return OK;
    }

    /** {@code 12 ACTIVE, 1 FAILED}, in the order of the states. */
    static String counts(Map<MirrorState, Integer> mirrors) {
        return mirrors == null
                ? ""
                : new TreeMap<>(mirrors)
                        .entrySet().stream()
                                .map(entry -> entry.getValue() + " " + entry.getKey())
                                .collect(Collectors.joining(", "));
    }
}
