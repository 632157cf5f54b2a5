// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.AppendException;
import io.clusterlinks.host.LocalPartition;
import io.clusterlinks.mirror.BatchScanner.Run;
import io.clusterlinks.protocol.LinkEvent;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import io.clusterlinks.protocol.record.PartitionRecord.Truncation;
import io.clusterlinks.source.SourceFetchClient.Fetched;
import io.clusterlinks.source.SourceQueryClient.EpochEnd;
import java.nio.ByteBuffer;
import java.util.List;
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
    record Settings(int fetchMaxBytes, long backoffMs, long maxTruncation) {}

    /** Pause before a position is tried again that failed for a reason expected to pass at once. */
    private static final long SHORT_BACKOFF_MS = 100;
    /** How often a batch is tried again that the log refuses for a reason of its own. */
    private static final int MAX_REFUSALS = 5;

    private final MirrorPartition partition;
    private final LocalPartition local;
    private final Transitions transitions;
    private final Settings settings;
    private final FetchCursor cursor;
    private final PendingCut cut;
    private final Leadership leadership;
    private final ReplicatorStats stats = new ReplicatorStats();

    private volatile Stage stage = Stage.STARTING;
    private volatile Question question;
    private volatile boolean refreshWanted;
    private String failure;
    private int refusals;
    /** Whether a truncation was pending when this was last stepped. */
    private boolean cutting;
    /** Leader epoch of the source under which the last EPOCH question was put. */
    private int validUnder = -1;
    /** Whether time alone may give this partition something to do. */
    private volatile boolean waitsForTime = true;

    Replicator(
            MirrorPartition partition,
            LocalPartition local,
            Transitions transitions,
            Leadership leadership,
            Settings settings) {
        this.partition = partition;
        this.local = local;
        this.transitions = transitions;
        this.settings = settings;
        this.cursor = new FetchCursor(2 * settings.fetchMaxBytes(), local.maxAppendBytes(), partition.leaderEpoch());
        this.leadership = leadership;
        this.cut = new PendingCut(partition, local, transitions, leadership, settings.backoffMs());
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
        if (wanted) {
            refreshWanted = false;
        }
        return wanted;
    }

    /** The record as last written by this leader. From any thread. */
    PartitionRecord record() {
        return transitions.record();
    }

    /** Whether the claim is void, so that this replicator does nothing any more. From any thread. */
    boolean isFenced() {
        return transitions.isFenced();
    }

    /** Whether the log is the source's, as far as is known, and may grow. From any thread. */
    boolean isSound() {
        return stage == Stage.RUNNING && question == null && record().truncation() == null;
    }

    /** Ends mirroring for good, until an operator repairs: {@code reason} names what is wrong and the remedy. */
    void onFatal(String reason) {
        if (stage != Stage.FAILED && failure == null) {
            failure = reason;
        }
    }

    /** For a source that does not report divergence: compare epochs before the next fetch. */
    void onUnvalidated(int sourceLeaderEpoch) {
        if (isSound() && cursor.peek() == null) {
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
        waitsForTime = stage == Stage.STARTING || !transitions.settle(nowMs) || cut.isPending() || isLogStartBehind();
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
        if (cut.isPending()) {
            carryOutCut(nowMs);
            return false;
        }
        if (cutting) {
            cutting = false;
            stats.localError(null);
            resume(nowMs);
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

    private void carryOutCut(long nowMs) {
        cutting = true;
        question = null;
        cursor.pause();
        cut.step(nowMs);
        stats.localError(cut.error());
    }

    private boolean start(long nowMs) {
        PartitionRecord record = transitions.record();
        if (Records.isStarted(record)) {
            question = null;
            return begin(nowMs);
        }
        if (!isEmpty()) {
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

    /** Goes on at the log end; a log that ends before the start offset is of before that was decided, or empty. */
    private boolean begin(long nowMs) {
        if (transitions.record().startOffset() > local.logEndOffset()
                && !moveTo(transitions.record().startOffset())) {
            return false;
        }
        stage = Stage.RUNNING;
        stats.localError(null);
        resume(nowMs);
        return true;
    }

    /** Empties the log and has it start at {@code offset}; returns whether it could be done. */
    private boolean moveTo(long offset) {
        try {
            local.truncateFullyAndStartAt(offset, partition.leaderEpoch());
            return true;
        } catch (AppendException e) {
            stats.localError("starting the log at offset " + offset + " failed: " + SourceText.oneLine(e));
            return false;
        }
    }

    /** The answer to {@code asked}. */
    void onAnswer(Question asked, Question.Answer answer, long nowMs) {
        if (asked != question || !transitions.settle(nowMs) || cut.isPending()) {
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
        if (stage == Stage.STARTING && !Records.isStarted(transitions.record())) {
            transitions.propose(Records.started(transitions.record(), startOffset), null, () -> begin(nowMs));
        }
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
            return item.hold() && appendHeld(item, nowMs);
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

    /** Another thread may drop the queue meanwhile, and the bytes would be used for another answer. */
    private boolean appendHeld(FetchCursor.Item item, long nowMs) {
        try {
            return append(item, nowMs);
        } finally {
            item.letGo();
        }
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
                // Ends of epochs hide a divergence that the source's log start has passed.
                cut(run.baseOffset(), "the source holds another batch at " + run.baseOffset(), nowMs);
                return false;
            }
            // The first offset lies inside a batch: the log must begin with the batch, and is shown from the offset on.
            if (!moveTo(run.baseOffset())) {
                resume(nowMs + settings.backoffMs());
                return false;
            }
        }
        if (run.sourceEpoch() >= 0 && !isRecorded(run, nowMs)) {
            return false;
        }
        try {
            local.append(run.bytes());
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
        List<SourceEpoch> extended =
                Lineage.extended(record.lineage(), local.logEndOffset(), run.sourceEpoch(), run.baseOffset());
        transitions.propose(
                Records.withLineage(record, Lineage.since(extended, local.logStartOffset())),
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
        if (e.error() == Errors.UNSUPPORTED_FOR_MESSAGE_FORMAT || e.error() == Errors.INVALID_PRODUCER_ID_MAPPING) {
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
            skipTo(answer.rangeStart(), nowMs);
        } else if (end > answer.rangeEnd() && isEmpty()) {
            // The source has lost all that was ever copied: there is nothing here to agree on.
            startOver(answer.rangeEnd(), null, nowMs);
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
        long end = local.logEndOffset();
        long target = batchStart(Math.max(commonEnd, local.logStartOffset()));
        if (target >= end) {
            resume(nowMs + settings.backoffMs());
            return;
        }
        String what =
                "offsets " + target + " to " + (end - 1) + " (" + (end - target) + " records) of " + partition.local();
        if (end - target > settings.maxTruncation()) {
            fail(
                    "the source lost " + what + ", more than max.truncation.records of link " + partition.link()
                            + " allows (" + settings.maxTruncation() + "): " + why
                            + "; raise it and repair the mirror, or fail the mirror over to keep what is here.",
                    nowMs);
            return;
        }
        cursor.pause();
        List<Integer> replicas = leadership.replicas(partition.local());
        int minEpoch = replicas.size() == 1 ? partition.leaderEpoch() : partition.leaderEpoch() + 1;
        transitions.propose(
                Records.truncating(transitions.record(), new Truncation(target, minEpoch, replicas)),
                event("Dropped " + what + ": " + why + ".", nowMs),
                () -> {});
    }

    /** The base offset of the batch that holds {@code offset}: cut inside a batch, a log loses its first part too. */
    private long batchStart(long offset) {
        if (offset <= local.logStartOffset() || offset >= local.logEndOffset()) {
            return offset;
        }
        ByteBuffer batch = local.read(offset, 1);
        if (!batch.hasRemaining()) {
            return offset;
        }
        long base = batch.getLong(batch.position() + BatchFormat.BASE_OFFSET);
        return base >= offset ? offset : Math.max(base, local.logStartOffset());
    }

    /** Goes on where the source starts now, past the local end. */
    private void skipTo(long sourceStart, long nowMs) {
        long end = local.logEndOffset();
        boolean neverCopied = isEmpty() && transitions.record().lineage().isEmpty();
        startOver(
                sourceStart,
                neverCopied
                        ? null
                        : event(
                                "Skipped offsets " + end + " to " + (sourceStart - 1) + " (" + (sourceStart - end)
                                        + " records) of " + partition.local()
                                        + ": the source deleted them before they were copied.",
                                nowMs),
                nowMs);
    }

    private void startOver(long offset, LinkEvent event, long nowMs) {
        cursor.pause();
        transitions.propose(Records.startingOver(transitions.record(), offset), event, () -> {
            stage = Stage.STARTING;
            if (offset >= local.logEndOffset() || moveTo(offset)) {
                begin(nowMs);
            }
        });
    }

    private LinkEvent event(String message, long nowMs) {
        return new LinkEvent(nowMs, partition.local().partition(), message);
    }

    private void resume(long notBeforeMs) {
        cursor.reset(local.logEndOffset(), lastEpoch(), notBeforeMs);
    }

    /** Source epoch of the last record here; unknown for a log without records. */
    private int lastEpoch() {
        PartitionRecord record = transitions.record();
        return isEmpty() ? Lineage.UNKNOWN : Lineage.lastEpoch(record.lineage(), local.logEndOffset());
    }

    private boolean isEmpty() {
        return local.logEndOffset() == local.logStartOffset();
    }

    private void fail(String reason, long nowMs) {
        stage = Stage.FAILED;
        question = null;
        cursor.pause();
        stats.localError(reason);
        if (transitions.record().phase() != Phase.FAILED) {
            transitions.propose(
                    Records.failed(transitions.record(), reason), event(reason, nowMs), () -> stats.localError(reason));
        }
    }
}
