// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.protocol.GroupOffsetState;
import io.clusterlinks.sync.PartitionBounds.Bounds;
import java.util.Objects;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;

/**
 * One committed offset as it is known at the source and here. Immutable.
 *
 * @param source as last read, not clamped: what the mirror will hold one day
 * @param committed what the link committed here last, with metadata; null if nothing yet
 * @param committedMs when that was
 * @param here what was found committed here last, -1 if nothing
 * @param heldFor the source's offset and the end of the mirror for which it was last left alone; null if it is not
 * @param retryMs when something that was left alone or failed is looked at again
 * @param message why it does not stand where it stands at the source; null if it does
 */
record TrackedOffset(
        OffsetAndMetadata source,
        OffsetAndMetadata committed,
        long committedMs,
        long here,
        OffsetAndMetadata heldFor,
        long retryMs,
        GroupOffsetState state,
        String message) {

    static TrackedOffset of(OffsetAndMetadata source) {
        return new TrackedOffset(source, null, -1, -1, null, 0, GroupOffsetState.WAITING, null);
    }

    /** Of a group that the source has no more: {@code here} is all that is known. */
    static TrackedOffset found(long here) {
        return new TrackedOffset(new OffsetAndMetadata(here), null, -1, here, null, 0, GroupOffsetState.SYNCED, null);
    }

    TrackedOffset withSource(OffsetAndMetadata newSource) {
        return newSource.equals(source)
                ? this
                : new TrackedOffset(newSource, committed, committedMs, here, heldFor, retryMs, state, message);
    }

    /** What should be committed here, given how far the mirror is; without leader epoch. */
    OffsetAndMetadata target(Bounds bounds) {
        long current = committed == null ? -1 : committed.offset();
        return new OffsetAndMetadata(bounds.clamp(source.offset(), current), source.metadata());
    }

    /** Whether {@code target} is to be committed now, as far as one can tell without asking what is here. */
    boolean isDue(OffsetAndMetadata target, long nowMs, long refreshMs) {
        if (heldFor != null && heldFor.equals(target) && nowMs < retryMs) {
            return false;
        }
        return !Objects.equals(committed, target) || nowMs - committedMs >= refreshMs || heldFor != null;
    }

    /** Whether {@code target} is what the link committed here last, as far as it knows, and nothing is in its way. */
    boolean isCommitted(OffsetAndMetadata target) {
        return heldFor == null && target.equals(committed);
    }

    /** Whether what keeps it from being committed is expected to be over soon. */
    boolean isPassing(long nowMs) {
        return state == GroupOffsetState.WAITING
                || (state == GroupOffsetState.FAILED && retryMs <= nowMs + OffsetCommits.RETRY_MS);
    }

    /** Whether it was left alone where it was found when it was looked at last. */
    boolean isAheadAt(long found) {
        return state == GroupOffsetState.AHEAD_HERE && here == found;
    }

    /** What somebody else has committed here since, ahead of {@code target}, is not moved back. */
    boolean yieldsTo(long found, OffsetAndMetadata target) {
        boolean ours = committed != null && committed.offset() == found;
        return found > target.offset() && !ours;
    }

    TrackedOffset committed(OffsetAndMetadata target, long nowMs) {
        boolean complete = target.offset() >= source.offset();
        return new TrackedOffset(
                source,
                target,
                nowMs,
                target.offset(),
                null,
                0,
                complete ? GroupOffsetState.SYNCED : GroupOffsetState.COMPLETING,
                complete
                        ? null
                        : "The mirror ends before the source's position; completed as it advances, "
                                + (source.offset() - target.offset()) + " offsets to go.");
    }

    TrackedOffset held(
            OffsetAndMetadata target, long found, GroupOffsetState newState, String newMessage, long newRetryMs) {
        return new TrackedOffset(source, committed, committedMs, found, target, newRetryMs, newState, newMessage);
    }

    TrackedOffset waiting(String why) {
        return new TrackedOffset(source, committed, committedMs, here, heldFor, retryMs, GroupOffsetState.WAITING, why);
    }
}
