// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

/**
 * What a piece of work on a partition came to, and so what its {@link Replicator} does next. Fields that the kind does
 * not speak of are unset.
 */
record Outcome(Kind kind, long atMs, String reason, Divergence.Plan plan) {
    /** What is next. */
    enum Kind {
        /** There may be more to do right away. */
        MORE,
        /** Nothing, until something happens. */
        WAIT,
        /** Where the log starts is settled: mirroring begins. */
        BEGIN,
        /** Drop what was fetched, and fetch it again at {@code atMs}. */
        RETRY,
        /** What is here and what the source holds do not agree: carry out {@code plan}. */
        DIVERGED,
        /** It cannot go on; {@code reason} names what is wrong and the remedy. */
        FAIL
    }

    static final Outcome MORE = new Outcome(Kind.MORE, 0, null, null);
    static final Outcome WAIT = new Outcome(Kind.WAIT, 0, null, null);
    static final Outcome BEGIN = new Outcome(Kind.BEGIN, 0, null, null);

    static Outcome retry(long atMs) {
        return new Outcome(Kind.RETRY, atMs, null, null);
    }

    static Outcome diverged(Divergence.Plan plan) {
        return new Outcome(Kind.DIVERGED, 0, null, plan);
    }

    static Outcome fail(String reason) {
        return new Outcome(Kind.FAIL, 0, reason, null);
    }
}
