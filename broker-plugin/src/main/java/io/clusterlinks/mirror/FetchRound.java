// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.source.SourceFetchClient;
import io.clusterlinks.source.SourceFetchClient.Fetched;
import io.clusterlinks.source.SourceFetchClient.Position;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Time;

/** One fetch for all partitions of a fetcher: what to ask for, and who gets the answers. For one thread. */
final class FetchRound {
    /** A fetch must not wait long at the source while a partition is about to join it. */
    private static final int SHORT_WAIT_MS = 25;
    /** How long a recommended replica is used before the leader is asked again; as a consumer does. */
    private static final long PREFERRED_REPLICA_MS = 300_000;

    /** A source that has nothing waits before it says so; one that does not, so often in a row, would cost a processor. */
    private static final int MAX_HOLLOW = 20;

    private static final long HOLLOW_PAUSE_MS = 50;

    /** Limits that come from the link's configs. */
    record Settings(int maxWaitMs, int minBytes, int responseMaxBytes, int partitionMaxBytes) {}

    private record Asked(PartitionTask task, FetchCursor.Next next, int leaderEpoch) {}

    private final SourceFetchClient client;
    private final Settings settings;
    private final FetchMemory memory;
    private final Time time;
    private final int broker;
    /** Answers in a row that came at once and brought nothing. */
    private int hollow;

    FetchRound(int broker, SourceFetchClient client, Settings settings, FetchMemory memory, Time time) {
        this.broker = broker;
        this.client = client;
        this.settings = settings;
        this.memory = memory;
        this.time = time;
    }

    /**
     * Fetches once, blocking for the answer.
     *
     * @return false if there was nothing to ask for
     * @throws io.clusterlinks.protocol.LinkException if the broker could not be reached or refused the request
     */
    boolean run(Collection<PartitionTask> tasks) {
        long nowMs = time.milliseconds();
        int half = memory.half();
        long queued = 0;
        boolean someLeftOut = false;
        Map<TopicPartition, Asked> asked = new LinkedHashMap<>();
        List<Position> positions = new ArrayList<>();
        for (PartitionTask task : tasks) {
            FetchCursor cursor = task.replicator().cursor();
            queued += cursor.queuedBytes();
            FetchCursor.Next next = isReady(task, cursor) ? cursor.next(nowMs).orElse(null) : null;
            if (next == null || asked.containsKey(task.partition().source())) {
                someLeftOut |= task.replicator().stage() != Replicator.Stage.FAILED;
                continue;
            }
            Position position = position(task, next);
            asked.put(position.partition(), new Asked(task, next, position.leaderEpoch()));
            positions.add(position);
        }
        if (asked.isEmpty() || queued >= half) {
            return false;
        }
        int maxWaitMs = someLeftOut ? Math.min(SHORT_WAIT_MS, settings.maxWaitMs()) : settings.maxWaitMs();
        int maxBytes = Math.min(settings.responseMaxBytes(), half);
        boolean something = deliver(
                asked,
                client.fetch(new SourceFetchClient.Request(positions, maxWaitMs, settings.minBytes(), maxBytes)));
        hollow = something || time.milliseconds() - nowMs >= maxWaitMs / 2 ? 0 : hollow + 1;
        if (hollow > MAX_HOLLOW) {
            time.sleep(HOLLOW_PAUSE_MS);
        }
        return true;
    }

    private boolean isReady(PartitionTask task, FetchCursor cursor) {
        int leaderEpoch = task.leader().epoch();
        if (client.detectsDivergence() || cursor.isValid(leaderEpoch)) {
            return true;
        }
        task.tell((replicator, nowMs) -> replicator.onUnvalidated(leaderEpoch));
        return false;
    }

    private Position position(PartitionTask task, FetchCursor.Next next) {
        SourceLeader leader = task.leader();
        return new Position(
                task.partition().source(),
                leader.topicId(),
                next.offset(),
                settings.partitionMaxBytes(),
                leader.epoch(),
                next.lastEpoch());
    }

    /** Hands the answers out; returns whether there was anything to act on. */
    private boolean deliver(Map<TopicPartition, Asked> asked, Map<TopicPartition, Fetched> answers) {
        long nowMs = time.milliseconds();
        boolean something = false;
        for (Map.Entry<TopicPartition, Asked> entry : asked.entrySet()) {
            Asked ask = entry.getValue();
            Fetched fetched = answers.get(entry.getKey());
            Replicator replicator = ask.task().replicator();
            long end = replicator.local().logEndOffset();
            if (fetched == null) {
                // In a fetch session, silence means that nothing changed.
                replicator.stats().onFetch(-1, -1, end, nowMs);
                replicator.cursor().onSilence(ask.next());
                ask.task().onValid(ask.leaderEpoch());
                continue;
            }
            if (fetched.error() == Errors.NONE) {
                replicator.stats().onFetch(logStart(fetched), fetched.highWatermark(), end, nowMs);
                if (fetched.divergingEpoch() < 0) {
                    ask.task().onValid(ask.leaderEpoch());
                }
                if (fetched.preferredReplica() >= 0) {
                    ask.task().prefer(fetched.preferredReplica(), nowMs + PREFERRED_REPLICA_MS);
                }
            } else if (ask.task().leader().broker() != broker) {
                // Whatever a recommended replica complains of, the leader knows better.
                ask.task().prefer(-1, 0);
            }
            boolean startMoved = logStart(fetched) > replicator.local().logStartOffset();
            if (replicator.cursor().offer(ask.next(), fetched, ask.leaderEpoch()) || startMoved) {
                something = true;
                ask.task().wake();
            }
        }
        return something;
    }

    /** A log cannot start past its high watermark: following such a claim would delete the copy. */
    private static long logStart(Fetched fetched) {
        return fetched.logStartOffset() <= fetched.highWatermark() ? fetched.logStartOffset() : -1;
    }
}
