// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.cli;

import io.clusterlinks.client.MirrorListing;
import io.clusterlinks.protocol.LinkException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** {@code --topic T... | --all --link L}: mirror topics by name, wherever they belong, or all of one link. */
final class MirrorSelection {
    @Option(names = "--topic", paramLabel = "T", description = "Name of a mirror topic; may be repeated.")
    List<String> topics = new ArrayList<>();

    @Option(names = "--all", description = "All mirror topics of the link that are not stopped; needs --link.")
    boolean all;

    @Option(names = "--link", paramLabel = "L", description = "Name of the link. With --topic it is found if left out.")
    String link;

    void validate(ClusterCommand command) {
        if (all == !topics.isEmpty()) {
            throw command.usage("Give either --topic T (may be repeated) or --all --link L");
        }
        if (all && link == null) {
            throw command.usage("--all needs --link L: it is all mirror topics of one link");
        }
    }

    /** The chosen topics by link. */
    Map<String, List<String>> resolve(Session session, Predicate<MirrorListing> partOfAll) {
        if (all) {
            return byLink(Session.get(session.links().listMirrors(List.of(link), session.read())).stream()
                    .filter(partOfAll)
                    .toList());
        }
        return link == null ? find(session, topics) : Map.of(link, List.copyOf(new LinkedHashSet<>(topics)));
    }

    /** Finds the links that topics belong to. @throws LinkException RESOURCE_NOT_FOUND naming those without */
    static Map<String, List<String>> find(Session session, List<String> topics) {
        Map<String, MirrorListing> known = Session.get(session.links().listMirrors(session.read())).stream()
                .collect(Collectors.toMap(MirrorListing::topic, listing -> listing, (one, other) -> one));
        List<String> unknown =
                topics.stream().filter(topic -> !known.containsKey(topic)).toList();
        if (!unknown.isEmpty()) {
            throw LinkException.notFound((unknown.size() == 1 ? "Topic '" : "Topics '")
                    + String.join("', '", unknown)
                    + (unknown.size() == 1 ? "' is not a mirror topic" : "' are not mirror topics")
                    + " of any link. 'mirrors list' shows those that exist.");
        }
        return byLink(new LinkedHashSet<>(topics).stream().map(known::get).toList());
    }

    static Map<String, List<String>> byLink(List<MirrorListing> mirrors) {
        return mirrors.stream()
                .collect(Collectors.groupingBy(
                        MirrorListing::link,
                        TreeMap::new,
                        Collectors.mapping(MirrorListing::topic, Collectors.toList())));
    }
}
