// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import io.clusterlinks.client.LinkConfigValue;
import io.clusterlinks.client.LinkDescription;
import io.clusterlinks.client.MirrorListing;
import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.MirrorSummary;
import io.clusterlinks.protocol.ThrottleStatus;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code describe}. */
@Command(
        name = "describe",
        description =
                "Describes a link: state and reason, configs that were set, mirror topics. Secrets are never shown.",
        footerHeading = ClusterCommand.EXAMPLES,
        footer = {
            "  describe --link east",
            "  describe --link east --tasks           (what moves besides records)",
            "  describe --link east --groups          (consumer groups that follow)",
            "  describe --link east --group billing   (a group, partition by partition)",
            "  describe --link east --output json     (with defaults, too)"
        })
final class DescribeLink extends ClusterCommand {
    @Option(names = "--link", required = true, paramLabel = "L", description = "Name of the link.")
    String link;

    @Option(
            names = "--tasks",
            description = "Show the link's periodic tasks instead: state, last run, what needs attention.")
    boolean tasks;

    @Option(names = "--groups", description = "Show the consumer groups that follow the link instead.")
    boolean groups;

    @Option(
            names = "--group",
            paramLabel = "G",
            description = "Show a consumer group instead, by its name here, with its offsets; may be repeated.")
    List<String> named = new ArrayList<>();

    @Override
    void validate() {
        if ((tasks ? 1 : 0) + (groups ? 1 : 0) + (named.isEmpty() ? 0 : 1) > 1) {
            throw usage("Give one of --tasks, --groups and --group G");
        }
    }

    @Override
    int run(Session session) {
        if (groups) {
            return GroupTable.printAll(session, link);
        }
        if (!named.isEmpty()) {
            return GroupTable.print(session, link, named);
        }
        LinkDescription description = Session.get(session.links().describeLink(link, session.read()));
        if (session.console().isJson()) {
            session.console().json(tasks ? description.tasks() : List.of(description));
        } else if (tasks) {
            TaskTable.print(session, description);
        } else {
            print(session, description);
        }
        return OK;
    }

    private static void print(Session session, LinkDescription link) {
        long now = session.time().milliseconds();
        Console console = session.console();
        Table facts = new Table("Link:", link.link());
        facts.row(
                "State:",
                link.state() + ", since " + Units.instant(link.sinceMs()) + " (" + Units.ago(link.sinceMs(), now)
                        + ")");
        if (link.reason() != null) {
            facts.row("Reason:", link.reason());
        }
        facts.row("Desired state:", link.desiredState());
        facts.row("Source cluster:", link.sourceClusterId());
        if (!link.throttle().equals(ThrottleStatus.NONE)) {
            facts.row(
                    "Fetchers waited:",
                    Units.duration(link.throttle().limitMs()) + " for " + LinkConfig.MAX_BYTES_PER_SECOND + ", "
                            + Units.duration(link.throttle().sourceQuotaMs()) + " for a quota of the source");
        }
        facts.row("Mirror topics:", ListLinks.counts(countByState(link.mirrors())));
        console.text(facts.render(""));
        console.line("Configs that were set:");
        Table configs = new Table("  NAME", "VALUE");
        link.configs().stream()
                .filter(config -> !config.isDefault())
                .forEach(config -> configs.row("  " + config.name(), shown(config)));
        console.text(configs.render(""));
        if (!link.mirrors().isEmpty()) {
            console.line("Mirror topics:");
            console.text(ListMirrors.table(link.mirrors().stream()
                            .map(mirror -> new MirrorListing(link.link(), mirror))
                            .toList())
                    .render("  "));
        }
    }

    private static String shown(LinkConfigValue config) {
        if (config.isSensitive()) {
            return "(hidden)";
        }
        // A limit of nothing would be the opposite.
        boolean unlimited = config.name().equals(LinkConfig.MAX_BYTES_PER_SECOND)
                && List.of("0", "-1").contains(config.value());
        return config.value() + (unlimited ? " (no limit)" : "");
    }

    private static Map<MirrorState, Integer> countByState(List<MirrorSummary> mirrors) {
        Map<MirrorState, Integer> counts = new EnumMap<>(MirrorState.class);
        mirrors.forEach(mirror -> counts.merge(mirror.state(), 1, Integer::sum));
        return counts;
    }
}
