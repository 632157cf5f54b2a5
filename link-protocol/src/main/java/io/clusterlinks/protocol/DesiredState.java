// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol;

import java.util.Arrays;
import java.util.Locale;

/** What an operator wants of a link or a mirror topic; the value of {@link WireContract#DESIRED_STATE}. */
public enum DesiredState {
    /** Links and mirrors: follow the source. */
    ACTIVE,
    /** Links and mirrors: stop fetching, stay read-only. */
    PAUSED,
    /** Mirrors: become writable when level with the source. */
    PROMOTED,
    /** Mirrors: become writable with what is here, without the source. */
    FAILED_OVER,
    /** Links: cease to exist. */
    DELETED;

    /**
     * Parses a value from the wire, upper or lower case.
     *
     * @throws LinkException INVALID_CONFIG if it is no such state
     */
    public static DesiredState parse(String value) {
        try {
            return valueOf(value.toUpperCase(Locale.ROOT));
        } catch (IllegalArgumentException e) {
            throw LinkException.invalidConfig("'" + value + "' is not a state for " + WireContract.DESIRED_STATE
                    + "; use one of " + Arrays.toString(values()) + ".");
        }
    }
}
