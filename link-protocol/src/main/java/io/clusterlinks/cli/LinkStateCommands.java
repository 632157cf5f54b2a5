// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import io.clusterlinks.client.WriteOptions;
import java.util.List;
import org.apache.kafka.common.KafkaFuture;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The commands that change what an operator wants of a link as a whole. */
final class LinkStateCommands {
    private LinkStateCommands() {}

    /** What the commands share. */
    abstract static class LinkStateCommand extends ClusterCommand {
        @Option(names = "--link", required = true, paramLabel = "L", description = "Name of the link.")
        String link;

        @Option(names = "--dry-run", description = "Check everything and change nothing.")
        boolean dryRun;

        abstract KafkaFuture<Void> request(Session session, WriteOptions options);

        @Override
        final int run(Session session) {
            Session.get(request(session, session.write(dryRun)));
            return report(session, List.of(new ActionResult(link, null, spec.name(), dryRun, null)));
        }
    }

    /** {@code pause}. */
    @Command(
            name = "pause",
            description = "Stops fetching for all mirror topics of a link. They stay readable and read-only.",
            footerHeading = ClusterCommand.EXAMPLES,
            footer = "  pause --link east")
    static final class Pause extends LinkStateCommand {
        @Override
        KafkaFuture<Void> request(Session session, WriteOptions options) {
            return session.links().pauseLink(link, options);
        }
    }

    /** {@code resume}. */
    @Command(
            name = "resume",
            description = "Undoes 'pause'. Mirror topics that were paused themselves stay paused.",
            footerHeading = ClusterCommand.EXAMPLES,
            footer = "  resume --link east")
    static final class Resume extends LinkStateCommand {
        @Override
        KafkaFuture<Void> request(Session session, WriteOptions options) {
            return session.links().resumeLink(link, options);
        }
    }
}
