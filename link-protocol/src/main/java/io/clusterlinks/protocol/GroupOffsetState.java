// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol;

/** How a committed offset of a mirrored group fares, or the group as a whole: the worst of its offsets. */
public enum GroupOffsetState {
    /** Nothing was committed here yet, since the mirror partition does not report where it stands. */
    WAITING,
    /** Stands here where it stands at the source. */
    SYNCED,
    /** Stands at the mirror's end, for the mirror does not hold the source's position yet; completed as it advances. */
    COMPLETING,
    /** Left alone: what was committed here, by somebody else than the link, is ahead of the source. */
    AHEAD_HERE,
    /** Left alone: the group has members here. */
    ACTIVE_AT_DESTINATION,
    /** Groups only: the source has it no more; what was committed here stays. */
    DELETED_AT_SOURCE,
    /** Could not be committed; tried again. */
    FAILED
}
