// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import io.clusterlinks.protocol.LinkException;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** One line on stderr for whatever goes wrong: exit code 2 if the command was not understood, else 1. */
final class ErrorReporting {
    private ErrorReporting() {}

    static int onUsageError(ParameterException failure, String[] arguments) {
        CommandLine command = failure.getCommandLine();
        String message = oneLine(failure);
        command.getErr()
                .println("Error: " + message + (message.endsWith(".") ? "" : ".") + " See '"
                        + command.getCommandSpec().qualifiedName() + " --help'.");
        command.getErr().flush();
        return CommandLine.ExitCode.USAGE;
    }

    static int onFailure(Exception failure, CommandLine command, ParseResult arguments) {
        PrintWriter err = command.getErr();
        ClusterLinksCommand root =
                (ClusterLinksCommand) command.getCommandSpec().root().userObject();
        boolean expected = failure instanceof LinkException;
        err.println("Error: " + (expected ? "" : failure.getClass().getSimpleName() + ": ") + oneLine(failure)
                + (expected || root.verbose ? "" : " Run it with --verbose for details."));
        if (root.verbose) {
            failure.printStackTrace(err);
        }
        err.flush();
        return CommandLine.ExitCode.SOFTWARE;
    }

    private static String oneLine(Exception failure) {
        return String.valueOf(failure.getMessage()).strip().replaceAll("\\s*\\R\\s*", " ");
    }
}
