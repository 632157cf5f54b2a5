// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import java.io.File;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code alter}. */
@Command(
        name = "alter",
        description = {
            "Changes configs of a link, all or none. They take effect at once, without recreating the link.",
            "",
            "Several configs are separated by commas; a value with commas stands in brackets, as in kafka-configs.sh."
        },
        footerHeading = ClusterCommand.EXAMPLES,
        footer = {
            "  alter --link east --add-config num.cluster.link.fetchers=4,client.rack=a",
            "  alter --link east --add-config bootstrap.servers=[east-1:9092,east-2:9092]",
            "  alter --link east --add-config-file new-password.properties",
            "  alter --link east --delete-config num.cluster.link.fetchers,client.rack"
        })
final class AlterLink extends ClusterCommand {
    @Option(names = "--link", required = true, paramLabel = "L", description = "Name of the link.")
    String link;

    @Option(names = "--add-config", paramLabel = "K=V,...", description = "Configs to set; may be repeated.")
    List<String> addConfigs = new ArrayList<>();

    @Option(names = "--add-config-file", paramLabel = "FILE", description = "Properties file with configs to set.")
    File addConfigFile;

    @Option(
            names = "--delete-config",
            paramLabel = "K,...",
            split = ",",
            description = "Configs to put back to their defaults; may be repeated.")
    List<String> deleteConfigs = new ArrayList<>();

    @Option(names = "--dry-run", description = "Check everything and change nothing.")
    boolean dryRun;

    private Map<String, String> set;
    private Set<String> delete;

    @Override
    void validate() {
        set = ConfigArguments.fromFile(addConfigFile);
        try {
            set.putAll(ConfigArguments.parseLists(addConfigs));
        } catch (IllegalArgumentException e) {
            throw usage(e.getMessage());
        }
        delete = new HashSet<>();
        deleteConfigs.forEach(key -> delete.add(key.strip()));
        if (set.isEmpty() && delete.isEmpty()) {
            throw usage("Nothing to change: give --add-config, --add-config-file or --delete-config");
        }
    }

    @Override
    int run(Session session) {
        Session.get(session.links().alterLink(link, set, delete, session.write(dryRun)));
        return report(session, List.of(new ActionResult(link, null, "alter", dryRun, null)));
    }
}
