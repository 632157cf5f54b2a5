// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.ManualTime;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.common.Node;
import org.junit.jupiter.api.Test;

class NodeTurnsTest {
    private static final int TIMEOUT_MS = 4_000;

    private final ManualTime time = new ManualTime();
    private final NodeTurns turns = new NodeTurns(time);
    private final List<Integer> asked = new ArrayList<>();

    /** All addresses that were known led nowhere any more, and what was left for the bootstrap server was too little to connect, each time. */
    @Test
    void whoeverAnswersIsReachedHoweverManyBlackHolesComeBefore() {
        int calls = 1;
        while (!call(12, 11, 900)) {
            calls++;
            assertThat(calls).isLessThan(6);
        }

        assertThat(asked).startsWith(0, 1, 2, 3).endsWith(11);
    }

    @Test
    void aHealthySecondNodeIsAskedInTheSameCall() {
        assertThat(call(2, 1, 900)).isTrue();
        assertThat(asked).containsExactly(0, 1);
    }

    @Test
    void whoAnsweredIsFollowedByTheFirstAgain() {
        assertThat(call(5, 4, 100)).isFalse();
        assertThat(call(5, 4, 100)).isTrue();
        asked.clear();

        assertThat(call(5, 0, 100)).isTrue();
        assertThat(asked).containsExactly(0);
    }

    /** Whether anybody of {@code count} nodes answers, of which one does if it has {@code neededMs}. */
    private boolean call(int count, int healthy, int neededMs) {
        List<Node> nodes = IntStream.range(0, count)
                .mapToObj(id -> new Node(id, "node", id))
                .toList();
        return turns.take(nodes, TIMEOUT_MS, (node, timeoutMs) -> {
            asked.add(node.id());
            boolean answers = node.id() == healthy && timeoutMs >= neededMs;
            time.sleep(answers ? neededMs : timeoutMs);
            return answers;
        });
    }
}
