// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.source.SourceAdmin;
import io.clusterlinks.source.SourceClients;
import io.clusterlinks.state.LinkConfigResolver;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** One admin client per link, kept open while the way to its source stays the same. Thread-safe. */
final class SourceAdmins implements AutoCloseable {
    /** Configs that say nothing about the way to the source: changing them must not end what is being asked there. */
    private static final Set<String> OWN_CONFIGS = LinkConfig.definition().names().stream()
            .filter(name -> !name.equals(LinkConfig.BOOTSTRAP_SERVERS) && !name.equals(LinkConfig.METADATA_MAX_AGE_MS))
            .collect(Collectors.toUnmodifiableSet());

    private final SourceClients clients;
    private final LinkConfigResolver configs;
    private final Map<String, Open> open = new HashMap<>();

    SourceAdmins(SourceClients clients, LinkConfigResolver configs) {
        this.clients = clients;
        this.configs = configs;
    }

    private record Open(Map<String, String> way, SourceAdmin admin) {}

    /** The admin client of an existing link; it is not the caller's to close. */
    synchronized SourceAdmin of(LinkRecord link) {
        Open current = open.get(link.link());
        Map<String, String> way = new HashMap<>(link.configs());
        way.keySet().removeAll(OWN_CONFIGS);
        if (current != null && current.way().equals(way)) {
            return current.admin();
        }
        release(link.link());
        SourceAdmin admin = clients.admin(link.link(), configs.resolve(link));
        open.put(link.link(), new Open(way, admin));
        return admin;
    }

    /** A client for configs that are not a link's yet; the caller closes it. */
    SourceAdmin tryOut(String link, LinkConfig config) {
        return clients.admin(link, config);
    }

    synchronized void release(String link) {
        Open gone = open.remove(link);
        if (gone != null) {
            gone.admin().close();
        }
    }

    @Override
    public synchronized void close() {
        open.values().forEach(entry -> entry.admin().close());
        open.clear();
    }
}
