// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.protocol.LinkException;
import org.apache.kafka.common.protocol.Errors;

/** What to do about an answer to a fetch that is an error, or whose bytes are no batches. */
final class FetchErrors {
    /** Answers of one kind that come sooner after each other are one trouble. */
    private static final long STREAK_MS = 5_000;
    /** How long leaders may take to be known. */
    private static final long PASSES_MS = 15_000;

    private final MirrorLog log;
    private final FetchCursor cursor;
    private final Inquiry inquiry;
    private final ReplicatorStats stats;
    private final long backoffMs;
    /** Where the log ended when bytes that came were no batches for the first time. */
    private long badAt = -1;

    private long staleMs = -STREAK_MS - 1;
    private long staleSinceMs;

    FetchErrors(MirrorLog log, FetchCursor cursor, Inquiry inquiry, ReplicatorStats stats, long backoffMs) {
        this.log = log;
        this.cursor = cursor;
        this.inquiry = inquiry;
        this.stats = stats;
        this.backoffMs = backoffMs;
    }

    static boolean isError(FetchCursor.Item item) {
        return item.failure() != null || item.fetched().error() != Errors.NONE;
    }

    /** Only for what {@link #isError}. */
    Outcome onError(FetchCursor.Item item, long nowMs) {
        return item.failure() != null
                ? onBadBytes(item.failure(), nowMs)
                : onError(item.fetched().error(), nowMs);
    }

    private Outcome onBadBytes(LinkException e, long nowMs) {
        if (e.error() == Errors.UNSUPPORTED_FOR_MESSAGE_FORMAT) {
            return Outcome.fail(e.getMessage() + ".");
        }
        if (badAt != log.end()) {
            // Once, a source that is a mirror itself may say what looks wrong: records newer than its high watermark.
            badAt = log.end();
            return Outcome.retry(nowMs);
        }
        stats.unfit(e.getMessage() + "; trying again.");
        return Outcome.retry(nowMs + backoffMs);
    }

    /** That passes as soon as both sides know the new leader; a source that was set back to older metadata goes on so. */
    private void onStaleLeader(Errors error, long nowMs) {
        if (nowMs - staleMs > STREAK_MS) {
            staleSinceMs = nowMs;
        }
        staleMs = nowMs;
        if (nowMs - staleSinceMs > PASSES_MS) {
            stats.sourceError(SourceText.fetchError(error, log.partition())
                    + "; if this does not pass, pause the mirror and resume it");
        }
    }

    private Outcome onError(Errors error, long nowMs) {
        return switch (error) {
            case OFFSET_OUT_OF_RANGE -> {
                cursor.pause();
                inquiry.ask(Question.Kind.RANGE, log.lastEpoch());
                yield Outcome.WAIT;
            }
            case NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH, OFFSET_NOT_AVAILABLE -> {
                inquiry.wantLeaders();
                onStaleLeader(error, nowMs);
                yield Outcome.retry(nowMs + Replicator.SHORT_BACKOFF_MS);
            }
            default -> {
                inquiry.wantLeaders();
                stats.sourceError(SourceText.fetchError(error, log.partition()));
                yield Outcome.retry(nowMs + backoffMs);
            }
        };
    }
}
