// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import java.util.Optional;

/**
 * What a partition wants to know of its source before it goes on: at most one question to the leader, whether the topic is
 * still the same, and whether the leaders themselves should be asked for again. Put by the thread that owns the partition,
 * read by any.
 */
final class Inquiry {
    /** In place of a time. */
    static final long NEVER = -1;

    private volatile Question question;
    private volatile boolean leadersWanted;
    /** When the metadata was asked for that last said that the topic is the one that is mirrored; {@link #NEVER}. */
    private volatile long sameTopicMs = NEVER;
    /** Where the log ended when the source was found to differ from it, and when that was; {@link #NEVER} if it does not. */
    private long differsAt = NEVER;

    private long differsSinceMs;
    private volatile boolean differs;

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

    /**
     * Metadata that was asked for at {@code askedMs} says that the topic is the one that is mirrored; {@link #NEVER} if it
     * says otherwise. From any thread; returns whether that was waited for.
     */
    boolean onSameTopic(long askedMs) {
        sameTopicMs = askedMs;
        return differs;
    }

    /** Whether the source was found to differ, and nothing has come of it yet. From any thread. */
    boolean differs() {
        return differs;
    }

    /** The source does not differ any more, or what it lacks is given up now. */
    void forgetDifference() {
        differsAt = NEVER;
        differs = false;
    }

    /**
     * The source was found to differ from the log here, which ends at {@code end}: whether the topic was seen to be the one
     * that is mirrored since then. If not, that is asked for. Sources before Kafka 3.1 are asked by name, and all of them for
     * ranges: the answer may be that of another topic that was created under the name.
     */
    boolean isSameTopic(long end, long nowMs) {
        if (differsAt != end) {
            differsAt = end;
            differsSinceMs = nowMs;
        }
        // Before it is looked: an answer in between must not be missed.
        differs = true;
        boolean same = sameTopicMs > differsSinceMs;
        if (!same) {
            leadersWanted = true;
        }
        return same;
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
