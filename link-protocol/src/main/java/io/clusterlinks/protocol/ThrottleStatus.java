// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.protocol;

/**
 * How long the fetchers of a link have waited, all brokers together, since these began to work for the link.
 *
 * @param limitMs for {@link LinkConfig#MAX_BYTES_PER_SECOND}
 * @param sourceQuotaMs for a quota of the source, as it asked in its answers (KIP-219)
 */
public record ThrottleStatus(long limitMs, long sourceQuotaMs) {
    public static final ThrottleStatus NONE = new ThrottleStatus(0, 0);

    /** Both together. */
    public ThrottleStatus plus(ThrottleStatus other) {
        return new ThrottleStatus(limitMs + other.limitMs, sourceQuotaMs + other.sourceQuotaMs);
    }
}
