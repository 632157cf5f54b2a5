// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.kafka.common.TopicPartition;

/**
 * What those leave behind who owned a partition here before, under the same claim: a mirror is paused and resumed, or
 * fails over. The claim keeps other brokers out, but not what this broker itself wrote and the image does not show yet,
 * nor what it proposed and may still be written. For the manager's thread.
 */
final class Handovers {
    /** The last owner of a partition; {@code settled} if nothing that it proposed is under way. */
    private record Left(MirrorPartition partition, int revision, boolean settled, FollowerCheck followers) {}

    private final Map<TopicPartition, Left> left = new HashMap<>();
    /** Leaderships under which there was an owner, by topic id and leader epoch. */
    private final Map<TopicPartition, Map.Entry<String, Integer>> owned = new HashMap<>();

    /** {@code duty} gets an owner; returns whether it is the first one since this broker leads under this leader epoch. */
    boolean begin(Duty duty) {
        MirrorPartition partition = duty.partition();
        Map.Entry<String, Integer> leadership = Map.entry(partition.topicId(), partition.leaderEpoch());
        return !leadership.equals(owned.put(partition.local(), leadership));
    }

    /** {@code owner} does nothing any more. */
    void leave(Replicator owner) {
        if (owner.mayHoldForeign()) {
            // It did not come to look: the next one is the first again.
            owned.remove(owner.partition().local());
        }
        put(new Left(owner.partition(), owner.record().revision(), owner.isSettled(), owner.followers()));
    }

    /** {@code owner} takes no step any more, except perhaps one that it is in the middle of. */
    void leave(PartitionStop owner) {
        put(new Left(owner.partition(), owner.record().revision(), false, owner.followers()));
    }

    private void put(Left owner) {
        left.put(owner.partition().local(), owner);
    }

    /**
     * Whether something may be written that the record of {@code duty} does not hold: the image is behind, or something
     * is still under way. Or what was written is lost, with the mirror itself or with the end of the state topic.
     */
    boolean mustConfirm(Duty duty) {
        Left before = before(duty);
        return before != null
                && (!before.settled() || before.revision() > duty.record().revision());
    }

    /** Who has followed this leader need not be waited for again. */
    FollowerCheck followers(Duty duty) {
        Left before = before(duty);
        return before == null ? new FollowerCheck(duty.local(), duty.partition().leaderEpoch()) : before.followers();
    }

    private Left before(Duty duty) {
        Left before = left.get(duty.partition().local());
        return before != null && before.partition().isClaimedAs(duty.partition()) ? before : null;
    }

    /** Forgets partitions that do not pass {@code exists}; of others a new leader epoch takes the place. */
    void retain(Predicate<TopicPartition> exists) {
        left.keySet().removeIf(exists.negate());
        owned.keySet().removeIf(exists.negate());
    }
}
