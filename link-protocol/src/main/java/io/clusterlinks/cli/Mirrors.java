// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code mirrors}: the commands for mirror topics. */
@Command(
        name = "mirrors",
        description = "Creates, shows, pauses, promotes and fails over mirror topics.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            CreateMirrors.class,
            ListMirrors.class,
            DescribeMirrors.class,
            MirrorStateCommands.Pause.class,
            MirrorStateCommands.Resume.class,
            RepairMirrors.class,
            StopCommands.Promote.class,
            StopCommands.Failover.class
        },
        footerHeading = ClusterCommand.EXAMPLES,
        footer = {
            "  mirrors create --link east --topic orders --topic payments --wait",
            "  mirrors list --link east",
            "  mirrors describe --topic orders",
            "  mirrors promote --topic orders --wait",
            "  mirrors failover --all --link east --wait"
        })
final class Mirrors implements Runnable {
    @Spec
    CommandSpec spec;

    @Override
    public void run() {
        CommandLine command = spec.commandLine();
        throw new ParameterException(command, "Missing required subcommand");
    }
}
