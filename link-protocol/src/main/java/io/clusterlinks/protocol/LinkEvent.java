// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol;

/**
 * Something an operator should know of that happened to a mirror partition: data dropped or skipped, a restart from
 * elsewhere. Never silent.
 *
 * @param timestampMs when
 * @param partition where, -1 for the topic as a whole
 * @param message one line that names what happened, with counts
 */
public record LinkEvent(long timestampMs, int partition, String message) {
    private static final int MAX_CHARS = 4_000;

    /** Messages name groups, whose names may be as long as they like; what is too long is kept by its beginning. */
    public LinkEvent {
        message = message == null || message.length() <= MAX_CHARS ? message : message.substring(0, MAX_CHARS) + "...";
    }
}
