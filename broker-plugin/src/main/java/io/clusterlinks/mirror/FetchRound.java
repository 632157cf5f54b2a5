// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.source.FetchMemory;
import io.clusterlinks.source.SourceFetchClient;
import io.clusterlinks.source.SourceFetchClient.Answer;
import io.clusterlinks.source.SourceFetchClient.Fetched;
import io.clusterlinks.source.SourceFetchClient.Position;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Time;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One fetch for all partitions of a fetcher: what to ask for, and who gets the answers. For one thread. */
final class FetchRound {
    private static final Logger log = LoggerFactory.getLogger(FetchRound.class);

    /** A fetch must not wait long at the source while a partition is about to join it. */
    private static final int SHORT_WAIT_MS = 25;
    /** So many times the usual a quiet crowd waits at the source, */
    private static final int QUIET_WAITS = 4;
    /** but no longer than this unless that is usual: lag is known from answers. */
    private static final int QUIET_WAIT_MS = 2_000;
    /** How long a recommended replica is used before the leader is asked again; as a consumer does. */
    private static final long PREFERRED_REPLICA_MS = 300_000;

    /** A source that has nothing waits before it says so; one that does not, so often in a row, would cost a processor. */
    private static final int MAX_HOLLOW = 20;

    private static final long HOLLOW_PAUSE_MS = 50;

    /**
     * A trickle of small answers comes no faster than this, rather more in each: what a fetch costs both sides does not
     * depend on what it brings.
     */
    private static final long TRICKLE_MS = 1;

    private static final int SMALL_ANSWER_BYTES = 64 * 1024;

    /** Limits that come from the link's configs. */
    record Settings(int maxWaitMs, int minBytes, int responseMaxBytes, int partitionMaxBytes) {
        int waitMs(boolean someLeftOut, boolean quiet) {
            if (someLeftOut) {
                return Math.min(SHORT_WAIT_MS, maxWaitMs);
            }
            return quiet ? Math.max(maxWaitMs, Math.min(QUIET_WAIT_MS, QUIET_WAITS * maxWaitMs)) : maxWaitMs;
        }
    }

    private record Asked(PartitionTask task, FetchCursor.Next next, SourceLeader leader, boolean busy) {}

    private final SourceFetchClient client;
    private final Settings settings;
    private final FetchMemory memory;
    private final Limits limits;
    private final Time time;
    private final int broker;
    private final FetchPace pace = new FetchPace();
    /** Answers in a row that came at once and brought nothing. */
    private int hollow;

    /** What a link's fetchers have in common. */
    record Limits(LinkThrottle throttle, Pauses pauses) {}

    FetchRound(int broker, SourceFetchClient client, Settings settings, FetchMemory memory, Limits limits, Time time) {
        this.broker = broker;
        this.client = client;
        this.settings = settings;
        this.memory = memory;
        this.limits = limits;
        this.time = time;
    }

    /**
     * Fetches once, blocking for the answer.
     *
     * @param quiet whether to wait longer for news than usual
     * @return false if there was nothing to ask for
     * @throws io.clusterlinks.protocol.LinkException if the broker could not be reached or refused the request
     */
    boolean run(Collection<PartitionTask> tasks, boolean quiet) {
        long nowMs = time.milliseconds();
        int share = Math.min(memory.share(), limits.throttle().fetchBytes());
        long queued = 0;
        int busy = 0;
        boolean someLeftOut = false;
        Map<TopicPartition, Asked> asked = new LinkedHashMap<>();
        for (PartitionTask task : tasks) {
            FetchCursor cursor = task.replicator().cursor();
            queued += cursor.queuedBytes();
            SourceLeader leader = task.leader();
            FetchCursor.Next next = cursor.next(nowMs).orElse(null);
            if (next == null
                    || !isReady(task, cursor, leader.epoch())
                    || asked.containsKey(task.partition().source())) {
                someLeftOut |= task.replicator().stage() != Replicator.Stage.FAILED;
                continue;
            }
            busy += cursor.isBusy() ? 1 : 0;
            asked.put(task.partition().source(), new Asked(task, next, leader, cursor.isBusy()));
        }
        if (asked.isEmpty() || queued >= memory.share()) {
            return false;
        }
        int maxWaitMs = settings.waitMs(someLeftOut, quiet);
        Sizes sizes = Sizes.of(settings, pace.wantedBytes(), share, busy).divided(pace.parts());
        long sentNs = time.nanoseconds();
        Answer answer = fetch(request(asked, sizes, maxWaitMs));
        boolean something;
        try {
            something = deliver(asked, answer);
        } finally {
            answer.buffer().release();
        }
        hollow = something || time.milliseconds() - nowMs >= maxWaitMs / 2 ? 0 : hollow + 1;
        if (hollow > MAX_HOLLOW) {
            time.sleep(HOLLOW_PAUSE_MS);
        } else if (answer.pace().bytes() < SMALL_ANSWER_BYTES && isWithinTrickle(sentNs)) {
            time.sleep(TRICKLE_MS);
        }
        limits.pauses().onSourceThrottle(answer.pace().throttleMs());
        if (busy > 0) {
            pace.onAnswer(answer.pace());
        }
        return true;
    }

    private Answer fetch(SourceFetchClient.Request request) {
        boolean answered = false;
        try {
            Answer answer = client.fetch(request);
            pace.onSuccess(answer.pace());
            answered = true;
            return answer;
        } finally {
            if (!answered) {
                pace.onFailure();
            }
        }
    }

    private boolean isWithinTrickle(long sentNs) {
        return time.nanoseconds() - sentNs < TimeUnit.MILLISECONDS.toNanos(TRICKLE_MS);
    }

    private SourceFetchClient.Request request(Map<TopicPartition, Asked> asked, Sizes sizes, int maxWaitMs) {
        List<Position> positions = new ArrayList<>(asked.size());
        asked.forEach((partition, ask) -> {
            int maxBytes = ask.busy() ? sizes.busyPartition() : settings.partitionMaxBytes();
            ask.task().replicator().cursor().asking(maxBytes);
            positions.add(position(ask, maxBytes));
        });
        return new SourceFetchClient.Request(positions, maxWaitMs, settings.minBytes(), sizes.response());
    }

    /**
     * How much to ask for.
     *
     * @param response for all partitions together
     * @param busyPartition for each of those that filled their last answer; the others keep to one size, since in a fetch
     *     session only what changes is sent
     */
    record Sizes(int response, int busyPartition) {
        /** What a response may hold besides batches, so that it fits its share. */
        private static final int OVERHEAD = 64 * 1024;

        static Sizes of(Settings settings, long wanted, int share, int busy) {
            int limit = Math.max(share / 2, share - OVERHEAD);
            int response = (int) Math.min(limit, Math.max(wanted, settings.responseMaxBytes()));
            int each = (int) Math.min(Integer.MAX_VALUE, Math.max(wanted, 0) / Math.max(1, busy));
            return new Sizes(response, Math.min(response, Math.max(settings.partitionMaxBytes(), each)));
        }

        Sizes divided(int parts) {
            int part = Math.min(response, Math.max(OVERHEAD, response / parts));
            return new Sizes(part, Math.min(part, busyPartition));
        }
    }

    private boolean isReady(PartitionTask task, FetchCursor cursor, int leaderEpoch) {
        if (client.detectsDivergence() || cursor.isValid(leaderEpoch)) {
            return true;
        }
        if (task.replicator().question().isEmpty()) {
            task.tell((replicator, nowMs) -> replicator.onUnvalidated(leaderEpoch));
        }
        return false;
    }

    private static Position position(Asked ask, int maxBytes) {
        return new Position(
                ask.task().partition().source(),
                ask.leader().topicId(),
                ask.next().offset(),
                maxBytes,
                ask.leader().epoch(),
                ask.next().lastEpoch());
    }

    /** Hands the answers out; returns whether there was anything to act on. */
    private boolean deliver(Map<TopicPartition, Asked> asked, Answer answer) {
        long nowMs = time.milliseconds();
        boolean something = false;
        for (Map.Entry<TopicPartition, Asked> entry : asked.entrySet()) {
            Asked ask = entry.getValue();
            Fetched fetched = answer.partitions().get(entry.getKey());
            try {
                if (fetched != null) {
                    something |= deliver(ask, fetched, answer, nowMs);
                } else if (answer.complete()) {
                    onSilence(ask, nowMs);
                }
            } catch (ApiException e) {
                log.info(
                        "{} is not on this broker any more: {}",
                        ask.task().partition().local(),
                        e.getMessage());
                ask.task().replicator().cursor().pause();
            }
        }
        return something;
    }

    /** In a fetch session, silence means that nothing changed. */
    private static void onSilence(Asked ask, long nowMs) {
        Replicator replicator = ask.task().replicator();
        replicator.stats().onSilence(replicator.local()::logEndOffset, nowMs);
        replicator.cursor().onSilence(ask.next());
        ask.task().onValid(ask.leader().epoch());
        if (replicator.difference().differs()) {
            ask.task().wake();
        }
    }

    private boolean deliver(Asked ask, Fetched fetched, Answer answer, long nowMs) {
        Replicator replicator = ask.task().replicator();
        if (isComplaint(fetched) && ask.leader().epoch() != ask.task().leader().epoch()) {
            // Another leads by now, and is asked next.
            return false;
        }
        if (ask.leader().broker() != broker && isComplaint(fetched)) {
            ask.task().prefer(-1, 0);
            if (fetched.error() == Errors.NONE) {
                return false;
            }
        }
        boolean startMoved = logStart(fetched) > replicator.local().logStartOffset();
        if (fetched.error() == Errors.NONE) {
            long end = replicator.local().logEndOffset();
            startMoved |= replicator
                    .stats()
                    .onFetch(ask.leader().epoch(), logStart(fetched), fetched.highWatermark(), end, nowMs);
            if (fetched.divergingEpoch() < 0) {
                ask.task().onValid(ask.leader().epoch());
            }
            if (fetched.preferredReplica() >= 0) {
                ask.task().prefer(fetched.preferredReplica(), nowMs + PREFERRED_REPLICA_MS);
            }
        }
        FetchCursor cursor = replicator.cursor();
        long before = cursor.takenBytes();
        boolean something = cursor.offer(ask.next(), fetched, ask.leader().epoch(), answer.buffer())
                || startMoved
                || replicator.difference().differs();
        long taken = cursor.takenBytes() - before;
        limits.throttle().onBytes(taken);
        boolean more = fetched.error() == Errors.NONE && cursor.isBefore(fetched.highWatermark());
        if (taken > 0 || more) {
            ask.task().onRecords(nowMs, more);
        }
        if (something) {
            ask.task().wake();
        }
        return something;
    }

    /** Whatever a recommended replica complains of, the leader knows better: it may only be behind. */
    private static boolean isComplaint(Fetched fetched) {
        return fetched.error() != Errors.NONE || fetched.divergingEpoch() >= 0;
    }

    /** A log cannot start past its high watermark: following such a claim would delete the copy. */
    private static long logStart(Fetched fetched) {
        return fetched.logStartOffset() <= fetched.highWatermark() ? fetched.logStartOffset() : -1;
    }
}
