// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.source.SourceFetchClient.Pace;
import java.util.concurrent.TimeUnit;

/**
 * How much to ask for in one fetch. The position of the next fetch is known only when the last answer is here, so a
 * fetch costs a round trip in which nothing arrives; it is asked for as much as arrives in {@link #ROUND_TRIPS} of them. A
 * line without delay thereby has small fetches, whose bytes are still in the processor's cache when they are appended,
 * and a long one large fetches, after which others on the connection wait a few round trips, never more.
 *
 * <p>After a fetch that failed less is asked for, and more again as answers come quickly: what does not arrive within the
 * request timeout was sent for nothing.
 *
 * <p>For one thread.
 */
final class FetchPace {
    static final int ROUND_TRIPS = 4;

    /** An answer below this says little about how fast bytes arrive. */
    private static final int TELLING_BYTES = 256 * 1024;

    /** Beyond this a fetch gains nothing, and a receiver must be able to tell a large response from a broken one. */
    private static final int MAX_BYTES = 64 * 1024 * 1024;

    private static final int REMEMBERED = 8;

    /** The wait is a round trip and whatever the source was busy with: the least of the last ones is nearest to it. */
    private final long[] waitsNs = new long[REMEMBERED];

    /** An answer that takes longer might take too long with as much again. */
    private static final long SLOW_NS = TimeUnit.SECONDS.toNanos(5);

    private static final int MAX_PARTS = 256;

    private int answers;
    private double bytesPerNs;
    private int parts = 1;

    /** The pace of an answer to a fetch that the source did not keep waiting for bytes. */
    void onAnswer(Pace pace) {
        if (pace.bytes() < TELLING_BYTES) {
            return;
        }
        waitsNs[answers++ % REMEMBERED] = pace.waitNs();
        double now = pace.bytes() / (double) Math.max(1, pace.transferNs());
        bytesPerNs = answers == 1 ? now : (bytesPerNs + now) / 2;
    }

    /** No answer came: on a line that is slow, or crowded, all of it may never come in time. */
    void onFailure() {
        parts = Math.min(MAX_PARTS, 4 * parts);
    }

    /** An answer came, of any size. */
    void onSuccess(Pace pace) {
        if (pace.waitNs() + pace.transferNs() < SLOW_NS) {
            parts = Math.max(1, parts / 2);
        }
    }

    /** Of how many parts of what a fetch could bring one is to be asked for. */
    int parts() {
        return parts;
    }

    /** Bytes that make a round trip a small part of a fetch; 0 as long as nothing is known. */
    long wantedBytes() {
        long waitNs = Long.MAX_VALUE;
        for (int i = 0; i < Math.min(answers, REMEMBERED); i++) {
            waitNs = Math.min(waitNs, waitsNs[i]);
        }
        return answers == 0 ? 0 : (long) Math.min(MAX_BYTES, ROUND_TRIPS * waitNs * bytesPerNs);
    }
}
