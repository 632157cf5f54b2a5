// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.record.PartitionClaim;
import io.clusterlinks.protocol.record.PartitionTransition;
import io.clusterlinks.state.TransitionSink;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ClaimsTest {
    private final List<List<PartitionClaim>> sent = new ArrayList<>();
    /** The next answers; without any, all is well. */
    private final Queue<CompletableFuture<Void>> answers = new ArrayDeque<>();

    private final Claims claims = new Claims(new Sink());

    /** A broker may come to lead thousands of partitions at once, and each claim is written with a lineage. */
    @Test
    void manyAreSentInPartsAndEachIsRepeatedUntilTheImageShowsIt() {
        List<PartitionClaim> wanted =
                IntStream.range(0, 1001).mapToObj(ClaimsTest::claim).toList();

        claims.send(wanted, 0);
        assertThat(sent).hasSize(6).allMatch(part -> part.size() <= 200);
        assertThat(sent.stream().flatMap(List::stream)).containsExactlyElementsOf(wanted);

        claims.send(wanted, 999);
        assertThat(sent).hasSize(6);
        claims.send(wanted.subList(0, 10), 1000);
        assertThat(sent).hasSize(7);
        assertThat(sent.get(6)).hasSize(10);
    }

    @Test
    void onePartThatFailedIsShownWhateverTheOthersSay() {
        List<PartitionClaim> wanted =
                IntStream.range(0, 201).mapToObj(ClaimsTest::claim).toList();
        answers.add(CompletableFuture.failedFuture(new IllegalStateException("no coordinator")));

        claims.send(wanted, 0);
        assertThat(claims.error()).isEqualTo("waiting for the coordinator: no coordinator");

        claims.send(wanted, 1000);
        assertThat(claims.error()).isNull();
    }

    private static PartitionClaim claim(int partition) {
        return new PartitionClaim("topic", partition, "id", 1, List.of());
    }

    private final class Sink implements TransitionSink {
        @Override
        public CompletableFuture<Void> claim(List<PartitionClaim> some) {
            sent.add(some);
            return answers.isEmpty() ? CompletableFuture.completedFuture(null) : answers.remove();
        }

        @Override
        public CompletableFuture<Void> propose(List<PartitionTransition> transitions) {
            throw new AssertionError("not a claim");
        }
    }
}
