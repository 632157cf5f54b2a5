// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol;

/**
 * The state of a mirror topic.
 *
 * <pre>
 *                 +--------------------- resume -------------------+
 *                 v                                                |
 * INITIALIZING -> ACTIVE --------------- pause ----------------> PAUSED
 *   |             ^  |  ^                                          |
 *   |      repair |  |  | source back                              |
 *   |             |  |  v                                          |
 *   +--------> FAILED <-- SOURCE_UNAVAILABLE (observed only)       |
 *                 |  |                                             |
 *                 |  | promote, failover                           |
 *                 v  v                                             |
 *              PENDING_STOPPED <-----------------------------------+
 *                 |  ^ v  promotion given up: back to ACTIVE or PAUSED
 *                 v
 *               STOPPED
 * </pre>
 *
 * INITIALIZING -> STOPPED: a topic that was to be adopted is not the source's, and an ordinary topic as before.
 *
 * SOURCE_UNAVAILABLE is never written to the state topic: it is what an ACTIVE mirror is shown as while its source
 * does not answer. A mirror can be failed over from every state before STOPPED, whatever the state of its source.
 */
public enum MirrorState {
    /** The topic is fenced; it may not exist yet, or is to be adopted and still being compared with the source. */
    INITIALIZING,
    /** Following the source. */
    ACTIVE,
    /** Not fetching, by an operator's wish; still read-only. */
    PAUSED,
    /** Should be following, but the source does not answer; recovers by itself. Observed, not durable. */
    SOURCE_UNAVAILABLE,
    /** Cannot go on without an operator; the reason says why and what to do. Still read-only. */
    FAILED,
    /** Promotion or failover is under way. */
    PENDING_STOPPED,
    /** An ordinary, writable topic that was once a mirror. Final. */
    STOPPED;

    /** Whether the one writer may change a mirror from this state to {@code to}. */
    public boolean canTransitionTo(MirrorState to) {
        return switch (this) {
            case INITIALIZING -> to == ACTIVE || to == FAILED || to == PENDING_STOPPED || to == STOPPED;
            case ACTIVE -> to == PAUSED || to == SOURCE_UNAVAILABLE || to == FAILED || to == PENDING_STOPPED;
            case PAUSED -> to == ACTIVE || to == FAILED || to == PENDING_STOPPED;
            case SOURCE_UNAVAILABLE -> to == ACTIVE || to == PAUSED || to == FAILED || to == PENDING_STOPPED;
            case FAILED -> to == ACTIVE || to == PENDING_STOPPED;
            case PENDING_STOPPED -> to == STOPPED || to == ACTIVE || to == PAUSED || to == FAILED;
            case STOPPED -> false;
        };
    }

    /** Whether clients are kept from writing to the topic. */
    public boolean isReadOnly() {
        return this != STOPPED;
    }
}
