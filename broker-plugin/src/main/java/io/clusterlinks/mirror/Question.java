// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.source.SourceQueryClient.EpochEnd;

/**
 * What a partition must know of its source leader before it can go on. Compared by identity: an answer to an older
 * question is ignored.
 */
final class Question {
    /** What is asked. */
    enum Kind {
        /** At which offset does the mirror start. */
        START_OFFSET,
        /** The fetch offset is out of range: where does the log begin and end, and where our last epoch. */
        RANGE,
        /** Where does our last epoch end; for sources that do not report divergence by themselves. */
        EPOCH
    }

    /**
     * The answer; fields that were not asked for are -1.
     *
     * @param epochEnd end of the epoch that was asked for; null if the source cannot tell
     */
    record Answer(long startOffset, long rangeStart, long rangeEnd, EpochEnd epochEnd) {}

    private final Kind kind;
    private final int epoch;

    Question(Kind kind, int epoch) {
        this.kind = kind;
        this.epoch = epoch;
    }

    Kind kind() {
        return kind;
    }

    /** Our last source epoch, -1 if there is none. */
    int epoch() {
        return epoch;
    }
}
