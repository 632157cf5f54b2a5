// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import io.clusterlinks.client.MirrorListing;
import io.clusterlinks.client.MirrorsResult;
import io.clusterlinks.client.WriteOptions;
import io.clusterlinks.protocol.MirrorState;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The commands that change what an operator wants of mirror topics. */
final class MirrorStateCommands {
    private MirrorStateCommands() {}

    /** What the commands share. */
    abstract static class MirrorStateCommand extends ClusterCommand {
        @Mixin
        MirrorSelection selection;

        @Option(names = "--dry-run", description = "Check everything and change nothing.")
        boolean dryRun;

        abstract MirrorsResult<Void> request(Session session, String link, List<String> topics, WriteOptions options);

        @Override
        void validate() {
            selection.validate(this);
        }

        @Override
        int run(Session session) {
            return reportAll(session, change(session));
        }

        /** Sends the requests, one per link. */
        final List<ActionResult> change(Session session) {
            List<ActionResult> results = new ArrayList<>();
            selection
                    .resolve(session, MirrorStateCommand::isNotStopped)
                    .forEach((link, topics) -> results.addAll(MirrorActions.results(
                            link, spec.name(), dryRun, request(session, link, topics, session.write(dryRun)))));
            return results;
        }

        final int reportAll(Session session, List<ActionResult> results) {
            if (results.isEmpty() && !session.console().isJson()) {
                session.console().line("Link '" + selection.link + "' has no mirror topics that are not stopped.");
                return OK;
            }
            return report(session, results);
        }

        private static boolean isNotStopped(MirrorListing mirror) {
            return mirror.summary().state() != MirrorState.STOPPED;
        }
    }

    /** {@code mirrors pause}. */
    @Command(
            name = "pause",
            description = "Stops fetching for mirror topics. They stay readable and read-only.",
            footerHeading = ClusterCommand.EXAMPLES,
            footer = {"  mirrors pause --topic orders", "  mirrors pause --all --link east"})
    static final class Pause extends MirrorStateCommand {
        @Override
        MirrorsResult<Void> request(Session session, String link, List<String> topics, WriteOptions options) {
            return session.links().pauseMirrors(link, topics, options);
        }
    }

    /** {@code mirrors resume}. */
    @Command(
            name = "resume",
            description = "Follows the source again: undoes 'pause', and gives up a promotion that is still under way.",
            footerHeading = ClusterCommand.EXAMPLES,
            footer = {"  mirrors resume --topic orders", "  mirrors resume --all --link east"})
    static final class Resume extends MirrorStateCommand {
        @Override
        MirrorsResult<Void> request(Session session, String link, List<String> topics, WriteOptions options) {
            return session.links().resumeMirrors(link, topics, options);
        }
    }
}
