// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import java.util.Optional;

/**
 * What a partition wants to know of its source before it goes on: at most one question to the leader, whether the topic is
 * still the same, and whether the leaders themselves should be asked for again. Put by the thread that owns the partition,
 * read by any.
 */
final class Inquiry {
    /** So many looks by different brokers must find the topic the same: one that is behind knows the one before. */
    private static final int LOOKS = 2;

    private volatile Question question;
    private volatile boolean leadersWanted;
    /** When the source was found to differ from the log here. */
    private long differsSinceMs;
    /** How often since then it was found that the topic is the one that is mirrored. */
    private int looks;
    /** Whether another broker of the source leads since then. */
    private boolean leaderMoved;

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
     * The source was found to differ from the log here. Sources before Kafka 3.1 are asked by name, and all of them for
     * ranges: it may have been another topic that was created under the name. So it is asked which one is there.
     */
    synchronized void differ(long nowMs) {
        differsSinceMs = nowMs;
        looks = 0;
        leaderMoved = false;
        differs = true;
        leadersWanted = true;
    }

    /**
     * Metadata that was asked for at {@code askedMs} says that the topic is the one that is mirrored. From any thread.
     *
     * @param newLeader whether it names another leader than was known
     * @return whether that was waited for
     */
    synchronized boolean onSameTopic(long askedMs, boolean newLeader) {
        if (differs) {
            looks += askedMs > differsSinceMs ? 1 : 0;
            leaderMoved |= newLeader;
            leadersWanted |= looks < LOOKS;
        }
        return differs;
    }

    /** Metadata says that another topic has the name. From any thread. */
    synchronized void onOtherTopic() {
        looks = 0;
    }

    /** Whether it was the topic that is mirrored that was found to differ. */
    synchronized boolean isSameTopic() {
        return looks >= LOOKS;
    }

    /** Whether another broker of the source may answer otherwise than the one that was found to differ. */
    synchronized boolean hasLeaderMoved() {
        return leaderMoved;
    }

    /** Whether the source was found to differ, and has not been found to agree since. From any thread. */
    boolean differs() {
        return differs;
    }

    /** What is here is a part of what the source has. */
    synchronized void agree() {
        differs = false;
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
