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
import io.clusterlinks.source.SourceFetchClient.Fetched;
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
    /** Null unless the log was here before the mirror. */
    private final Adoption adoption;

    private final Divergence divergence;
    private final FollowerCheck followers;
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
        this.cursor = new FetchCursor(2 * settings.fetchMaxBytes(), local.maxAppendBytes());
        this.followers = new FollowerCheck(local, partition.leaderEpoch());
        this.divergence = new Divergence(partition, local, leadership, settings.maxTruncation());
        this.adoption = partition.adopts() ? new Adoption(partition, local) : null;
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

    /** What is known of the in-sync followers; good for as long as this broker leads under the same epoch. */
    FollowerCheck followers() {
        return followers;
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

    /** Whether nothing that it proposed is under way. From any thread. */
    boolean isSettled() {
        return transitions.isSettled();
    }

    /** Whether the claim is void, so that this replicator does nothing any more. From any thread. */
    boolean isFenced() {
        return transitions.isFenced();
    }

    /** Whether {@code seen} shows that an operator repairs what this has given up. */
    boolean isSuperseded(PartitionRecord seen) {
        PartitionRecord own = record();
        return stage == Stage.FAILED
                && seen.leaderEpoch() == own.leaderEpoch()
                && seen.revision() > own.revision()
                && seen.phase() == Phase.MIRRORING;
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
        if (isAdopting()) {
            cursor.markValid(sourceLeaderEpoch);
        } else if (isSound() && cursor.peek() == null) {
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
        } else if (adoption != null) {
            adoption.startOver();
        }
    }

    /** Does one piece of work; returns whether there may be more to do right away. */
    boolean step(long nowMs) {
        // Asked from the start, so that it has mostly passed when it matters.
        boolean inLine = followers.passes(nowMs);
        boolean more = doStep(nowMs);
        waitsForTime = stage == Stage.STARTING
                || !transitions.settle(nowMs)
                || cut.isPending()
                || !inLine
                || record().repairing()
                || isLogStartBehind();
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
        if (adoption != null && local.logEndOffset() > 0) {
            return adopt(nowMs);
        }
        if (!isEmpty()) {
            fail(
                    partition.local()
                            + " holds records that the link did not copy; delete the topic here and create the"
                            + " mirror again, or adopt it (--adopt), or mirror to another name.",
                    nowMs);
        } else if (partition.startOffset() != MirrorPartition.EARLIEST) {
            onStartOffset(partition.startOffset(), nowMs);
        } else if (question == null) {
            question = new Question(Question.Kind.START_OFFSET, Lineage.UNKNOWN);
        }
        return false;
    }

    private boolean isAdopting() {
        return adoption != null && stage == Stage.STARTING && !Records.isStarted(transitions.record());
    }

    /** Compares what is here with the source; returns whether there may be more to do right away. */
    private boolean adopt(long nowMs) {
        if (!adoption.knowsWhere()) {
            question = question == null ? new Question(Question.Kind.RANGE, Lineage.UNKNOWN) : question;
            return false;
        }
        if (adoption.isComplete()) {
            cursor.pause();
            // Every replica that could lead next must hold all of it, and nothing else.
            boolean replicated = followers.hold(local.logEndOffset(), nowMs);
            if (replicated && adoption.obstacle() != null) {
                refuse(adoption.obstacle(), nowMs);
            } else if (replicated) {
                onEqual(nowMs);
            }
            return false;
        }
        FetchCursor.Item item = cursor.peek();
        if (item == null || question != null) {
            return false;
        }
        if (item.failure() != null) {
            onBadBytes(item.failure(), nowMs);
        } else if (item.fetched().error() != Errors.NONE) {
            onFetchError(item.fetched().error(), nowMs);
        } else if (item.fetched().divergingEpoch() >= 0) {
            adoption.startOver();
        } else {
            String difference = compareHeld(item);
            cursor.consumed(item);
            if (difference != null) {
                refuse(difference, nowMs);
            }
        }
        return stage == Stage.STARTING;
    }

    private void onEqual(long nowMs) {
        long end = local.logEndOffset();
        transitions.propose(adoption.adopted(transitions.record()), null, () -> {
            if (local.logEndOffset() != end) {
                refuse(partition.local() + " was written to while it was compared", nowMs);
            }
        });
    }

    private void refuse(String why, long nowMs) {
        fail(why + ".", nowMs);
    }

    private void onAdoptionRange(Question.Answer answer, long nowMs) {
        String refusal = adoption.onRange(answer.rangeStart(), answer.rangeEnd());
        if (refusal != null) {
            refuse(refusal, nowMs);
        } else {
            resume(nowMs);
        }
    }

    /** Goes on at the log end; a log that ends before the start offset is of before that was decided, or empty. */
    private boolean begin(long nowMs) {
        if (partition.adopts()) {
            // Until all of its partitions are known to be equal the topic stays as it is.
            cursor.pause();
            return false;
        }
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
        if (offset < local.logEndOffset()) {
            followers.startOver();
        }
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
            case EPOCH ->
                onPlan(divergence.onEpochEnd(transitions.record(), asked.epoch(), answer.epochEnd(), nowMs), nowMs);
        }
    }

    private void onRange(Question asked, Question.Answer answer, long nowMs) {
        if (isAdopting()) {
            onAdoptionRange(answer, nowMs);
        } else {
            onPlan(divergence.onRange(transitions.record(), asked, answer, nowMs), nowMs);
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
            if (question == null && cursor.isAgreed()) {
                isRepaired(nowMs);
            }
            return false;
        }
        Fetched fetched = item.fetched();
        if (item.failure() != null) {
            onBadBytes(item.failure(), nowMs);
        } else if (fetched.error() != Errors.NONE) {
            onFetchError(fetched.error(), nowMs);
        } else if (fetched.divergingEpoch() >= 0) {
            onPlan(
                    divergence.onDiverging(
                            transitions.record(), fetched.divergingEpoch(), fetched.divergingEndOffset(), nowMs),
                    nowMs);
        } else {
            return item.hold() && appendHeld(item, nowMs);
        }
        return true;
    }

    private String compareHeld(FetchCursor.Item item) {
        if (!item.hold()) {
            return null;
        }
        try {
            return adoption.compare(item.runs().peek());
        } finally {
            item.letGo();
        }
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
                onPlan(divergence.onOtherBatch(transitions.record(), run.baseOffset(), nowMs), nowMs);
                return false;
            }
            // The first offset lies inside a batch: the log must begin with the batch, and is shown from the offset on.
            if (!moveTo(run.baseOffset())) {
                resume(nowMs + settings.backoffMs());
                return false;
            }
        }
        if (!isRepaired(nowMs) || (run.sourceEpoch() >= 0 && !isRecorded(run, nowMs))) {
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
            // No CRC covers them. Whether it is damage or a broken source: nothing of it is appended, and it is tried
            // again.
            stats.unfit("leader epochs of the source go backwards at offset " + run.baseOffset() + " (from "
                    + lastEpoch() + " to " + run.sourceEpoch() + "); check the source. Trying again.");
            resume(nowMs + settings.backoffMs());
            return false;
        }
        List<SourceEpoch> extended =
                Lineage.extended(record.lineage(), local.logEndOffset(), run.sourceEpoch(), run.baseOffset());
        if (!followers.passes(nowMs)) {
            stats.localError("waiting until the in-sync replicas follow this broker");
            return false;
        }
        transitions.propose(
                Records.withLineage(record, Lineage.since(extended, local.logStartOffset())),
                null,
                () -> onRecorded(nowMs));
        return transitions.settle(nowMs) && cursor.peek() != null;
    }

    /** Whether no repair is under way; if one is, which is over now that the source agrees, has that written. */
    private boolean isRepaired(long nowMs) {
        PartitionRecord record = transitions.record();
        if (!record.repairing()) {
            return true;
        }
        String what = "Repaired " + partition.local() + ": it goes on at offset " + local.logEndOffset() + ".";
        transitions.propose(Records.repaired(record), event(what, nowMs), () -> onRecorded(nowMs));
        return transitions.settle(nowMs) && cursor.peek() != null;
    }

    private void onRecorded(long nowMs) {
        stats.localError(null);
        if (cursor.peek() == null) {
            resume(nowMs);
        }
    }

    private void onRefused(Run run, AppendException e, long nowMs) {
        refusals++;
        String at = "append at offset " + run.baseOffset() + " failed: " + SourceText.oneLine(e);
        if (e.kind() == AppendException.Kind.CORRUPT) {
            stats.unfit("the source sent a damaged batch, trying again: " + at);
        } else {
            stats.localError(at);
        }
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
            stats.unfit(e.getMessage() + "; trying again.");
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

    private void onPlan(Divergence.Plan plan, long nowMs) {
        switch (plan.kind()) {
            case AGREES -> {
                resume(nowMs);
                cursor.markValid(validUnder);
            }
            case UNCLEAR -> resume(nowMs + settings.backoffMs());
            case FAILURE -> fail(plan.failure(), nowMs);
            case CHANGE -> {
                if (!followers.passes(nowMs)) {
                    resume(nowMs + SHORT_BACKOFF_MS);
                    return;
                }
                cursor.pause();
                transitions.propose(plan.record(), plan.event(), () -> {
                    if (!cut.isPending()) {
                        startOver(nowMs);
                    }
                });
            }
        }
    }

    /** The record has another start offset, and the log nothing that the source still has. */
    private void startOver(long nowMs) {
        long offset = transitions.record().startOffset();
        stage = Stage.STARTING;
        if (offset >= local.logEndOffset() || moveTo(offset)) {
            begin(nowMs);
        }
    }

    private LinkEvent event(String message, long nowMs) {
        return new LinkEvent(nowMs, partition.local().partition(), message);
    }

    private void resume(long notBeforeMs) {
        if (isAdopting()) {
            cursor.reset(adoption.position(), Lineage.UNKNOWN, notBeforeMs);
        } else {
            cursor.reset(local.logEndOffset(), lastEpoch(), notBeforeMs);
        }
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
