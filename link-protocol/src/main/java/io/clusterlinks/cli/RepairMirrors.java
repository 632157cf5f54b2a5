// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import io.clusterlinks.cli.MirrorStateCommands.MirrorStateCommand;
import io.clusterlinks.client.MirrorsResult;
import io.clusterlinks.client.WriteOptions;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.MirrorSummary;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mirrors repair}. */
@Command(
        name = "repair",
        description = {
            "Has failed mirror topics go on from the last offset that they have in common with the source.",
            "",
            "What is past that offset here is dropped, however much it is; 'mirrors describe' says what was. Mend first"
                    + " what the state's reason names: a partition whose cause is still there fails again."
        },
        footerHeading = ClusterCommand.EXAMPLES,
        footer = {"  mirrors repair --topic orders --wait", "  mirrors repair --all --link east"})
final class RepairMirrors extends MirrorStateCommand {
    @Option(names = "--wait", description = "Wait until the mirrors are level with the source, showing progress.")
    boolean wait;

    @Mixin
    WaitTimeout waitTimeout;

    @Override
    void validate() {
        super.validate();
        waitTimeout.validate(this, wait);
    }

    @Override
    MirrorsResult<Void> request(Session session, String link, List<String> topics, WriteOptions options) {
        return session.links().repairMirrors(link, topics, options);
    }

    @Override
    int run(Session session) {
        List<ActionResult> results = change(session);
        int code = reportAll(session, results);
        if (!wait || dryRun) {
            return code;
        }
        Map<String, List<String>> repaired = results.stream()
                .filter(result -> result.error() == null)
                .collect(Collectors.groupingBy(
                        ActionResult::link, Collectors.mapping(ActionResult::topic, Collectors.toList())));
        MirrorWait.Outcome outcome = new MirrorWait(
                        session,
                        "level with the source",
                        RepairMirrors::isLevel,
                        mirror -> mirror.state() == MirrorState.FAILED || mirror.state() == MirrorState.STOPPED)
                .await(repaired, waitTimeout.orForever());
        if (outcome == MirrorWait.Outcome.TIMED_OUT) {
            session.console()
                    .error("Not level with the source within " + waitTimeout + "; the mirrors go on by themselves, see"
                            + " 'mirrors list'.");
        }
        return outcome == MirrorWait.Outcome.DONE ? code : FAILED;
    }

    /** The reason says that a repair is under way. */
    private static boolean isLevel(MirrorSummary mirror) {
        return mirror.state() == MirrorState.ACTIVE && mirror.reason() == null && mirror.lagRecords() == 0;
    }
}
