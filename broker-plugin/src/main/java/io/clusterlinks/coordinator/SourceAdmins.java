// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.source.SourceAdmin;
import io.clusterlinks.source.SourceClients;
import io.clusterlinks.state.LinkConfigResolver;
import java.util.HashMap;
import java.util.Map;

/** One admin client per link, kept open while the link's configs stay the same. Thread-safe. */
final class SourceAdmins implements AutoCloseable {
    private final SourceClients clients;
    private final LinkConfigResolver configs;
    private final Map<String, Open> open = new HashMap<>();

    SourceAdmins(SourceClients clients, LinkConfigResolver configs) {
        this.clients = clients;
        this.configs = configs;
    }

    private record Open(Map<String, String> configs, SourceAdmin admin) {}

    /** The admin client of an existing link; it is not the caller's to close. */
    synchronized SourceAdmin of(LinkRecord link) {
        Open current = open.get(link.link());
        if (current != null && current.configs().equals(link.configs())) {
            return current.admin();
        }
        release(link.link());
        SourceAdmin admin = clients.admin(link.link(), configs.resolve(link));
        open.put(link.link(), new Open(link.configs(), admin));
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
