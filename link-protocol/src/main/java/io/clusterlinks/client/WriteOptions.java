// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.client;

/**
 * Options of requests that change something. Immutable.
 *
 * @param timeoutMs milliseconds until the request fails with REQUEST_TIMED_OUT, retries included
 * @param validateOnly whether the request is only checked, the source included, and nothing is changed
 */
public record WriteOptions(int timeoutMs, boolean validateOnly) {
    public WriteOptions {
        if (timeoutMs <= 0) {
            throw new IllegalArgumentException("timeoutMs is " + timeoutMs + "; it must be above 0");
        }
    }

    /** The options that apply when none are given. */
    public static WriteOptions defaults() {
        return new WriteOptions(ReadOptions.DEFAULT_TIMEOUT_MS, false);
    }

    /** These options with another timeout, in milliseconds. */
    public WriteOptions withTimeoutMs(int newTimeoutMs) {
        return new WriteOptions(newTimeoutMs, validateOnly);
    }

    /** These options as a dry run, or not. */
    public WriteOptions withValidateOnly(boolean newValidateOnly) {
        return new WriteOptions(timeoutMs, newValidateOnly);
    }
}
