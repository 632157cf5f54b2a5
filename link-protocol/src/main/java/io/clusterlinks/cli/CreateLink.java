// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code create}. */
@Command(
        name = "create",
        description = {
            "Creates a link to a source cluster.",
            "",
            "The source is reached for real before the command returns; if that fails, the error says at which step, and"
                    + " nothing is created. Link configs are those of docs/configs.md and every client config of Kafka."
        },
        footerHeading = ClusterCommand.EXAMPLES,
        footer = {
            "  create --link east --config bootstrap.servers=east-1:9092,east-2:9092",
            "  create --link east --config-file east.properties --config client.rack=a",
            "  create --link east --config-file east.properties --dry-run",
            "",
            "Keep secrets in the file: arguments are seen by everybody on the machine."
        })
final class CreateLink extends ClusterCommand {
    @Option(
            names = "--link",
            required = true,
            paramLabel = "L",
            description = "Name of the link: a-z, A-Z, 0-9, _ and -.")
    String link;

    @Option(names = "--config", paramLabel = "K=V", description = "A link config; may be repeated. Wins over the file.")
    List<String> configs = new ArrayList<>();

    @Option(names = "--config-file", paramLabel = "FILE", description = "Properties file with link configs.")
    File configFile;

    @Option(names = "--dry-run", description = "Check everything, the source included, and change nothing.")
    boolean dryRun;

    private Map<String, String> parsed;

    @Override
    void validate() {
        parsed = ConfigArguments.fromFile(configFile);
        try {
            parsed.putAll(ConfigArguments.parse(configs));
        } catch (IllegalArgumentException e) {
            throw usage(e.getMessage());
        }
        if (parsed.getOrDefault("bootstrap.servers", "").isBlank()) {
            throw usage("Missing config bootstrap.servers: give --config bootstrap.servers=H:P of the source cluster");
        }
    }

    @Override
    int run(Session session) {
        Session.get(session.links().createLink(link, parsed, session.write(dryRun)));
        return report(session, List.of(new ActionResult(link, null, "create", dryRun, null)));
    }
}
