// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.protocol.record.PartitionRecord;

/**
 * Begins the mirroring of a topic that was here before its mirror. Nothing is appended and nothing is moved: the source
 * is fetched from only to be compared with, and what was found equal is recorded as if a link had copied it.
 */
final class Adoption {
    private final MirrorLog log;
    private final Transitions transitions;
    private final FetchCursor cursor;
    private final Inquiry inquiry;
    private final ReplicatorStats stats;
    private final FetchErrors errors;
    private final LogComparison comparison;
    /** What happened to the log while that it is equal was being recorded; null if nothing did. */
    private String refusal;

    Adoption(
            MirrorLog log,
            Transitions transitions,
            FetchCursor cursor,
            Inquiry inquiry,
            ReplicatorStats stats,
            FetchErrors errors) {
        this.log = log;
        this.transitions = transitions;
        this.cursor = cursor;
        this.inquiry = inquiry;
        this.stats = stats;
        this.errors = errors;
        this.comparison = new LogComparison(log.partition(), log.local());
    }

    boolean isOver() {
        return Records.isStarted(transitions.record());
    }

    /** Compares the next piece. Only until it {@link #isOver}. */
    Outcome step(long nowMs) {
        if (!comparison.knowsWhere()) {
            inquiry.askOnce(Question.Kind.RANGE);
            return Outcome.WAIT;
        }
        if (comparison.isComplete()) {
            return conclude(nowMs);
        }
        FetchCursor.Item item = cursor.peek();
        if (item == null || inquiry.isOpen()) {
            return Outcome.WAIT;
        }
        if (FetchErrors.isError(item)) {
            return errors.onError(item, nowMs);
        }
        if (item.fetched().divergingEpoch() >= 0) {
            comparison.startOver();
            return Outcome.MORE;
        }
        String difference = compareHeld(item);
        cursor.consumed(item);
        return difference == null ? Outcome.MORE : refuse(difference);
    }

    private String compareHeld(FetchCursor.Item item) {
        if (!item.hold()) {
            return null;
        }
        try {
            return comparison.compare(item.runs().peek());
        } finally {
            item.letGo();
        }
    }

    private Outcome conclude(long nowMs) {
        cursor.pause();
        // Every replica that could lead next must hold all of it, and nothing else.
        if (!log.followers().hold(log.end(), nowMs)) {
            stats.localError("the in-sync replicas do not all have offset " + log.end() + " yet");
            return Outcome.WAIT;
        }
        stats.localError(null);
        if (comparison.obstacle() != null) {
            return refuse(comparison.obstacle());
        }
        long end = log.end();
        PartitionRecord adopted = comparison.adopted(transitions.record());
        transitions.propose(Records.withCuts(adopted, log.followers().cuts(adopted.cuts(), end, nowMs)), null, () -> {
            if (log.end() != end) {
                refusal = log.partition().local() + " was written to while it was compared";
            }
        });
        return Outcome.WAIT;
    }

    /** What was compared is on record: the log stays as it is until all partitions of the topic are known to be equal. */
    Outcome onRecorded() {
        cursor.pause();
        return refusal == null ? Outcome.WAIT : refuse(refusal);
    }

    /** What the source has. */
    Outcome onRange(Question.Answer answer, long nowMs) {
        String why = comparison.onRange(answer.rangeStart(), answer.rangeEnd());
        return why == null ? Outcome.retry(nowMs) : refuse(why);
    }

    /** The source may hold something else now: compares from the beginning. */
    void startOver() {
        comparison.startOver();
    }

    /** Offset to compare next. */
    long position() {
        return comparison.position();
    }

    private static Outcome refuse(String why) {
        return Outcome.fail(why + ".");
    }
}
