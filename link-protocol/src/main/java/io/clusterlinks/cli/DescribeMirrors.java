// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import io.clusterlinks.client.MirrorDescription;
import io.clusterlinks.protocol.LinkException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code mirrors describe}. */
@Command(
        name = "describe",
        description = {
            "Describes mirror topics: state and reason, and for each partition leaders, offsets and lag at the source and"
                    + " here.",
            "",
            "Without options it describes all mirror topics."
        },
        footerHeading = ClusterCommand.EXAMPLES,
        footer = {
            "  mirrors describe --topic orders",
            "  mirrors describe --link east",
            "  mirrors describe --topic orders --output json"
        })
final class DescribeMirrors extends ClusterCommand {
    @Option(names = "--link", paramLabel = "L", description = "Name of the link. Found if left out.")
    String link;

    @Option(names = "--topic", paramLabel = "T", description = "Name of a mirror topic; may be repeated.")
    List<String> topics = new ArrayList<>();

    @Override
    int run(Session session) {
        List<MirrorDescription> descriptions = new ArrayList<>();
        Map<String, String> errors = new LinkedHashMap<>();
        chosen(session).forEach((name, names) -> session.links()
                .describeMirrors(name, names, session.read())
                .values()
                .forEach((topic, future) -> {
                    try {
                        descriptions.add(Session.get(future));
                    } catch (LinkException e) {
                        errors.put(topic, e.getMessage());
                    }
                }));
        if (session.console().isJson()) {
            session.console().json(descriptions.stream().map(MirrorView::of).toList());
        } else if (descriptions.isEmpty() && errors.isEmpty()) {
            session.console().line(ListMirrors.NONE);
        } else {
            long now = session.time().milliseconds();
            descriptions.forEach(mirror -> session.console().text(MirrorView.text(mirror, now)));
        }
        session.console().errors(errors, errors.size() + descriptions.size());
        return errors.isEmpty() ? OK : FAILED;
    }

    private Map<String, List<String>> chosen(Session session) {
        if (!topics.isEmpty()) {
            return link == null ? MirrorSelection.find(session, topics) : Map.of(link, topics);
        }
        return MirrorSelection.byLink(Session.get(
                link == null
                        ? session.links().listMirrors(session.read())
                        : session.links().listMirrors(List.of(link), session.read())));
    }
}
