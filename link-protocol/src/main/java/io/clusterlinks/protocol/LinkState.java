// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol;

/** The state of a link as shown; only the wish (paused or not) is durable, the rest is observed. */
public enum LinkState {
    /** The source answers. */
    ACTIVE,
    /** No mirror of the link fetches, by an operator's wish. */
    PAUSED,
    /** The source does not answer; recovers by itself. */
    SOURCE_UNAVAILABLE,
    /** The link cannot work until an operator acts, for example because another cluster answers at its address. */
    FAILED
}
