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
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * One admin client per link, kept open while the way to its source stays the same. Thread-safe; never waits for a source.
 */
final class SourceAdmins implements AutoCloseable {
    /** Configs that say nothing about the way to the source: changing them must not end what is being asked there. */
    private static final Set<String> OWN_CONFIGS = LinkConfig.definition().names().stream()
            .filter(name -> !name.equals(LinkConfig.BOOTSTRAP_SERVERS) && !name.equals(LinkConfig.METADATA_MAX_AGE_MS))
            .collect(Collectors.toUnmodifiableSet());

    private final SourceClients clients;
    private final LinkConfigResolver configs;
    /** Closing a client may wait until it has found that its source's name cannot be resolved. */
    private final Executor closers;

    private final Map<String, Open> open = new HashMap<>();

    SourceAdmins(SourceClients clients, LinkConfigResolver configs, Executor closers) {
        this.clients = clients;
        this.configs = configs;
        this.closers = closers;
    }

    private record Open(Map<String, Object> way, SourceAdmin admin) {}

    /** The admin client of an existing link, with its secrets as they are now; it is not the caller's to close. */
    synchronized SourceAdmin of(LinkRecord link) {
        Open current = open.get(link.link());
        LinkConfig config = configs.resolve(link);
        Map<String, Object> way = new HashMap<>(config.originals());
        way.keySet().removeAll(OWN_CONFIGS);
        if (current != null && current.way().equals(way)) {
            return current.admin();
        }
        release(current);
        SourceAdmin admin = clients.admin(link.link(), config);
        open.put(link.link(), new Open(way, admin));
        return admin;
    }

    /** A client for configs that are not a link's yet; the caller closes it. */
    SourceAdmin tryOut(String link, LinkConfig config) {
        return clients.admin(link, config);
    }

    /** Lets go of the clients of all links but these. */
    synchronized void retain(Predicate<String> links) {
        open.entrySet().removeIf(entry -> {
            boolean gone = !links.test(entry.getKey());
            if (gone) {
                release(entry.getValue());
            }
            return gone;
        });
    }

    private void release(Open gone) {
        if (gone != null) {
            closers.execute(gone.admin()::close);
        }
    }

    @Override
    public synchronized void close() {
        open.values().forEach(entry -> entry.admin().close());
        open.clear();
    }
}
