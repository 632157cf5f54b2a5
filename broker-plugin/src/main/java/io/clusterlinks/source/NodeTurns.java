// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import java.util.List;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.utils.Time;

/**
 * In which turns the nodes of a source are asked when some of them may be black holes. Each gets half of the time that is
 * left, so that one does not hide a healthy second one, but no less than it takes to connect: who is left out then is the first of
 * the next call. For one thread.
 */
final class NodeTurns {
    /** A handshake with authentication takes half a dozen round trips. */
    static final int USEFUL_MS = 1_000;

    private final Time time;
    private int first;

    NodeTurns(Time time) {
        this.time = time;
    }

    /**
     * Asks one node after the other until one answers or the time is up.
     *
     * @return whether one of them answered
     */
    boolean take(List<Node> nodes, int timeoutMs, Attempt ask) {
        long deadlineMs = time.milliseconds() + timeoutMs;
        int begin = first;
        for (int turn = 0; turn < nodes.size(); turn++) {
            int leftMs = (int) (deadlineMs - time.milliseconds());
            if (leftMs <= 0) {
                break;
            }
            boolean last = turn == nodes.size() - 1;
            int each = last ? leftMs : Math.max(leftMs / 2, Math.min(leftMs, USEFUL_MS));
            Node node = nodes.get((begin + turn) % nodes.size());
            if (ask.answers(node, each)) {
                first = 0;
                return true;
            }
            first = (begin + turn + 1) % nodes.size();
        }
        return false;
    }

    /** One attempt; returns whether the node answered within the time. */
    interface Attempt {
        boolean answers(Node node, int timeoutMs);
    }
}
