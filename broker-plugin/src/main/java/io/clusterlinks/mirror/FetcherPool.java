// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.source.SourceFetchClient;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Node;

/**
 * The fetchers of one link: opens, closes and deals partitions to them. Where there are many, those for which records keep
 * coming have fetchers of their own, since every partition of a fetch session costs both sides something with each fetch,
 * also one to which nothing happens. For the link's thread; close from any.
 */
final class FetcherPool implements AutoCloseable {
    /** Fewer are not worth another connection. */
    private static final int CROWD = 100;

    private record Key(int broker, int index) {}

    private final LinkRecord link;
    private final LinkConfig config;
    private final LinkWorker.Shared shared;
    private final Fetcher.Owner owner;
    private final Map<Key, Fetcher> fetchers = new HashMap<>();
    private final Map<PartitionTask, Fetcher> assigned = new HashMap<>();
    private boolean closed;

    FetcherPool(LinkRecord link, LinkConfig config, LinkWorker.Shared shared, Fetcher.Owner owner) {
        this.link = link;
        this.config = config;
        this.shared = shared;
        this.owner = owner;
    }

    /** Makes exactly {@code tasks} be fetched, each from its leader or recommended replica if that is known. */
    synchronized void assign(Collection<PartitionTask> tasks, Map<Integer, Node> brokers, long nowMs) {
        if (closed) {
            return;
        }
        Set<PartitionTask> wanted = new HashSet<>(tasks);
        assigned.entrySet().removeIf(entry -> {
            boolean gone = !wanted.contains(entry.getKey());
            if (gone) {
                entry.getValue().remove(entry.getKey());
            }
            return gone;
        });
        closeMoved(brokers);
        for (PartitionTask task : wanted) {
            Node broker = brokers.get(task.fetchFrom(nowMs));
            if (broker == null) {
                broker = brokers.get(task.leader().broker());
            }
            deal(task, broker, nowMs);
        }
        closeIdle();
    }

    private void deal(PartitionTask task, Node broker, long nowMs) {
        Fetcher to = broker == null ? null : fetcher(broker, task, nowMs);
        Fetcher from = assigned.get(task);
        if (from == to) {
            return;
        }
        if (from != null) {
            from.remove(task);
            assigned.remove(task);
        }
        if (to != null) {
            assigned.put(task, to);
            task.bell(to::ring);
            to.add(task);
        }
    }

    private Fetcher fetcher(Node broker, PartitionTask task, long nowMs) {
        int count = config.getInt(LinkConfig.NUM_FETCHERS);
        Key quiet = new Key(broker.id(), Math.floorMod(task.partition().source().hashCode(), count));
        Key active = new Key(broker.id(), count + quiet.index());
        boolean apart = task.isActive(nowMs) && size(quiet) + size(active) > CROWD;
        return fetchers.computeIfAbsent(apart ? active : quiet, key -> open(broker, key.index()));
    }

    private int size(Key key) {
        Fetcher fetcher = fetchers.get(key);
        return fetcher == null ? 0 : fetcher.size();
    }

    private Fetcher open(Node broker, int index) {
        SourceFetchClient client = shared.clients().fetcher(link, config, broker, index);
        FetchRound.Settings settings = new FetchRound.Settings(
                config.getInt(LinkConfig.FETCH_WAIT_MAX_MS),
                config.getInt(LinkConfig.FETCH_MIN_BYTES),
                config.getInt(LinkConfig.FETCH_RESPONSE_MAX_BYTES),
                config.getInt(LinkConfig.FETCH_MAX_BYTES));
        Fetcher fetcher = new Fetcher(
                "cluster-link-" + link.link() + "-fetcher-" + broker.id() + "-" + index,
                broker,
                client,
                new FetchRound(broker.id(), client, settings, shared.memory(), owner.limits(), shared.time()),
                owner,
                config.getInt(LinkConfig.FETCH_BACKOFF_MS));
        fetcher.start();
        return fetcher;
    }

    /** A broker that has another address now needs another connection. */
    private void closeMoved(Map<Integer, Node> brokers) {
        for (Iterator<Map.Entry<Key, Fetcher>> it = fetchers.entrySet().iterator(); it.hasNext(); ) {
            Map.Entry<Key, Fetcher> entry = it.next();
            Node now = brokers.get(entry.getKey().broker());
            if (now != null && !now.equals(entry.getValue().broker())) {
                assigned.values().removeIf(fetcher -> fetcher == entry.getValue());
                entry.getValue().shutdown();
                it.remove();
            }
        }
    }

    private void closeIdle() {
        fetchers.values().removeIf(fetcher -> {
            if (fetcher.isIdle()) {
                fetcher.shutdown();
            }
            return fetcher.isIdle();
        });
    }

    @Override
    public synchronized void close() {
        closed = true;
        fetchers.values().forEach(Fetcher::shutdown);
        fetchers.values().forEach(Fetcher::close);
        fetchers.clear();
        assigned.clear();
    }
}
