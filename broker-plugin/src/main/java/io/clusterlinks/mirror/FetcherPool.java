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
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The fetchers of one link: opens, closes and deals partitions to them. Where there are many, those for which records keep
 * coming, or that are new, have fetchers of their own, since every partition of a fetch session costs both sides something
 * with each fetch, also one to which nothing happens; the others are quiet. And the sessions stay small: a source keeps up
 * to a thousand fetches that have waited in vain ({@code fetch.purgatory.purge.interval.requests}), with some 200 bytes of
 * heap for each of their partitions. For the link's thread; close from any.
 */
final class FetcherPool implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(FetcherPool.class);
    /** Fewer are not worth another connection for those to which something happens. */
    private static final int CROWD = 100;
    /** Partitions of a session on the average; a number of them varies by as much as hashes do. */
    private static final int MAX_TOGETHER = 250;

    private record Key(int broker, boolean active, int index) {
        String name() {
            return broker + (active ? "-active-" : "-") + index;
        }
    }

    /** Where a partition belongs; {@code broker} is null while there is none to fetch it from. */
    private record Place(PartitionTask task, Node broker, boolean active) {}

    /** The partitions of one broker, or those of them for which records keep coming. */
    private record Kind(int broker, boolean active) {}

    /** Partitions that are fetched from one broker, and the numbers of their fetchers. */
    private static final class Crowd {
        private int all;
        private int active;
        private boolean apart;
        private int allSessions;
        private int activeSessions;

        private void add(Place place) {
            all++;
            active += place.active() ? 1 : 0;
        }
    }

    private final LinkRecord link;
    private final LinkConfig config;
    private final LinkWorker.Shared shared;
    private final Fetcher.Owner owner;
    private final Map<Key, Fetcher> fetchers = new HashMap<>();
    private final Map<PartitionTask, Fetcher> assigned = new HashMap<>();
    private final List<Fetcher> opened = new ArrayList<>();
    /** How many fetchers there were at last. */
    private final Map<Kind, Integer> sessions = new HashMap<>();

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
        List<Place> places = new ArrayList<>();
        for (PartitionTask task : wanted) {
            Place place = place(task, broker(task, brokers, nowMs), nowMs);
            places.add(place);
            if (place.broker() != null) {
                crowds.computeIfAbsent(place.broker().id(), id -> new Crowd()).add(place);
            }
        }
        sessions.keySet().removeIf(kind -> !crowds.containsKey(kind.broker()));
        crowds.forEach(this::divide);
        try {
            deal(places, crowds, nowMs);
        } finally {
            // Not before: what is dealt while the first fetch waits for news is asked for only after that.
            opened.forEach(this::start);
            opened.clear();
        }
        closeIdle();
    }

    /** One that cannot be started is opened anew when partitions are dealt the next time. */
    private void start(Fetcher fetcher) {
        try {
            fetcher.start();
        } catch (Throwable e) {
            log.error("Link {} cannot start to fetch from {}, trying again", link.link(), fetcher.broker(), e);
            fetchers.values().remove(fetcher);
            giveUp(fetcher);
        }
    }

    private void giveUp(Fetcher fetcher) {
        assigned.values().removeIf(of -> of == fetcher);
        fetcher.shutdown();
    }

    private void deal(List<Place> places, Map<Integer, Crowd> crowds, long nowMs) {
        Set<Fetcher> busy = new HashSet<>();
        for (Place place : places) {
            Node broker = place.broker();
            Fetcher to = broker == null ? null : fetcher(place, crowds.get(broker.id()));
            deal(place.task(), to);
            if (to != null && place.task().keepsComing(nowMs)) {
                busy.add(to);
            }
        }
        owner.limits().throttle().shareAmong(Math.max(1, busy.size()));
    }

    /** One that is new to a broker is active for a while: it may have much to fetch, and need not wait for a quiet crowd. */
    private Place place(PartitionTask task, Node broker, long nowMs) {
        Fetcher now = assigned.get(task);
        if (broker != null && (now == null || now.broker().id() != broker.id())) {
            task.onArrival(nowMs);
        }
        return new Place(task, broker, task.isActive(nowMs));
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
        if (to == null) {
            from.remove(task);
            assigned.remove(task);
            return;
        }
        assigned.put(task, to);
        task.bell(to::ring);
        if (from == null) {
            to.add(task);
        } else if (from.broker().equals(to.broker())) {
            from.handOver(task, to);
        } else {
            from.remove(task);
            to.add(task);
        }
    }

    /** Decides on how many fetchers there are for the partitions of one broker. */
    private void divide(int broker, Crowd crowd) {
        crowd.apart = crowd.all > CROWD * config.getInt(LinkConfig.NUM_FETCHERS);
        crowd.allSessions = count(new Kind(broker, false), crowd.all);
        crowd.activeSessions = count(new Kind(broker, true), crowd.active);
    }

    /**
     * By powers of two, so that partitions seldom move when there are more or fewer; and fewer only when it is worth that,
     * since the number of those to which something happens changes all the time.
     */
    private int count(Kind kind, int partitions) {
        int needed = (partitions + MAX_TOGETHER - 1) / MAX_TOGETHER;
        int wanted =
                Math.max(config.getInt(LinkConfig.NUM_FETCHERS), Integer.highestOneBit(Math.max(1, 2 * needed - 1)));
        return sessions.merge(kind, wanted, (now, next) -> next > now || 4 * next <= now ? next : now);
    }

    private Fetcher fetcher(Place place, Crowd crowd) {
        boolean apart = place.active() && crowd.apart;
        TopicPartition source = place.task().partition().source();
        int index = Math.floorMod(mixed(source.hashCode()), apart ? crowd.activeSessions : crowd.allSessions);
        Fetcher fetcher =
                fetchers.computeIfAbsent(new Key(place.broker().id(), apart, index), key -> open(place.broker(), key));
        fetcher.quiet(crowd.apart && !apart);
        return fetcher;
    }

    /** The partitions of one topic that one broker leads have hash codes with equal low bits. */
    private static int mixed(int hash) {
        int product = hash * 0x9E3779B9;
        return product ^ (product >>> 16);
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
                giveUp(entry.getValue());
                it.remove();
            }
        }
    }

    private void closeIdle() {
        fetchers.values().removeIf(fetcher -> {
            // Its own thread takes partitions off it, too: asked a second time it may say something else.
            boolean idle = fetcher.isIdle();
            if (idle) {
                fetcher.shutdown();
            }
            return idle;
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
