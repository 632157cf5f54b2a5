// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.AppendException;
import io.clusterlinks.host.LocalPartition;
import io.clusterlinks.mirror.BatchScanner.Run;
import io.clusterlinks.protocol.LinkEvent;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.source.SourceFetchClient.Fetched;
import io.clusterlinks.source.SourceQueryClient.EpochEnd;
import java.util.Optional;
import org.apache.kafka.common.protocol.Errors;

/**
 * Decides for one partition what to fetch and what to do with what came back. Purely reactive and for one thread at a
 * time: it never waits, it is stepped. What network threads share with it is in {@link FetchCursor} and
 * {@link ReplicatorStats}.
 *
 * <pre>
 * STARTING --start offset known and recorded--> RUNNING --cannot go on--> FAILED
 *     +------------------cannot start-----------------------------------------^
 * </pre>
 */
final class Replicator {
    /** How far it is. */
    enum Stage {
        STARTING,
        RUNNING,
        FAILED
    }

    /** Limits that come from the link's configs. */
    record Settings(int fetchMaxBytes, long backoffMs) {}

    /** Pause before a position is tried again that failed for a reason expected to pass at once. */
    private static final long SHORT_BACKOFF_MS = 100;
    /** How often a batch is tried again that the log refuses for a reason of its own. */
    private static final int MAX_REFUSALS = 5;
    /** How long a record may be missing for a log with data: the image of a new leader may be behind. */
    private static final long RECORD_GRACE_MS = 10_000;
    /** How long a new leader doubts its own lineage rather than its log, for the same reason. */
    private static final long LINEAGE_GRACE_MS = 5_000;

    private final MirrorPartition partition;
    private final LocalPartition local;
    private final Transitions transitions;
    private final Settings settings;
    private final FetchCursor cursor;
    private final Truncation truncation;
    private final ReplicatorStats stats = new ReplicatorStats();
    private final long createdMs;

    private volatile Stage stage = Stage.STARTING;
    private volatile Question question;
    private volatile boolean refreshWanted;
    private String failure;
    private int refusals;
    /** Leader epoch of the source under which the last EPOCH question was put. */
    private int validUnder = -1;
    /** Whether time alone may give this partition something to do. */
    private volatile boolean waitsForTime = true;

    Replicator(
            MirrorPartition partition, LocalPartition local, Transitions transitions, Settings settings, long nowMs) {
        this.partition = partition;
        this.local = local;
        this.transitions = transitions;
        this.settings = settings;
        this.cursor = new FetchCursor(2 * settings.fetchMaxBytes(), local.maxAppendBytes());
        this.truncation = new Truncation(partition, local);
        this.createdMs = nowMs;
    }

    MirrorPartition partition() {
        return partition;
    }

    FetchCursor cursor() {
        return cursor;
    }

    ReplicatorStats stats() {
        return stats;
    }

    Stage stage() {
        return stage;
    }

    LocalPartition local() {
        return local;
    }

    /** What must be asked of the source leader before this partition goes on. */
    Optional<Question> question() {
        return Optional.ofNullable(question);
    }

    /** Whether the source's leaders should be asked for again at once; reading it clears it. */
    boolean takeRefreshWanted() {
        boolean wanted = refreshWanted;
        refreshWanted = false;
        return wanted;
    }

    /** The image holds {@code record} now. */
    void onRecord(PartitionRecord record) {
        transitions.adopt(record);
    }

    /** Ends mirroring for good, until an operator repairs: {@code reason} names what is wrong and the remedy. */
    void onFatal(String reason) {
        if (stage != Stage.FAILED && failure == null) {
            failure = reason;
        }
    }

    /** For a source that does not report divergence: compare epochs before the next fetch. */
    void onUnvalidated(int sourceLeaderEpoch) {
        if (stage == Stage.RUNNING && question == null && cursor.peek() == null) {
            validUnder = sourceLeaderEpoch;
            question = new Question(Question.Kind.EPOCH, lastEpoch());
        }
    }

    /** Something unexpected was thrown: start again from what is in the log. */
    void onUnexpected(String error, long nowMs) {
        stats.localError("unexpected error: " + error);
        question = null;
        if (stage == Stage.RUNNING) {
            resume(nowMs + settings.backoffMs());
        }
    }

    /** Does one piece of work; returns whether there may be more to do right away. */
    boolean step(long nowMs) {
        boolean more = doStep(nowMs);
        waitsForTime = stage == Stage.STARTING || !transitions.settle(nowMs) || isLogStartBehind();
        return more;
    }

    /** Whether to step this partition now and then though nothing happened. */
    boolean waitsForTime() {
        return waitsForTime;
    }

    private boolean doStep(long nowMs) {
        if (!transitions.settle(nowMs)) {
            if (transitions.error() != null) {
                stats.localError(transitions.error());
                // May take long: hold no memory meanwhile.
                cursor.pause();
            }
            return false;
        }
        if (failure != null && stage != Stage.FAILED) {
            fail(failure, nowMs);
        }
        return switch (stage) {
            case STARTING -> start(nowMs);
            case RUNNING -> work(nowMs);
            case FAILED -> false;
        };
    }

    private boolean start(long nowMs) {
        PartitionRecord record = transitions.record();
        if (Records.isStarted(record)) {
            question = null;
            begin(record.startOffset() > local.logEndOffset(), nowMs);
            return true;
        }
        if (!isEmpty()) {
            if (nowMs - createdMs < RECORD_GRACE_MS) {
                return false;
            }
            fail(
                    partition.local()
                            + " holds records that the link did not copy; delete the topic here and create the"
                            + " mirror again, or mirror to another name.",
                    nowMs);
        } else if (question == null) {
            question = new Question(Question.Kind.START_OFFSET, Lineage.UNKNOWN);
        }
        return false;
    }

    /** Starts at the log end, or at the start offset if the log is behind it, which then is empty. */
    private void begin(boolean moveToStart, long nowMs) {
        if (moveToStart && isEmpty()) {
            local.truncateFullyAndStartAt(transitions.record().startOffset());
        }
        stage = Stage.RUNNING;
        stats.localError(null);
        resume(nowMs);
    }

    /** The answer to {@code asked}. */
    void onAnswer(Question asked, Question.Answer answer, long nowMs) {
        if (asked != question) {
            return;
        }
        question = null;
        switch (asked.kind()) {
            case START_OFFSET -> onStartOffset(answer.startOffset(), nowMs);
            case RANGE -> onRange(asked, answer, nowMs);
            case EPOCH -> onEpochEnd(asked, answer.epochEnd(), nowMs);
        }
    }

    private void onStartOffset(long startOffset, long nowMs) {
        if (stage != Stage.STARTING || Records.isStarted(transitions.record()) || !transitions.settle(nowMs)) {
            return;
        }
        transitions.propose(
                Records.started(partition.local(), startOffset),
                null,
                () -> begin(local.logEndOffset() != startOffset, nowMs));
    }

    private boolean work(long nowMs) {
        followLogStart();
        FetchCursor.Item item = cursor.peek();
        if (item == null || question != null) {
            return false;
        }
        Fetched fetched = item.fetched();
        if (item.failure() != null) {
            onBadBytes(item.failure(), nowMs);
        } else if (fetched.error() != Errors.NONE) {
            onFetchError(fetched.error(), nowMs);
        } else if (fetched.divergingEpoch() >= 0) {
            onDiverging(fetched.divergingEpoch(), fetched.divergingEndOffset(), nowMs);
        } else {
            return append(item, nowMs);
        }
        return true;
    }

    /** The log starts where the source's does, or where the mirror began if that is later. */
    private void followLogStart() {
        if (isLogStartBehind() && local.logStartOffset() < local.highWatermark()) {
            local.advanceLogStartOffset(wantedLogStart());
        }
    }

    private boolean isLogStartBehind() {
        return stage == Stage.RUNNING && local.logStartOffset() < Math.min(wantedLogStart(), local.logEndOffset());
    }

    private long wantedLogStart() {
        return Math.max(stats.sourceStart(), transitions.record().startOffset());
    }

    private boolean append(FetchCursor.Item item, long nowMs) {
        Run run = item.runs().peek();
        long end = local.logEndOffset();
        if (run.nextOffset() <= end) {
            cursor.consumed(item);
            return true;
        }
        if (run.baseOffset() < end) {
            if (!isEmpty()) {
                fail(
                        "a batch of the source at offset " + run.baseOffset() + " overlaps the mirror's end " + end
                                + "; delete the mirror topic and create it again.",
                        nowMs);
                return false;
            }
            // The first offset lies inside a batch: the log must begin with the batch, and is shown from the offset on.
            local.truncateFullyAndStartAt(run.baseOffset());
        }
        if (run.sourceEpoch() >= 0 && !isRecorded(run, nowMs)) {
            return false;
        }
        try {
            BatchRewriter.rewrite(run.bytes(), partition.leaderEpoch());
            local.append(run.bytes());
        } catch (LinkException e) {
            fail(e.getMessage() + ".", nowMs);
            return false;
        } catch (AppendException e) {
            onRefused(run, e, nowMs);
            return false;
        }
        onAppended(item, run, end, nowMs);
        return true;
    }

    private void onAppended(FetchCursor.Item item, Run run, long endBefore, long nowMs) {
        stats.onAppended(run.size(), run.nextOffset() - Math.max(endBefore, run.baseOffset()));
        cursor.consumed(item);
        refusals = 0;
        stats.localError(null);
        stats.onEnd(local.logEndOffset(), nowMs);
        followLogStart();
    }

    /** Whether the run's source epoch is in the record; if not, has it written. */
    private boolean isRecorded(Run run, long nowMs) {
        PartitionRecord record = transitions.record();
        if (Lineage.covers(record.lineage(), run.sourceEpoch(), run.baseOffset())) {
            return true;
        }
        if (run.sourceEpoch() < lastEpoch()) {
            fail(
                    "leader epochs of the source go backwards at offset " + run.baseOffset() + " (from " + lastEpoch()
                            + " to " + run.sourceEpoch() + "); check the source, then create the mirror again.",
                    nowMs);
            return false;
        }
        transitions.propose(
                Records.withLineage(
                        record,
                        Lineage.extended(record.lineage(), local.logEndOffset(), run.sourceEpoch(), run.baseOffset())),
                null,
                () -> onEpochRecorded(nowMs));
        return transitions.settle(nowMs) && cursor.peek() != null;
    }

    private void onEpochRecorded(long nowMs) {
        stats.localError(null);
        if (cursor.peek() == null) {
            resume(nowMs);
        }
    }

    private void onRefused(Run run, AppendException e, long nowMs) {
        refusals++;
        String at = "append at offset " + run.baseOffset() + " failed: " + SourceText.oneLine(e);
        stats.localError(at);
        if (e.kind() == AppendException.Kind.INVALID && refusals >= MAX_REFUSALS) {
            fail(at + "; the source's log cannot be copied as it is: check it, then create the mirror again.", nowMs);
            return;
        }
        // The bytes were rewritten in place: whatever the reason, they are fetched again.
        boolean expected = e.kind() == AppendException.Kind.UNEXPECTED_OFFSET && refusals == 1;
        resume(nowMs + (expected ? SHORT_BACKOFF_MS : settings.backoffMs()));
    }

    private void onBadBytes(LinkException e, long nowMs) {
        if (e.error() == Errors.UNSUPPORTED_FOR_MESSAGE_FORMAT) {
            fail(e.getMessage() + ".", nowMs);
        } else {
            stats.localError(e.getMessage());
            resume(nowMs + settings.backoffMs());
        }
    }

    private void onFetchError(Errors error, long nowMs) {
        switch (error) {
            case OFFSET_OUT_OF_RANGE -> {
                cursor.pause();
                question = new Question(Question.Kind.RANGE, lastEpoch());
            }
            case NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, OFFSET_NOT_AVAILABLE -> {
                refreshWanted = true;
                resume(nowMs + SHORT_BACKOFF_MS);
            }
            default -> {
                refreshWanted = true;
                stats.sourceError(SourceText.fetchError(error, partition));
                resume(nowMs + settings.backoffMs());
            }
        }
    }

    private void onRange(Question asked, Question.Answer answer, long nowMs) {
        long end = local.logEndOffset();
        if (end < answer.rangeStart()) {
            write(truncation.skipTo(answer.rangeStart(), transitions.record(), nowMs), nowMs);
        } else if (asked.epoch() >= 0 && answer.epochEnd() != null) {
            onEpochEnd(asked, answer.epochEnd(), nowMs);
        } else if (end > answer.rangeEnd()) {
            cut(answer.rangeEnd(), "the source ends there now", nowMs);
        } else {
            resume(nowMs + settings.backoffMs());
        }
    }

    private void onEpochEnd(Question asked, EpochEnd answer, long nowMs) {
        long end = local.logEndOffset();
        if (answer != null && answer.epoch() < 0) {
            // The source has not heard of our last epoch, so all that was written in it is gone there.
            long epochStart = transitions.record().lineage().stream()
                    .filter(entry -> entry.epoch() == asked.epoch())
                    .mapToLong(PartitionRecord.SourceEpoch::startOffset)
                    .findFirst()
                    .orElse(end);
            cut(epochStart, "the source has lost its leader epoch " + asked.epoch(), nowMs);
        } else if (answer != null && (answer.epoch() < asked.epoch() || answer.endOffset() < end)) {
            onDiverging(answer.epoch(), answer.endOffset(), nowMs);
        } else {
            resume(nowMs);
            cursor.markValid(validUnder);
        }
    }

    private void onDiverging(int sourceEpoch, long sourceEnd, long nowMs) {
        long common = Lineage.commonEnd(transitions.record().lineage(), local.logEndOffset(), sourceEpoch, sourceEnd);
        cut(common, "the source lost them (its leader epoch " + sourceEpoch + " ends at " + sourceEnd + ")", nowMs);
    }

    private void cut(long commonEnd, String why, long nowMs) {
        boolean mayBeStale = !transitions.isOwn() && nowMs - createdMs < LINEAGE_GRACE_MS;
        if (mayBeStale || Math.max(commonEnd, local.logStartOffset()) >= local.logEndOffset()) {
            resume(nowMs + settings.backoffMs());
            return;
        }
        write(truncation.cutTo(commonEnd, transitions.record(), why, nowMs), nowMs);
    }

    private void write(Truncation.Outcome outcome, long nowMs) {
        cursor.pause();
        transitions.propose(outcome.record(), outcome.event(), () -> resume(nowMs));
    }

    private void resume(long notBeforeMs) {
        cursor.reset(local.logEndOffset(), lastEpoch(), notBeforeMs);
    }

    /** Source epoch of the last record here; unknown for a log without records. */
    private int lastEpoch() {
        PartitionRecord record = transitions.record();
        return record == null || isEmpty()
                ? Lineage.UNKNOWN
                : Lineage.lastEpoch(record.lineage(), local.logEndOffset());
    }

    private boolean isEmpty() {
        return local.logEndOffset() == local.logStartOffset();
    }

    private void fail(String reason, long nowMs) {
        stage = Stage.FAILED;
        question = null;
        cursor.pause();
        stats.localError(reason);
        PartitionRecord record = transitions.record() == null
                ? Records.started(partition.local(), Records.NOT_STARTED)
                : transitions.record();
        if (record.phase() != Phase.FAILED) {
            transitions.propose(
                    Records.failed(record, reason),
                    new LinkEvent(nowMs, partition.local().partition(), reason),
                    () -> stats.localError(reason));
        }
    }
}
