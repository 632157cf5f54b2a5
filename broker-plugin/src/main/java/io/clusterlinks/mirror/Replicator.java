// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.LocalPartition;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import java.util.Optional;

/**
 * Decides for one partition what to fetch and what to do with what came back. Purely reactive and for one thread at a
 * time: it never waits, it is stepped. What network threads share with it is in {@link FetchCursor}, {@link Inquiry}
 * and {@link ReplicatorStats}.
 *
 * <p>This class owns the stage, and nothing else changes it. The work of a stage is done by {@link MirrorStart} and
 * {@link Appender}, which say with an {@link Outcome} what is next; a cut that is on record comes before either.
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
    static final long SHORT_BACKOFF_MS = 100;

    private static final String WAITS_FOR_FOLLOWERS = "waiting until the in-sync replicas follow this broker";

    private final MirrorPartition partition;
    private final Transitions transitions;
    private final Settings settings;
    private final ReplicatorStats stats = new ReplicatorStats();
    private final Inquiry inquiry = new Inquiry();
    private final Difference difference = new Difference(inquiry::wantLeaders);
    private final FetchCursor cursor;
    private final MirrorLog log;
    /** Null unless the log may have been here before the mirror. */
    private final Adoption adoption;

    private final MirrorStart start;
    private final Appender appender;
    private final Divergence divergence;
    private final MissedCut missed;
    private final PendingCut cut;

    private volatile Stage stage = Stage.STARTING;
    private String failure;
    /** Whether a truncation was pending when this was last stepped. */
    private boolean cutting;
    /** Whether the log may hold what clients wrote under this leader epoch. */
    private boolean mayHoldForeign;
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
        this.transitions = transitions;
        this.settings = settings;
        this.cursor = new FetchCursor(2 * settings.fetchMaxBytes(), local::maxAppendBytes);
        this.log = new MirrorLog(partition, local, transitions, stats);
        this.divergence = new Divergence(partition, local, leadership, settings.maxTruncation());
        this.missed = new MissedCut(partition, local, transitions, log.followers(), settings.backoffMs());
        this.cut = new PendingCut(partition, local, transitions, leadership, log.followers(), settings.backoffMs());
        FetchErrors errors = new FetchErrors(log, cursor, inquiry, stats, settings.backoffMs());
        this.adoption = partition.adopts() ? new Adoption(log, transitions, cursor, inquiry, stats, errors) : null;
        this.start = new MirrorStart(log, transitions, inquiry, adoption);
        this.appender = new Appender(log, transitions, cursor, stats, errors, divergence, settings.backoffMs());
    }

    /**
     * Nobody has appended anything since this broker leads under this leader epoch. What lies in the log from then on all
     * the same clients wrote, before this broker knew, or knew again, that the topic is a mirror. Before the first step.
     */
    void expectNothingAppended() {
        mayHoldForeign = adoption == null;
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
        return log.local();
    }

    /** What is known of the in-sync followers; good for as long as this broker leads under the same epoch. */
    FollowerCheck followers() {
        return log.followers();
    }

    /** What must be asked of the source leader before this partition goes on. */
    Optional<Question> question() {
        return inquiry.question();
    }

    /** Whether the source's leaders should be asked for again at once; reading it clears it. */
    boolean takeRefreshWanted() {
        return inquiry.takeLeadersWanted();
    }

    /** Has the source's leaders asked for again. From any thread. */
    void wantLeaders() {
        inquiry.wantLeaders();
    }

    /** What is known of a difference between the source and the log here. */
    Difference difference() {
        return difference;
    }

    /** The record as last written by this leader. From any thread. */
    PartitionRecord record() {
        return transitions.record();
    }

    /** Leader epoch of the source under which the last record here was written; {@link Lineage#UNKNOWN}. From any thread. */
    int lastEpoch() {
        return log.lastEpoch();
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
        return stage == Stage.RUNNING && !inquiry.isOpen() && record().truncation() == null && !log.isStartAhead();
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
        } else if (isSound() && !difference.isHeld() && cursor.peek() == null) {
            validUnder = sourceLeaderEpoch;
            inquiry.ask(Question.Kind.EPOCH, log.lastEpoch());
        }
    }

    /** Another broker of the source leads than answered until now, and may answer otherwise. */
    void onLeaderMoved(long nowMs) {
        if (stage == Stage.RUNNING && (difference.isHeld() || cursor.hasComplaint())) {
            difference.take();
            resume(nowMs);
        }
    }

    /** Something unexpected was thrown: start again from what is in the log. */
    void onUnexpected(String error, long nowMs) {
        stats.localError("unexpected error: " + error);
        inquiry.drop();
        difference.take();
        if (stage == Stage.RUNNING) {
            resume(nowMs + settings.backoffMs());
        } else if (adoption != null) {
            adoption.startOver();
        }
    }

    /** Does one piece of work; returns whether there may be more to do right away. */
    boolean step(long nowMs) {
        // The followers are asked after from the start, so that they have mostly passed when it matters; before the
        // step, which may have waited for one that has passed since; and after it, which may have them start over.
        boolean followed = log.followers().passes(nowMs);
        boolean more = doStep(nowMs);
        waitsForTime = !followed
                || !log.followers().passes(nowMs)
                || stage == Stage.STARTING
                || !transitions.settle(nowMs)
                || (adoption == null && !missed.isFollowed())
                || cut.isPending()
                || mayHoldForeign
                || record().repairing()
                || (stage == Stage.RUNNING && log.isStartBehind());
        return more;
    }

    /** Whether to step this partition now and then though nothing happened. */
    boolean waitsForTime() {
        return waitsForTime;
    }

    /** Whether to look now and then whether replicas follow that may hold what is to be cut off. From any thread. */
    boolean keepsCuts() {
        PartitionRecord record = record();
        return !record.cuts().isEmpty() || !record.unclaimed().isEmpty();
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
        // A copy that is still to be compared is not the mirror's yet.
        if (adoption == null && !missed.follow(nowMs)) {
            stats.localError(missed.error());
            return false;
        }
        if (cut.isPending()) {
            difference.take();
            carryOutCut(nowMs);
            return !cut.isPending();
        }
        if (cutting) {
            cutting = false;
            stats.localError(null);
            resume(nowMs);
        }
        if (failure != null && stage != Stage.FAILED) {
            fail(failure, nowMs);
        }
        if (stage == Stage.RUNNING && holdsForeign()) {
            return dropForeign(nowMs);
        }
        if (difference.isHeld()) {
            return settleDifference(nowMs);
        }
        return switch (stage) {
            case STARTING -> goOn(start.step(nowMs), nowMs);
            case RUNNING -> run(nowMs);
            case FAILED -> false;
        };
    }

    /** Whether it was not looked yet, or not dealt with, what clients may have written. When it does nothing any more. */
    boolean mayHoldForeign() {
        return mayHoldForeign;
    }

    private boolean holdsForeign() {
        mayHoldForeign = mayHoldForeign && log.end() > log.local().epochStart(partition.leaderEpoch());
        return mayHoldForeign;
    }

    /** Fetching on from there would take the place of what the source has at these offsets. */
    private boolean dropForeign(long nowMs) {
        cursor.pause();
        difference.take();
        if (!log.followers().passes(nowMs)) {
            stats.localError(WAITS_FOR_FOLLOWERS);
            return false;
        }
        long from = log.local().epochStart(partition.leaderEpoch());
        change(divergence.onForeign(transitions.record(), from, nowMs), nowMs);
        return true;
    }

    /** Has the cuts taken out of the record once every replica follows; returns whether nothing is under way. */
    private boolean hasDroppedCuts(long nowMs) {
        if (!keepsCuts() || !log.followers().allFollow(nowMs)) {
            return true;
        }
        transitions.propose(Records.followed(record()), null, () -> onCutsDropped(nowMs));
        return transitions.settle(nowMs);
    }

    /** It may have taken long, and then what was fetched is gone. */
    private void onCutsDropped(long nowMs) {
        stats.localError(null);
        if (cursor.peek() == null) {
            resume(nowMs);
        }
    }

    private void carryOutCut(long nowMs) {
        cutting = true;
        inquiry.drop();
        cursor.pause();
        cut.step(nowMs);
        stats.localError(cut.error());
    }

    private boolean run(long nowMs) {
        if (log.isStartAhead() && !inquiry.isOpen()) {
            hold(divergence.onEarlierStart(transitions.record(), stats.sourceStart(), nowMs), nowMs);
            return false;
        }
        // What is queued may show that it was too early.
        if (cursor.isAgreed() && cursor.peek() == null) {
            difference.agree();
        }
        if (cursor.isAgreed() && !difference.differs()) {
            log.followStart();
        }
        return !inquiry.isOpen() && hasDroppedCuts(nowMs) && goOn(appender.step(nowMs), nowMs);
    }

    /** Does what {@code outcome} asks for; returns whether there may be more to do right away. */
    private boolean goOn(Outcome outcome, long nowMs) {
        switch (outcome.kind()) {
            case MORE, WAIT -> {}
            case BEGIN -> {
                stage = Stage.RUNNING;
                stats.localError(null);
                resume(nowMs);
            }
            case RETRY -> resume(outcome.atMs());
            case DIVERGED -> carryOut(outcome.plan(), nowMs);
            case FAIL -> fail(outcome.reason(), nowMs);
        }
        return outcome.kind() != Outcome.Kind.WAIT;
    }

    /** The answer to {@code asked}. */
    void onAnswer(Question asked, Question.Answer answer, long nowMs) {
        if (!inquiry.isOpen(asked) || !transitions.settle(nowMs) || cut.isPending()) {
            return;
        }
        inquiry.drop();
        switch (asked.kind()) {
            case START_OFFSET -> onStartOffset(answer.startOffset());
            case RANGE -> onRange(asked, answer, nowMs);
            case EPOCH ->
                carryOut(divergence.onEpochEnd(transitions.record(), asked.epoch(), answer.epochEnd(), nowMs), nowMs);
        }
    }

    private void onStartOffset(long startOffset) {
        if (stage == Stage.STARTING) {
            start.onStartOffset(startOffset);
        }
    }

    private void onRange(Question asked, Question.Answer answer, long nowMs) {
        stats.onRange(answer.rangeStart());
        if (isAdopting()) {
            goOn(adoption.onRange(answer, nowMs), nowMs);
        } else {
            carryOut(divergence.onRange(transitions.record(), asked, answer, nowMs), nowMs);
        }
    }

    private void carryOut(Divergence.Plan plan, long nowMs) {
        switch (plan.kind()) {
            case AGREES -> {
                resume(nowMs);
                cursor.markValid(validUnder);
            }
            case UNCLEAR -> resume(nowMs + settings.backoffMs());
            case RANGE -> {
                cursor.pause();
                inquiry.ask(Question.Kind.RANGE, log.lastEpoch());
            }
            case FAILURE, CHANGE -> hold(plan, nowMs);
        }
    }

    /** What the source's metadata says of the topic wakes this partition. */
    private void hold(Divergence.Plan plan, long nowMs) {
        cursor.pause();
        difference.hold(plan, record(), nowMs);
    }

    /** Gives up what the source lacks, or mirroring, if it is known that it lacks it; returns whether there may be more to do right away. */
    private boolean settleDifference(long nowMs) {
        if (difference.isVoid(record())) {
            difference.take();
            resume(nowMs);
            return true;
        }
        if (!difference.isCertain()) {
            return false;
        }
        if (difference.failure() != null) {
            fail(difference.failure(), nowMs);
            return false;
        }
        if (!log.followers().passes(nowMs)) {
            stats.localError(WAITS_FOR_FOLLOWERS);
            return false;
        }
        stats.localError(null);
        change(difference.take(), nowMs);
        return true;
    }

    private void change(Divergence.Plan plan, long nowMs) {
        cursor.pause();
        transitions.propose(bounded(plan.record(), nowMs), plan.event(), () -> onChanged(nowMs));
    }

    /** A log that starts over past its end: others may hold more. What is to be cut off every leader cuts off first. */
    private PartitionRecord bounded(PartitionRecord next, long nowMs) {
        return next.truncation() == null
                ? Records.withCuts(next, log.followers().cuts(next.cuts(), log.end(), nowMs))
                : next;
    }

    /** A cut is carried out in the next step; else the log starts elsewhere now. */
    private void onChanged(long nowMs) {
        if (!cut.isPending()) {
            stage = Stage.STARTING;
            goOn(start.beginAnew(), nowMs);
        }
    }

    private boolean isAdopting() {
        return adoption != null && stage == Stage.STARTING && !adoption.isOver();
    }

    private void resume(long notBeforeMs) {
        if (isAdopting()) {
            cursor.reset(adoption.position(), Lineage.UNKNOWN, notBeforeMs);
        } else {
            log.goOn(cursor, notBeforeMs);
        }
    }

    private void fail(String reason, long nowMs) {
        stage = Stage.FAILED;
        difference.take();
        inquiry.drop();
        cursor.pause();
        stats.localError(reason);
        if (transitions.record().phase() != Phase.FAILED) {
            transitions.propose(
                    Records.failed(transitions.record(), reason),
                    partition.event(reason, nowMs),
                    () -> stats.localError(reason));
        }
    }
}
