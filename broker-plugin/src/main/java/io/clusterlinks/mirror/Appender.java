// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.host.AppendException;
import io.clusterlinks.mirror.BatchScanner.Run;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Cut;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import io.clusterlinks.source.SourceFetchClient.Fetched;
import java.util.List;

/**
 * Brings what was fetched into the log, in order and one run at a time; what the record must tell of a run is written
 * before the run is appended. For the thread that owns the partition.
 */
final class Appender {
    /** How often a batch is tried again that the log refuses for a reason of its own. */
    private static final int MAX_REFUSALS = 5;

    /** How long a run that waits for a replica may keep memory that other partitions need. */
    private static final long PATIENCE_MS = 1_000;

    private final MirrorLog log;
    private final Transitions transitions;
    private final FetchCursor cursor;
    private final ReplicatorStats stats;
    private final FetchErrors errors;
    private final Divergence divergence;
    private final long backoffMs;
    private int refusals;
    /** Since when a run waits for the in-sync replicas; -1 if none does. */
    private long waitsSinceMs = -1;

    private long patienceMs = PATIENCE_MS;
    /** Whether nothing is fetched until the in-sync replicas follow. */
    private boolean heldUp;

    Appender(
            MirrorLog log,
            Transitions transitions,
            FetchCursor cursor,
            ReplicatorStats stats,
            FetchErrors errors,
            Divergence divergence,
            long backoffMs) {
        this.log = log;
        this.transitions = transitions;
        this.cursor = cursor;
        this.stats = stats;
        this.errors = errors;
        this.divergence = divergence;
        this.backoffMs = backoffMs;
    }

    /** Deals with the oldest answer, or with the first run of it. Only while no question to the source is open. */
    Outcome step(long nowMs) {
        if (heldUp && log.followers().passes(nowMs)) {
            heldUp = false;
            onRecorded(nowMs);
        }
        FetchCursor.Item item = cursor.peek();
        if (item == null) {
            if (cursor.isAgreed()) {
                isRepaired(nowMs);
            }
            return Outcome.WAIT;
        }
        if (FetchErrors.isError(item)) {
            return errors.onError(item, nowMs);
        }
        Fetched fetched = item.fetched();
        if (fetched.divergingEpoch() >= 0) {
            return Outcome.diverged(divergence.onDiverging(
                    transitions.record(), fetched.divergingEpoch(), fetched.divergingEndOffset(), nowMs));
        }
        return item.hold() ? appendHeld(item, nowMs) : Outcome.WAIT;
    }

    /** Another thread may drop the queue meanwhile, and the bytes would be used for another answer. */
    private Outcome appendHeld(FetchCursor.Item item, long nowMs) {
        try {
            return append(item, nowMs);
        } finally {
            item.letGo();
        }
    }

    private Outcome append(FetchCursor.Item item, long nowMs) {
        Run run = item.runs().peek();
        long end = log.end();
        if (run.nextOffset() <= end) {
            cursor.consumed(item);
            return Outcome.MORE;
        }
        if (run.baseOffset() < end) {
            if (!log.isEmpty()) {
                return Outcome.diverged(divergence.onOtherBatch(transitions.record(), run.baseOffset(), nowMs));
            }
            // The first offset lies inside a batch: the log must begin with the batch, and is shown from the offset on.
            if (!log.moveTo(run.baseOffset())) {
                return Outcome.retry(nowMs + backoffMs);
            }
        }
        if (!isRepaired(nowMs)) {
            return Outcome.WAIT;
        }
        if (run.sourceEpoch() < 0
                || Lineage.covers(
                        transitions.record().lineage(), run.sourceEpoch(), run.baseOffset(), run.nextOffset())) {
            return write(item, run, end, nowMs);
        }
        return record(run, nowMs);
    }

    private Outcome write(FetchCursor.Item item, Run run, long endBefore, long nowMs) {
        if (!item.mayRewrite()) {
            // Something unexpected was thrown since: rewritten twice they would be another producer's.
            return Outcome.retry(nowMs);
        }
        try {
            BatchRewriter.rewrite(run.bytes(), log.partition().leaderEpoch());
            log.local().append(run.bytes());
        } catch (LinkException e) {
            return Outcome.fail(e.getMessage() + ".");
        } catch (AppendException e) {
            return onRefused(run, e, nowMs);
        }
        stats.onAppended(run.size(), run.nextOffset() - Math.max(endBefore, run.baseOffset()));
        cursor.consumed(item);
        refusals = 0;
        stats.localError(null);
        stats.onEnd(log.end(), nowMs);
        if (cursor.isAgreed()) {
            log.followStart();
        }
        return cursor.peek() == null ? Outcome.WAIT : Outcome.MORE;
    }

    /** Has the run's source epoch recorded. */
    private Outcome record(Run run, long nowMs) {
        int lastEpoch = log.lastEpoch();
        if (run.sourceEpoch() < lastEpoch) {
            // No CRC covers them. Whether it is damage or a broken source: nothing of it is appended, and it is tried
            // again.
            stats.unfit("leader epochs of the source go backwards at offset " + run.baseOffset() + " (from " + lastEpoch
                    + " to " + run.sourceEpoch() + "); check the source. Trying again.");
            return Outcome.retry(nowMs + backoffMs);
        }
        if (!log.followers().passes(nowMs)) {
            stats.localError("waiting until the in-sync replicas follow this broker");
            waitForFollowers(nowMs);
            return Outcome.WAIT;
        }
        waitsSinceMs = -1;
        patienceMs = PATIENCE_MS;
        PartitionRecord record = transitions.record();
        List<SourceEpoch> extended = Lineage.extended(record.lineage(), log.end(), run.sourceEpoch(), run.baseOffset());
        // With what came right before the log start: the log may be empty, and this append may never happen.
        long since = log.local().logStartOffset() - 1;
        List<Cut> cuts = log.followers().cuts(record.cuts(), log.end(), nowMs);
        PartitionRecord next = Records.withCuts(Records.withLineage(record, Lineage.since(extended, since)), cuts);
        transitions.propose(next, null, () -> onRecorded(nowMs));
        return transitions.settle(nowMs) ? Outcome.MORE : Outcome.WAIT;
    }

    /** With more patience each time: a log that begins inside a batch has its followers start over with the batch. */
    private void waitForFollowers(long nowMs) {
        if (waitsSinceMs < 0) {
            waitsSinceMs = nowMs;
        } else if (nowMs - waitsSinceMs >= patienceMs) {
            waitsSinceMs = -1;
            patienceMs *= 2;
            heldUp = true;
            cursor.pause();
        }
    }

    /** Whether no repair is under way; if one is, which is over now that the source agrees, has that written. */
    private boolean isRepaired(long nowMs) {
        PartitionRecord record = transitions.record();
        if (!record.repairing()) {
            return true;
        }
        String what = "Repaired " + log.partition().local() + ": it goes on at offset " + log.end() + ".";
        transitions.propose(Records.repaired(record), log.partition().event(what, nowMs), () -> onRecorded(nowMs));
        return transitions.settle(nowMs) && cursor.peek() != null;
    }

    private void onRecorded(long nowMs) {
        stats.localError(null);
        if (cursor.peek() == null) {
            log.goOn(cursor, nowMs);
        }
    }

    private Outcome onRefused(Run run, AppendException e, long nowMs) {
        refusals++;
        String at = "append at offset " + run.baseOffset() + " failed: " + SourceText.oneLine(e);
        if (e.kind() == AppendException.Kind.CORRUPT) {
            stats.unfit("the source sent a damaged batch, trying again: " + at);
        } else if (e.kind() == AppendException.Kind.TOO_LARGE) {
            stats.localError(at + "; raise segment.bytes of the source topic, which the mirror follows, or name it in"
                    + " topic.config.sync.exclude of link " + log.partition().link() + " and raise it here");
        } else {
            stats.localError(at);
        }
        if (e.kind() == AppendException.Kind.INVALID && refusals >= MAX_REFUSALS) {
            return Outcome.fail(
                    at + "; the source's log cannot be copied as it is: check it, then create the mirror again.");
        }
        // The bytes were rewritten in place: whatever the reason, they are fetched again.
        boolean expected = e.kind() == AppendException.Kind.UNEXPECTED_OFFSET && refusals == 1;
        return Outcome.retry(nowMs + (expected ? Replicator.SHORT_BACKOFF_MS : backoffMs));
    }
}
