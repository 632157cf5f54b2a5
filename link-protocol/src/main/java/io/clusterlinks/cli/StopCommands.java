// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import io.clusterlinks.client.MirrorListing;
import io.clusterlinks.client.MirrorsResult;
import io.clusterlinks.client.WriteOptions;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The commands that end mirroring and make topics writable. */
final class StopCommands {
    private StopCommands() {}

    /** What the commands share. */
    abstract static class StopCommand extends MirrorStateCommands.MirrorStateCommand {
        @Option(names = "--wait", description = "Wait until the topics are writable, showing progress.")
        boolean wait;

        @Mixin
        WaitTimeout waitTimeout;

        /** Says, and does, what follows from a wait that was too long for these mirror topics. */
        abstract void onTimeout(Session session, List<MirrorListing> unfinished);

        /** Those of the topics that have stopped which somebody else had stop in another way meanwhile. */
        Set<String> stoppedOtherwise(Session session, List<ActionResult> stopped) {
            return Set.of();
        }

        @Override
        void validate() {
            super.validate();
            waitTimeout.validate(this, wait);
        }

        @Override
        final int run(Session session) {
            Set<String> before = selection.all ? Set.of() : stopped(session);
            List<ActionResult> results = change(session);
            results.replaceAll(
                    result -> result.error() == null && before.contains(result.topic()) ? result.ofStopped() : result);
            if (!session.console().isJson() && tellNotes(session, results) && results.isEmpty()) {
                return OK;
            }
            return !wait || dryRun || results.isEmpty() ? reportAll(session, results) : await(session, results);
        }

        /** Says what had nothing to do, and takes it away; returns whether there was any. */
        private static boolean tellNotes(Session session, List<ActionResult> results) {
            results.stream().filter(result -> result.note() != null).forEach(result -> session.console()
                    .line(result.note()));
            return results.removeIf(result -> result.note() != null);
        }

        private int await(Session session, List<ActionResult> results) {
            // What was accepted is told when it has come true; until then there is the progress.
            int code = report(session, session.console().isJson() ? results : refused(results));
            List<ActionResult> accepted = new ArrayList<>(results);
            accepted.removeAll(refused(results));
            Map<String, List<String>> byLink = accepted.stream()
                    .collect(Collectors.groupingBy(
                            ActionResult::link, Collectors.mapping(ActionResult::topic, Collectors.toList())));
            MirrorWait waiting = new MirrorWait(
                    session,
                    "stopped",
                    mirror -> mirror.state() == MirrorState.STOPPED,
                    mirror -> mirror.state() != MirrorState.PENDING_STOPPED);
            MirrorWait.Outcome outcome = waiting.await(byLink, waitTimeout.orForever());
            accepted.removeIf(result -> !waiting.done().contains(result.topic()));
            Set<String> otherwise = stoppedOtherwise(session, accepted);
            if (!session.console().isJson()) {
                accepted.stream()
                        .filter(result -> !otherwise.contains(result.topic()))
                        .forEach(result -> session.console().line(result.doneSentence()));
            }
            if (outcome == MirrorWait.Outcome.TIMED_OUT) {
                onTimeout(session, unfinished(session, byLink));
            }
            return outcome == MirrorWait.Outcome.DONE && otherwise.isEmpty() ? code : FAILED;
        }

        /** Mirror topics that have stopped: to ask for it once more changes nothing. */
        private static Set<String> stopped(Session session) {
            return Session.get(session.links().listMirrors(session.read())).stream()
                    .filter(mirror -> mirror.summary().state() == MirrorState.STOPPED)
                    .map(MirrorListing::topic)
                    .collect(Collectors.toSet());
        }

        private static List<ActionResult> refused(List<ActionResult> results) {
            return results.stream().filter(result -> result.error() != null).toList();
        }

        private static List<MirrorListing> unfinished(Session session, Map<String, List<String>> waitedFor) {
            return Session.get(session.links().listMirrors(waitedFor.keySet(), session.read())).stream()
                    .filter(mirror -> waitedFor.get(mirror.link()).contains(mirror.topic()))
                    .filter(mirror -> mirror.summary().state() != MirrorState.STOPPED)
                    .toList();
        }
    }

    /** {@code mirrors promote}. */
    @Command(
            name = "promote",
            description = {
                "Makes mirror topics writable once they are level with the source, which must be reachable, and nobody"
                        + " writes to it any more: stop the source's producers first.",
                "",
                "With --wait-timeout a promotion that takes longer is given up: the topics follow the source again. Without"
                        + " --wait, or after Ctrl-C, it goes on by itself; 'mirrors resume' gives it up."
            },
            footerHeading = ClusterCommand.EXAMPLES,
            footer = {
                "  mirrors promote --topic orders --wait",
                "  mirrors promote --topic orders --topic payments --wait --wait-timeout 60",
                "  mirrors promote --all --link east --dry-run"
            })
    static final class Promote extends StopCommand {
        @Override
        MirrorsResult<Void> request(Session session, String link, List<String> topics, WriteOptions options) {
            return session.links().promoteMirrors(link, topics, options);
        }

        @Override
        Set<String> stoppedOtherwise(Session session, List<ActionResult> stopped) {
            Map<String, List<String>> byLink = stopped.stream()
                    .filter(result -> result.note() == null)
                    .collect(Collectors.groupingBy(
                            ActionResult::link, Collectors.mapping(ActionResult::topic, Collectors.toList())));
            Set<String> failedOver = new TreeSet<>();
            byLink.forEach((link, topics) -> session.links()
                    .describeMirrors(link, topics, session.read())
                    .values()
                    .forEach((topic, mirror) -> {
                        if (Session.get(mirror).stopMode() == StopMode.FAILOVER) {
                            failedOver.add(topic);
                        }
                    }));
            failedOver.forEach(topic -> session.console()
                    .error("Topic '" + topic + "' was failed over meanwhile: it is writable now, and may lack what the"
                            + " source has."));
            return failedOver;
        }

        @Override
        void onTimeout(Session session, List<MirrorListing> unfinished) {
            Map<String, String> reasons = new HashMap<>();
            unfinished.forEach(
                    mirror -> reasons.put(mirror.topic(), mirror.summary().reason()));
            MirrorSelection.byLink(unfinished).forEach((link, topics) -> MirrorActions.results(
                            link, "resume", false, session.links().resumeMirrors(link, topics, session.write(false)))
                    .forEach(result -> session.console().error(givenUp(result, reasons.get(result.topic())))));
        }

        private String givenUp(ActionResult result, String reason) {
            String late = "Topic '" + result.topic() + "' was not level with the source within " + waitTimeout;
            return (result.error() == null
                            ? late + "; its promotion was given up and it follows the source again."
                            : late + ", and its promotion could not be given up: " + result.error())
                    + (reason == null ? "" : " " + reason);
        }
    }

    /** {@code mirrors failover}. */
    @Command(
            name = "failover",
            description = {
                "Makes mirror topics writable now, with what is here. Does not need the source; records that were not"
                        + " fetched yet are lost to this cluster.",
                "",
                "A failover cannot be given up. After --wait-timeout, or without --wait, it goes on by itself."
            },
            footerHeading = ClusterCommand.EXAMPLES,
            footer = {"  mirrors failover --topic orders --wait", "  mirrors failover --all --link east --wait"})
    static final class Failover extends StopCommand {
        @Override
        MirrorsResult<Void> request(Session session, String link, List<String> topics, WriteOptions options) {
            return session.links().failoverMirrors(link, topics, options);
        }

        @Override
        void onTimeout(Session session, List<MirrorListing> unfinished) {
            unfinished.stream().map(MirrorListing::topic).forEach(topic -> session.console()
                    .error("Topic '" + topic + "' is not stopped within " + waitTimeout
                            + "; its failover goes on, see 'mirrors describe --topic " + topic + "'."));
        }
    }
}
