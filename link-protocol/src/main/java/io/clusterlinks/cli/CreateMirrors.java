// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import io.clusterlinks.client.NewMirror;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.MirrorSummary;
import io.clusterlinks.protocol.WireContract;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mirrors create}. */
@Command(
        name = "create",
        description = {
            "Creates mirror topics: read-only copies of topics of the link's source.",
            "",
            "--config takes " + WireContract.START_OFFSET_SPEC + " (earliest, latest or an instant such as"
                    + " 2026-01-31T00:00:00Z), " + WireContract.REPLICATION_FACTOR
                    + ", and topic configs that do not follow the source (docs/configs.md lists those that do)."
        },
        footerHeading = ClusterCommand.EXAMPLES,
        footer = {
            "  mirrors create --link east --topic orders",
            "  mirrors create --link east --topic orders --topic payments --wait",
            "  mirrors create --link east --topic orders --replication-factor 3",
            "  mirrors create --link east --topic east.orders --source-topic orders",
            "  mirrors create --link east --topic orders --adopt",
            "  mirrors create --link east --topic orders --dry-run \\",
            "      --config mirror.start.offset.spec=latest"
        })
final class CreateMirrors extends ClusterCommand {
    @Option(names = "--link", required = true, paramLabel = "L", description = "Name of the link.")
    String link;

    @Option(
            names = "--topic",
            required = true,
            paramLabel = "T",
            description = "Name of the mirror topic here; may be repeated.")
    List<String> topics;

    @Option(
            names = "--source-topic",
            paramLabel = "S",
            description = "Name at the source. Default: the mirror's name without the link's prefix.")
    String sourceTopic;

    @Option(
            names = "--replication-factor",
            paramLabel = "N",
            description = "Replicas of the mirror. Default: that of this cluster.")
    Short replicationFactor;

    @Option(names = "--config", paramLabel = "K=V", description = "A config of the mirror; may be repeated.")
    List<String> configs = new ArrayList<>();

    @Option(
            names = "--adopt",
            description = "Take over topics that are here, if their logs equal the source's as far as they go: compared"
                    + " batch by batch, read-only from the beginning. The command waits for the comparison; a topic that"
                    + " differs stays as it was.")
    boolean adopt;

    @Option(names = "--wait", description = "Wait until the mirrors are level with the source, showing progress.")
    boolean wait;

    @Mixin
    WaitTimeout waitTimeout;

    @Option(names = "--dry-run", description = "Check everything, the source included, and change nothing.")
    boolean dryRun;

    private List<NewMirror> mirrors;

    @Override
    void validate() {
        Set<String> names = new LinkedHashSet<>(topics);
        if (sourceTopic != null && names.size() > 1) {
            throw usage("--source-topic names the source of one topic, but " + names.size() + " topics are given");
        }
        if (adopt && (replicationFactor != null || !configs.isEmpty())) {
            throw usage("--adopt takes the topic as it is: --replication-factor and --config do not go with it");
        }
        waitTimeout.validate(this, wait || adopt);
        Map<String, String> topicConfigs;
        try {
            topicConfigs = ConfigArguments.parse(configs);
        } catch (IllegalArgumentException e) {
            throw usage(e.getMessage());
        }
        String spec = topicConfigs.remove(WireContract.START_OFFSET_SPEC);
        Short replicas = replicationFactor(topicConfigs.remove(WireContract.REPLICATION_FACTOR));
        mirrors = names.stream()
                .map(topic -> new NewMirror(topic, sourceTopic, replicas, spec, topicConfigs, adopt))
                .toList();
    }

    private Short replicationFactor(String config) {
        if (config == null) {
            return replicationFactor;
        }
        if (replicationFactor != null) {
            throw usage("Give --replication-factor or --config " + WireContract.REPLICATION_FACTOR + ", not both");
        }
        try {
            return Short.valueOf(config);
        } catch (NumberFormatException e) {
            throw usage("'" + config + "' is not a value for " + WireContract.REPLICATION_FACTOR + "; use a number");
        }
    }

    @Override
    int run(Session session) {
        List<ActionResult> results = MirrorActions.results(
                link,
                adopt ? "adopt" : "create",
                dryRun,
                session.links().createMirrors(link, mirrors, session.write(dryRun)));
        int code = report(session, results);
        if (!(wait || adopt) || dryRun) {
            return code;
        }
        Set<String> created = results.stream()
                .filter(result -> result.error() == null)
                .map(ActionResult::topic)
                .collect(Collectors.toSet());
        if (adopt && !await(session, "adopted", mirror -> mirror.state() != MirrorState.INITIALIZING, created)) {
            return FAILED;
        }
        return !wait || await(session, "level with the source", CreateMirrors::isLevel, created) ? code : FAILED;
    }

    private static boolean isLevel(MirrorSummary mirror) {
        return mirror.state() == MirrorState.ACTIVE && mirror.lagRecords() == 0;
    }

    private boolean await(Session session, String goal, Predicate<MirrorSummary> reached, Set<String> created) {
        Predicate<MirrorSummary> missed =
                mirror -> mirror.state() == MirrorState.FAILED || mirror.state() == MirrorState.STOPPED;
        MirrorWait.Outcome outcome = new MirrorWait(session, goal, reached.and(missed.negate()), missed)
                .await(Map.of(link, created), waitTimeout.orForever());
        if (outcome == MirrorWait.Outcome.TIMED_OUT) {
            session.console()
                    .error("Not " + goal + " within " + waitTimeout
                            + "; the mirrors go on by themselves, see 'mirrors list --link " + link + "'.");
        }
        return outcome == MirrorWait.Outcome.DONE;
    }
}
