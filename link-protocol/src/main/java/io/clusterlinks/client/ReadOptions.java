// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.client;

/**
 * Options of requests that read. Immutable.
 *
 * @param timeoutMs milliseconds until the request fails with REQUEST_TIMED_OUT, retries included
 */
public record ReadOptions(int timeoutMs) {
    /** Thirty seconds. */
    public static final int DEFAULT_TIMEOUT_MS = 30_000;

    public ReadOptions {
        if (timeoutMs <= 0) {
            throw new IllegalArgumentException("timeoutMs is " + timeoutMs + "; it must be above 0");
        }
    }

    /** The options that apply when none are given. */
    public static ReadOptions defaults() {
        return new ReadOptions(DEFAULT_TIMEOUT_MS);
    }
}
