// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol;

/** The state of a periodic task of a link, see {@link TaskStatus}. */
public enum TaskState {
    /** Switched off by the link's configs. */
    DISABLED,
    /** Has not run yet since the coordinator began to coordinate. */
    WAITING,
    /** The link is paused, and the task with it. */
    PAUSED,
    /** The last run did all it had to. */
    OK,
    /** The last run did what it could; some items failed or are in conflict. */
    ATTENTION,
    /** The last run failed as a whole; the error says why and what to do. Tried again by itself. */
    FAILED
}
