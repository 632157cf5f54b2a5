// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.source.SourceFetchClient;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Node;

/**
 * The fetchers of one link: opens, closes and deals partitions to them. Where there are many, those for which records keep
 * coming have fetchers of their own, since every partition of a fetch session costs both sides something with each fetch,
 * also one to which nothing happens. And the sessions stay small: a source keeps up to a thousand fetches that have waited
 * in vain ({@code fetch.purgatory.purge.interval.requests}), with some 300 bytes of heap for each of their partitions. For
 * the link's thread; close from any.
 */
final class FetcherPool implements AutoCloseable {
    /** Fewer are not worth another connection for those to which something happens. */
    private static final int CROWD = 100;
    /** Partitions of a session on the average; a number of them varies by as much as hashes do. */
    private static final int MAX_TOGETHER = 250;

    private record Key(int broker, boolean active, int index) {
        String name() {
            return broker + (active ? "-active-" : "-") + index;
        }
    }

    /** Partitions that are fetched from one broker. */
    private static final class Crowd {
        private int all;
        private int active;
    }

    private final LinkRecord link;
    private final LinkConfig config;
    private final LinkWorker.Shared shared;
    private final Fetcher.Owner owner;
    private final Map<Key, Fetcher> fetchers = new HashMap<>();
    private final Map<PartitionTask, Fetcher> assigned = new HashMap<>();
    private final List<Fetcher> opened = new ArrayList<>();
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
        Map<Integer, Crowd> crowds = new HashMap<>();
        for (PartitionTask task : wanted) {
            Node broker = broker(task, brokers, nowMs);
            if (broker != null) {
                Crowd crowd = crowds.computeIfAbsent(broker.id(), id -> new Crowd());
                crowd.all++;
                crowd.active += task.isActive(nowMs) ? 1 : 0;
            }
        }
        for (PartitionTask task : wanted) {
            Node broker = broker(task, brokers, nowMs);
            deal(task, broker == null ? null : fetcher(broker, task, crowds.get(broker.id()), nowMs));
        }
        // Not before: what is dealt while the first fetch waits for news is asked for only after that.
        opened.forEach(Fetcher::start);
        opened.clear();
        closeIdle();
    }

    /** The broker to fetch from; null while there is none. */
    private static Node broker(PartitionTask task, Map<Integer, Node> brokers, long nowMs) {
        Node preferred = brokers.get(task.fetchFrom(nowMs));
        return preferred == null ? brokers.get(task.leader().broker()) : preferred;
    }

    private void deal(PartitionTask task, Fetcher to) {
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

    private Fetcher fetcher(Node broker, PartitionTask task, Crowd crowd, long nowMs) {
        boolean apart = task.isActive(nowMs) && crowd.all > CROWD * config.getInt(LinkConfig.NUM_FETCHERS);
        int index = Math.floorMod(task.partition().source().hashCode(), count(apart ? crowd.active : crowd.all));
        return fetchers.computeIfAbsent(new Key(broker.id(), apart, index), key -> open(broker, key));
    }

    /** Fetchers for so many partitions. By powers of two, so that partitions seldom move when there are more or fewer. */
    private int count(int partitions) {
        int needed = (partitions + MAX_TOGETHER - 1) / MAX_TOGETHER;
        return Math.max(config.getInt(LinkConfig.NUM_FETCHERS), Integer.highestOneBit(Math.max(1, 2 * needed - 1)));
    }

    private Fetcher open(Node broker, Key key) {
        SourceFetchClient client = shared.clients().fetcher(link, config, broker, key.name());
        FetchRound.Settings settings = new FetchRound.Settings(
                config.getInt(LinkConfig.FETCH_WAIT_MAX_MS),
                config.getInt(LinkConfig.FETCH_MIN_BYTES),
                config.getInt(LinkConfig.FETCH_RESPONSE_MAX_BYTES),
                config.getInt(LinkConfig.FETCH_MAX_BYTES));
        Fetcher fetcher = new Fetcher(
                "cluster-link-" + link.link() + "-fetcher-" + key.name(),
                broker,
                client,
                new FetchRound(broker.id(), client, settings, shared.memory(), owner.limits(), shared.time()),
                owner,
                config.getInt(LinkConfig.FETCH_BACKOFF_MS));
        opened.add(fetcher);
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
