// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import org.apache.kafka.common.errors.NotLeaderOrFollowerException;
import org.apache.kafka.common.utils.Time;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one {@link Replicator} on a pool, on one thread at a time and one step at a time, so that partitions take turns.
 * Other threads only leave messages and wake it.
 */
final class PartitionTask {
    private static final Logger log = LoggerFactory.getLogger(PartitionTask.class);

    private final Replicator replicator;
    private final Executor pool;
    private final Time time;
    private final Queue<BiConsumer<Replicator, Long>> inbox = new ConcurrentLinkedQueue<>();
    /** Wakes that have not been served; the task is queued or running exactly while it is above 0. */
    private final AtomicInteger wakes = new AtomicInteger();

    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private volatile boolean closing;
    private volatile SourceLeader leader = SourceLeader.UNKNOWN;
    private volatile int preferredReplica = -1;
    private volatile long preferredUntilMs;
    private volatile boolean moved;
    private final Activity activity = new Activity();
    private volatile long askAfterMs;
    private final Drain drain = new Drain();
    /** Whether something has happened since the link's thread looked. */
    private volatile boolean unseen = true;
    /** Leader epoch of the source under which it last found nothing wrong with the position it was asked for. */
    private volatile int validUnder = -1;

    /** Whether nothing runs it though it was woken. */
    private volatile boolean stranded;
    /** What was thrown and could not be dealt with yet; null if nothing. */
    private volatile Throwable thrown;
    /** Only the last one that the pool has taken runs. */
    private volatile int submission;

    private volatile Runnable bell = () -> {};

    PartitionTask(Replicator replicator, Executor pool, Time time) {
        this.replicator = replicator;
        this.pool = pool;
        this.time = time;
    }

    Replicator replicator() {
        return replicator;
    }

    MirrorPartition partition() {
        return replicator.partition();
    }

    SourceLeader leader() {
        return leader;
    }

    /** Takes what was heard of the source's leader, unless it is older than what is known. */
    void leader(SourceLeader heard) {
        if (heard.epoch() >= 0
                && heard.epoch() < leader.epoch()
                && heard.topicId().equals(leader.topicId())) {
            return;
        }
        if (heard.epoch() != leader.epoch()) {
            preferredReplica = -1;
        }
        leader = heard;
    }

    /** Broker to fetch from: the replica that the leader recommended, or the leader; -1 if there is none. */
    int fetchFrom(long nowMs) {
        return preferredReplica >= 0 && nowMs < preferredUntilMs ? preferredReplica : leader.broker();
    }

    void prefer(int replica, long untilMs) {
        preferredReplica = replica;
        preferredUntilMs = untilMs;
        moved = true;
        unseen = true;
    }

    /** A broker that cannot be reached is not preferred to the leader any more. */
    void forgetReplica(int replica) {
        if (preferredReplica == replica) {
            prefer(-1, 0);
        }
    }

    /** An answer held records, or said that there are {@code more}. */
    void onRecords(long nowMs, boolean more) {
        if (activity.onRecords(nowMs, more)) {
            moved = true;
            unseen = true;
        }
    }

    /** It is about to be fetched from another broker, or for the first time. */
    void onArrival(long nowMs) {
        activity.onArrival(nowMs);
    }

    /** Whether records keep coming. */
    boolean keepsComing(long nowMs) {
        return activity.keepsComing(nowMs);
    }

    /** Whether records keep coming, or may, as it has just arrived. */
    boolean isActive(long nowMs) {
        return activity.isActive(nowMs);
    }

    /** Whether another fetcher than before should fetch it; reading it clears it. */
    boolean takeMoved() {
        boolean was = moved;
        if (was) {
            moved = false;
        }
        return was;
    }

    /** Whether the link's thread should look at this partition; reading it clears it. */
    boolean takeUnseen() {
        boolean was = unseen;
        if (was) {
            unseen = false;
        }
        return was;
    }

    /** Whether there may be something to ask the source; then the link's thread should look again. */
    boolean mayHaveQuestion() {
        boolean may = drain.isUnderWay() || replicator.question().isPresent();
        if (may) {
            unseen = true;
        }
        return may;
    }

    boolean mayAsk(long nowMs) {
        return nowMs >= askAfterMs;
    }

    void askAfter(long ms) {
        askAfterMs = ms;
    }

    /** What is heard of the source while the mirror is promoted. */
    Drain drain() {
        return drain;
    }

    /** While the mirror is being promoted the end of the source is asked for again and again; as {@link Drain#begin}. */
    void draining(long sinceMs, int partitions) {
        if (drain.begin(sinceMs, partitions)) {
            // What is drained is judged by the leader of now.
            replicator.wantLeaders();
            unseen = true;
        }
    }

    /** The source, asked under {@code leaderEpoch}, answered a fetch and found no divergence. */
    void onValid(int leaderEpoch) {
        if (validUnder != leaderEpoch) {
            validUnder = leaderEpoch;
        }
    }

    /**
     * Which promotion finds this partition level with the source: committed up to an end that was asked for lately and
     * for that promotion, of the leader that takes the log here for a part of its own; {@link Drain#NONE} if none.
     */
    long drainedSinceMs(long nowMs) {
        return drain.end(nowMs)
                .filter(end -> end.leaderEpoch() == leader.epoch() && end.leaderEpoch() == validUnder)
                .filter(end -> replicator.isSound() && !replicator.difference().differs())
                .filter(end -> replicator.followers().hold(end.offset(), nowMs))
                .map(Drain.End::sinceMs)
                .orElse(Drain.NONE);
    }

    /** {@code newBell} is rung whenever the partition may be ready for another fetch. */
    void bell(Runnable newBell) {
        bell = newBell;
    }

    /** Has {@code message} run by the thread that owns the replicator; the second argument is the time. */
    void tell(BiConsumer<Replicator, Long> message) {
        inbox.add(message);
        wake();
    }

    void wake() {
        if (wakes.getAndIncrement() == 0) {
            submit();
        }
    }

    /** Whether it must be woken again: there was no memory or no thread to run it; reading it clears it. */
    boolean takeStranded() {
        boolean was = stranded;
        if (was) {
            stranded = false;
        }
        return was;
    }

    private void strand() {
        stranded = true;
        unseen = true;
    }

    private void submit() {
        int mine = submission;
        try {
            pool.execute(() -> run(mine));
        } catch (RejectedExecutionException e) {
            // The pool is closed and has waited for its threads: nothing runs any more.
            closed.complete(null);
        } catch (Throwable e) {
            // The pool may have taken it all the same.
            submission = mine + 1;
            wakes.set(0);
            strand();
        }
    }

    private void run(int mine) {
        if (mine != submission) {
            return;
        }
        int served = wakes.get();
        boolean more = false;
        try {
            more = !finish() && work();
        } catch (NotLeaderOrFollowerException e) {
            // The manager has heard of it, or will, and lets go.
            log.info("{} is not on this broker any more: {}", partition().local(), e.getMessage());
        } catch (Throwable e) {
            onThrown(e);
        } finally {
            if (more || wakes.addAndGet(-served) > 0) {
                submit();
            }
        }
    }

    private boolean work() {
        if (thrown != null) {
            onThrown(thrown);
            return thrown == null;
        }
        for (BiConsumer<Replicator, Long> message = inbox.poll(); message != null; message = inbox.poll()) {
            message.accept(replicator, time.milliseconds());
        }
        boolean more = replicator.step(time.milliseconds());
        unseen = true;
        bell.run();
        return more;
    }

    /** What follows is built on it: where it cannot be dealt with, for want of memory perhaps, nothing else is done before. */
    private void onThrown(Throwable e) {
        try {
            log.error(
                    "Mirror partition {} of link {} failed unexpectedly",
                    partition().local(),
                    partition().link(),
                    e);
            replicator.onUnexpected(SourceText.oneLine(e), time.milliseconds());
            thrown = null;
        } catch (Throwable again) {
            thrown = e;
            strand();
        }
    }

    private boolean finish() {
        if (closing) {
            replicator.cursor().pause();
            closed.complete(null);
        }
        return closing;
    }

    /** Ends it; completes when no append is under way and none will follow. */
    CompletableFuture<Void> close() {
        closing = true;
        replicator.cursor().pause();
        wake();
        return closed;
    }
}
