// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import java.util.Optional;

/**
 * What a partition wants to know of its source before it goes on: at most one question to the leader, and whether the
 * metadata should be asked for again. Put by the thread that owns the partition, read by any.
 */
final class Inquiry {
    private volatile Question question;
    private volatile boolean leadersWanted;

    Optional<Question> question() {
        return Optional.ofNullable(question);
    }

    boolean isOpen() {
        return question != null;
    }

    /** Whether {@code asked} is what is still to be answered. */
    boolean isOpen(Question asked) {
        return question == asked;
    }

    /** Asks instead of whatever was asked before. */
    void ask(Question.Kind kind, int epoch) {
        question = new Question(kind, epoch);
    }

    /** Asks unless something is asked already. */
    void askOnce(Question.Kind kind) {
        if (question == null) {
            question = new Question(kind, Lineage.UNKNOWN);
        }
    }

    /** Wants no answer any more. */
    void drop() {
        question = null;
    }

    void wantLeaders() {
        leadersWanted = true;
    }

    /** Whether the leaders are wanted; asking clears it. */
    boolean takeLeadersWanted() {
        boolean wanted = leadersWanted;
        if (wanted) {
            leadersWanted = false;
        }
        return wanted;
    }
}
