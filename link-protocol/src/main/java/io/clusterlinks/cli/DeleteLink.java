// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code delete}. */
@Command(
        name = "delete",
        description = {
            "Deletes a link. Its topics stay, with their data.",
            "",
            "A link with mirror topics that are not stopped is refused: promote or fail them over first, or use --force,"
                    + " which fails them over. The link is gone once they are stopped."
        },
        footerHeading = ClusterCommand.EXAMPLES,
        footer = {"  delete --link east", "  delete --link east --force --dry-run"})
final class DeleteLink extends ClusterCommand {
    @Option(names = "--link", required = true, paramLabel = "L", description = "Name of the link.")
    String link;

    @Option(names = "--force", description = "Fail over mirror topics that are not stopped.")
    boolean force;

    @Option(names = "--dry-run", description = "Check everything and change nothing.")
    boolean dryRun;

    @Override
    int run(Session session) {
        Session.get(session.links().deleteLink(link, force, session.write(dryRun)));
        if (!session.console().isJson() && force && !dryRun && exists(session)) {
            session.console()
                    .line("Deletion of link '" + link
                            + "' is under way: it goes once its mirror topics are failed over.");
            return OK;
        }
        return report(session, List.of(new ActionResult(link, null, "delete", dryRun, null)));
    }

    private boolean exists(Session session) {
        return Session.get(session.links().listLinks(session.read())).stream()
                .anyMatch(summary -> summary.link().equals(link));
    }
}
