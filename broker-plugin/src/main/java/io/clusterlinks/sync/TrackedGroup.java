// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.protocol.GroupOffsetState;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;

/** One consumer group that a link follows. Written by one thread at a time, read by any. */
final class TrackedGroup {
    private final String sourceGroup;

    /** By partition at the destination. */
    private final Map<TopicPartition, TrackedOffset> offsets = new ConcurrentHashMap<>();

    private volatile boolean active;
    private volatile boolean deletedAtSource;

    TrackedGroup(String sourceGroup) {
        this.sourceGroup = sourceGroup;
    }

    String sourceGroup() {
        return sourceGroup;
    }

    Map<TopicPartition, TrackedOffset> offsets() {
        return offsets;
    }

    /** Whether it has positions in one of these topics here. */
    boolean isIn(Set<String> topics) {
        return offsets.keySet().stream().anyMatch(partition -> topics.contains(partition.topic()));
    }

    boolean isActive() {
        return active;
    }

    void active(boolean now) {
        active = now;
    }

    boolean isDeletedAtSource() {
        return deletedAtSource;
    }

    void deletedAtSource(boolean now) {
        deletedAtSource = now;
    }

    /** How the group as a whole fares: as the worst of its offsets. */
    GroupOffsetState state() {
        if (deletedAtSource) {
            return GroupOffsetState.DELETED_AT_SOURCE;
        }
        if (active) {
            return GroupOffsetState.ACTIVE_AT_DESTINATION;
        }
        GroupOffsetState worst = GroupOffsetState.WAITING;
        for (TrackedOffset offset : offsets.values()) {
            if (offset.state().compareTo(worst) > 0) {
                worst = offset.state();
            }
        }
        return worst;
    }

    /** Whether it stands where it stands at the source, so that nothing is to be done until something changes. */
    boolean isSettled() {
        for (TrackedOffset offset : offsets.values()) {
            if (offset.state() != GroupOffsetState.SYNCED || offset.heldFor() != null) {
                return false;
            }
        }
        return true;
    }
}
