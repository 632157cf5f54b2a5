// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.guard;

import io.clusterlinks.host.ClusterView;
import io.clusterlinks.host.ClusterView.PartitionView;
import io.clusterlinks.host.ClusterView.TopicView;
import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.state.StateTopic;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.utils.Time;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that this broker was away: its process stood still, or it was cut off. Nobody waits for a broker that is
 * fenced before a mirror's topic is created, or one that is there adopted, and the controller lets one that comes back lead
 * at once. So until the state was read again, topics may be mirrors that are new since then, or that this broker leads
 * anew. The same holds for a broker that starts and cannot read the state yet.
 *
 * <p>Looks at every tick, and before the first write after the cluster has changed: what lets this broker lead may have
 * told it as well that it was away. One thread ticks; any may write.
 */
public final class AbsenceWatch {
    private static final Logger LOG = LoggerFactory.getLogger(AbsenceWatch.class);

    /** How often to call {@link #tick}. */
    public static final int TICK_MS = 200;
    /** Much less than after what a broker is fenced, and more than a busy thread comes late. */
    private static final long AWAY_MS = 2_000;
    /** As after a start: ordinary topics cannot wait until somebody serves the state. */
    private static final long MAX_UNSERVED_MS = TimeUnit.SECONDS.toMillis(30);

    private static final long REMIND_MS = TimeUnit.SECONDS.toMillis(60);
    /** While somebody does it can be read, unless these two brokers are cut off from each other for good. */
    private static final long MAX_DOUBT_MS = TimeUnit.SECONDS.toMillis(120);

    private final LocalBroker broker;
    private final Supplier<CompletableFuture<Void>> readState;
    private final BooleanSupplier served;
    private final StandingFence fence;
    private final Time time;

    /** The cluster as of the last tick at which all was well; null before the first, when no topic is known. */
    private ClusterView before;
    /** The cluster that was last looked at before a write. */
    private volatile ClusterView written;

    private long lastMs;
    private long lastKnownUntilMs;
    /** Whether this broker starts, and has not been seen to be let in yet. */
    private boolean joining;
    /** Whether this broker has never known any mirror: then no wait is so long that it may go by what it knows. */
    private boolean knowsNone;
    /** Since when there is doubt; -1 if there is none. */
    private long doubtSinceMs = -1;
    /** Since when, while there is doubt, nobody has served the state; -1 if somebody does. */
    private long unservedSinceMs = -1;
    /** When it was last said that nothing but reading the state ends it. */
    private long remindedMs;
    /** What the doubt ends with; null while this broker may still be away. */
    private CompletableFuture<Void> reading;

    /**
     * A watch that strengthens {@code fence}.
     *
     * @param readState completes when everything was read that is committed at the time of the call
     * @param served whether there is anybody who could say what is committed
     */
    public AbsenceWatch(
            LocalBroker broker,
            Supplier<CompletableFuture<Void>> readState,
            BooleanSupplier served,
            StandingFence fence,
            Time time) {
        this.broker = broker;
        this.readState = readState;
        this.served = served;
        this.fence = fence;
        this.time = time;
        fence.beforeEach(this::lookBeforeWrite);
    }

    /**
     * This broker starts, was not in sync with the state when it was last up, and could not read it: it may have been away
     * for long, or have lost its disks. Until it can, every topic may be a mirror. To be called before the first tick.
     *
     * @param withoutSnapshot whether it knows of no mirror at all: it waits for as long as it takes
     */
    public synchronized void startInDoubt(boolean withoutSnapshot) {
        knowsNone = withoutSnapshot;
        lastMs = time.milliseconds();
        lastKnownUntilMs = broker.cluster().knownUntilMs();
        begin(lastMs);
    }

    /**
     * This broker starts and has read the state. Nobody waits for it before it is let in: meanwhile a mirror's topic may be
     * created, or one adopted, and led here at once. Until the state was read again that is an absence as others are. To be
     * called before the first tick.
     *
     * @param since the cluster as it was before the state was read
     */
    public synchronized void startJoining(ClusterView since) {
        joining = true;
        before = since;
        begin(time.milliseconds());
    }

    /** Looks. An error is logged: the next tick must come. */
    public void tick() {
        try {
            look();
        } catch (Throwable e) {
            LOG.error("Could not see whether this broker was away; trying again", e);
        }
    }

    /** Costs nothing unless brokers or topics have changed. Reads no state: the next tick does. */
    private void lookBeforeWrite() {
        if (!broker.cluster().isLike(written)) {
            lookSoon();
        }
    }

    private synchronized void lookSoon() {
        ClusterView now = broker.cluster();
        long nowMs = time.milliseconds();
        if (isAway(now, nowMs)) {
            begin(nowMs);
        }
        written = now;
    }

    private synchronized void look() {
        ClusterView now = broker.cluster();
        long nowMs = time.milliseconds();
        try {
            look(now, nowMs);
        } finally {
            lastMs = nowMs;
            lastKnownUntilMs = now.knownUntilMs();
        }
    }

    private void look(ClusterView now, long nowMs) {
        boolean away = isAway(now, nowMs);
        joining &= isFenced(now);
        if (joining) {
            doubtSinceMs = nowMs;
        } else if (away) {
            begin(nowMs);
        } else if (doubtSinceMs >= 0 && !isOver(nowMs)) {
            reading = reading == null ? readState.get() : reading;
        } else {
            end();
            before = now;
        }
    }

    private boolean isAway(ClusterView now, long nowMs) {
        boolean begun = before != null || doubtSinceMs >= 0;
        return begun && !joining && (isFenced(now) || hasStoodStill(nowMs) || hasCaughtUp(now, nowMs));
    }

    private boolean isFenced(ClusterView now) {
        return !now.liveBrokers().contains(broker.nodeId());
    }

    private boolean hasStoodStill(long nowMs) {
        return nowMs - lastMs > AWAY_MS;
    }

    /** As who was cut off: it hears of many seconds at once. So do all where controllers seldom say that they are there. */
    private boolean hasCaughtUp(ClusterView now, long nowMs) {
        return now.knownUntilMs() - lastKnownUntilMs > nowMs - lastMs + AWAY_MS;
    }

    private void begin(long nowMs) {
        reading = null;
        // Who stands still or is fenced cannot read meanwhile: what it waits for, it waits for anew.
        if (doubtSinceMs < 0 || isFenced(broker.cluster()) || hasStoodStill(nowMs)) {
            doubtSinceMs = nowMs;
            unservedSinceMs = -1;
        }
        noteServed(nowMs);
        ClusterView then = before;
        // Asked for at each write, and to make a view of a topic that has changed takes a while.
        Map<String, Optional<TopicView>> seen = new ConcurrentHashMap<>();
        fence.doubt((topic, partition) -> Topic.isInternal(topic)
                || (then == null
                        ? isNotLedHere(broker.cluster().topic(topic), partition)
                        : isUnchanged(
                                seen.computeIfAbsent(topic, then::topic),
                                broker.cluster().topic(topic),
                                partition)));
    }

    /**
     * A broker that is fenced leads nothing: what it leads under the same epoch could not be adopted without it. What it does
     * not lead the broker itself refuses, and sends the client to the leader. Of what is asked of a topic as a whole it is
     * not, and the topic may have been adopted.
     */
    private boolean isUnchanged(Optional<TopicView> then, Optional<TopicView> now, int partition) {
        if (partition < 0) {
            return then.isEmpty() && now.isEmpty();
        }
        Optional<Integer> epoch = epochHere(now, partition);
        return then.map(TopicView::id).equals(now.map(TopicView::id))
                && (epoch.isEmpty() || epoch.equals(epochHere(then, partition)));
    }

    private boolean isNotLedHere(Optional<TopicView> now, int partition) {
        return partition >= 0 && epochHere(now, partition).isEmpty();
    }

    /** Leader epoch under which this broker leads a partition; empty if it does not, or all of them are meant. */
    private Optional<Integer> epochHere(Optional<TopicView> topic, int partition) {
        return topic.map(TopicView::partitions)
                .filter(partitions -> partition >= 0 && partition < partitions.size())
                .map(partitions -> partitions.get(partition))
                .filter(view -> view.leader() == broker.nodeId())
                .map(PartitionView::leaderEpoch);
    }

    private boolean isOver(long nowMs) {
        noteServed(nowMs);
        boolean unserved = unservedSinceMs >= 0 && nowMs - unservedSinceMs > MAX_UNSERVED_MS;
        boolean read = reading != null && reading.isDone();
        if (knowsNone) {
            remind(nowMs);
        } else if (!read && (unserved || nowMs - doubtSinceMs > MAX_DOUBT_MS)) {
            LOG.warn(
                    "This broker could not read {} for {} ms; writes go by what it knows of the mirrors",
                    StateTopic.NAME,
                    nowMs - doubtSinceMs);
            return true;
        }
        return read;
    }

    private void remind(long nowMs) {
        if (nowMs - Math.max(doubtSinceMs, remindedMs) >= REMIND_MS) {
            remindedMs = nowMs;
            LOG.warn(
                    "This broker has no snapshot of the links and cannot read {}: any topic may be a mirror, so it refuses all"
                            + " writes to what it leads. Bring back a broker with a replica of {}, or, if they are all lost,"
                            + " delete it through a broker without the plugin.",
                    StateTopic.NAME,
                    StateTopic.NAME);
        }
    }

    /** A moment without a leader of the state must not end a doubt that is older. */
    private void noteServed(long nowMs) {
        if (served.getAsBoolean()) {
            unservedSinceMs = -1;
        } else if (unservedSinceMs < 0) {
            unservedSinceMs = nowMs;
        }
    }

    private void end() {
        if (doubtSinceMs >= 0) {
            knowsNone = false;
            doubtSinceMs = -1;
            unservedSinceMs = -1;
            reading = null;
            fence.trust();
        }
    }
}
