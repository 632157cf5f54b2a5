// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import io.clusterlinks.protocol.LinkException;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** One line on stderr for whatever goes wrong: exit code 2 if the command was not understood, else 1. */
final class ErrorReporting {
    private ErrorReporting() {}

    static int onUsageError(ParameterException failure, String[] arguments) {
        CommandLine command = failure.getCommandLine();
        String message =
                failure instanceof UnmatchedArgumentException unmatched ? unknown(unmatched) : oneLine(failure);
        command.getErr()
                .println("Error: " + message + (message.endsWith(".") || message.endsWith("?") ? "" : ".") + " See '"
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

    private static String unknown(UnmatchedArgumentException failure) {
        List<String> similar = failure.getSuggestions();
        return "Unknown command, option or value '" + failure.getUnmatched().get(0) + "'"
                + (similar.isEmpty() ? "" : "; did you mean '" + similar.get(0) + "'?");
    }

    private static String oneLine(Exception failure) {
        return String.valueOf(failure.getMessage()).strip().replaceAll("\\s*\\R\\s*", " ");
    }
}
