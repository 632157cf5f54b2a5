// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import java.io.File;
import java.io.PrintWriter;
import java.util.Properties;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.utils.Time;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** {@code kafka-cluster-links.sh}: the options that every command shares, and where the commands are found. */
@Command(
        name = ClusterLinksCommand.NAME,
        description = {
            "Links a Kafka cluster to a source cluster and keeps mirror topics: byte-for-byte, read-only copies with the"
                    + " same offsets, until they are promoted.",
            "",
            "Talk to the destination cluster, the one that runs the plugin."
        },
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            CreateLink.class,
            ListLinks.class,
            DescribeLink.class,
            AlterLink.class,
            DeleteLink.class,
            LinkStateCommands.Pause.class,
            LinkStateCommands.Resume.class,
            DescribeBrokers.class,
            Mirrors.class
        },
        footerHeading = "%nA link in three commands:%n",
        footer = {
            "  kafka-cluster-links.sh --bootstrap-server here:9092 \\",
            "      create --link east --config bootstrap.servers=east:9092",
            "  kafka-cluster-links.sh --bootstrap-server here:9092 \\",
            "      mirrors create --link east --topic orders --wait",
            "  kafka-cluster-links.sh --bootstrap-server here:9092 \\",
            "      mirrors promote --topic orders --wait",
            "",
            "'COMMAND --help' explains a command.",
            "Exit codes: 0 done, 1 refused or failed, 2 not understood."
        })
public final class ClusterLinksCommand {
    static final String NAME = "kafka-cluster-links.sh";

    private final Function<Properties, Admin> adminFactory;
    private final Time time;

    @Spec
    CommandSpec spec;

    @Option(
            names = "--bootstrap-server",
            paramLabel = "H:P",
            scope = ScopeType.INHERIT,
            description = "Brokers of the destination cluster, comma-separated. Required.")
    String bootstrapServer;

    @Option(
            names = "--command-config",
            paramLabel = "FILE",
            scope = ScopeType.INHERIT,
            description = "Properties file with settings of the client, for example its security.")
    File commandConfig;

    @Option(
            names = "--output",
            paramLabel = "FORMAT",
            scope = ScopeType.INHERIT,
            defaultValue = "table",
            description = "table (the default) for people or json for programs.")
    OutputFormat output;

    @Option(names = "--verbose", scope = ScopeType.INHERIT, description = "Show stack traces of errors.")
    boolean verbose;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "Show this help and exit.")
    boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            scope = ScopeType.INHERIT,
            description = "Show the version and exit.")
    boolean version;

    ClusterLinksCommand(Function<Properties, Admin> adminFactory, Time time) {
        this.adminFactory = adminFactory;
        this.time = time;
    }

    /** Runs one command and exits with its code. */
    public static void main(String[] args) {
        // Kafka's clients log while they retry; what matters is said in the error that ends the command.
        if (System.getProperty("log4j2.configurationFile") == null) {
            System.setProperty("org.apache.logging.log4j.level", "OFF");
        }
        System.exit(commandLine(Admin::create, Time.SYSTEM).execute(args));
    }

    static CommandLine commandLine(Function<Properties, Admin> adminFactory, Time time) {
        return new CommandLine(new ClusterLinksCommand(adminFactory, time))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true)
                .setParameterExceptionHandler(ErrorReporting::onUsageError)
                .setExecutionExceptionHandler(ErrorReporting::onFailure);
    }

    Session open(CommandSpec command) {
        if (bootstrapServer == null || bootstrapServer.isBlank()) {
            throw new ParameterException(command.commandLine(), "Missing required option: '--bootstrap-server=H:P'");
        }
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        Admin admin = Connection.open(bootstrapServer, commandConfig, adminFactory);
        return new Session(admin, new Console(out, err, output), time);
    }
}
