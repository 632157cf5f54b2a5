// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.TaskItem;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NewMirrorsTest {
    private final NewMirrors mirrors = new NewMirrors();
    private final List<String> tried = new ArrayList<>();

    /** Where the first hundred topics of the alphabet failed in every run, no later one was ever mirrored. */
    @Test
    void aNewTopicDoesNotWaitForThoseThatFail() {
        // Given more topics that cannot be mirrored than are tried again at once
        Set<String> topics = new LinkedHashSet<>(names("denied", 3 * NewMirrors.MAX_RETRIES));
        run(topics);
        tried.clear();

        // When another comes up
        topics.add("orders");
        TaskOutcome outcome = run(topics);

        // Then it is mirrored in the next run, before anything else
        assertThat(tried).first().isEqualTo("orders");
        assertThat(outcome.changed()).isEqualTo(1);
    }

    @Test
    void thoseThatFailTakeTurnsAndAreAllReported() {
        Set<String> topics = names("denied", 2 * NewMirrors.MAX_RETRIES);
        run(topics);
        tried.clear();

        TaskOutcome first = run(topics);
        TaskOutcome second = run(topics);

        assertThat(tried).containsExactlyElementsOf(topics);
        assertThat(first.troubled()).isEqualTo(topics.size());
        assertThat(second.troubled()).isEqualTo(topics.size());
        assertThat(second.troubles()).contains(new TaskItem("denied-000", "FAILED", "no READ"));
    }

    @Test
    void whatIsNotWantedAnyMoreIsNotReportedAnyMore() {
        run(names("denied", 3));

        assertThat(run(Set.of("denied-001")).troubled()).isEqualTo(1);
    }

    /** Five hundred new topics took five runs. */
    @Test
    void allNewTopicsAreMirroredInOneRunButNotAllAtOnce() {
        Deque<CompletableFuture<Void>> underWay = new ArrayDeque<>();
        Set<String> topics = names("new", 3 * NewMirrors.MAX_UNDER_WAY);
        int[] most = {0};
        TaskOutcome.Counter counter = new TaskOutcome.Counter();

        mirrors.create(
                topics,
                topic -> {
                    tried.add(topic);
                    underWay.add(new CompletableFuture<>());
                    most[0] = Math.max(most[0], underWay.size());
                    CompletableFuture<Void> mine = underWay.getLast();
                    if (underWay.size() == NewMirrors.MAX_UNDER_WAY || tried.size() == topics.size()) {
                        underWay.forEach(creation -> creation.complete(null));
                        underWay.clear();
                    }
                    return mine;
                },
                () -> true,
                counter);

        assertThat(tried).containsExactlyElementsOf(topics);
        assertThat(most[0]).isEqualTo(NewMirrors.MAX_UNDER_WAY);
        assertThat(counter.outcome().changed()).isEqualTo(topics.size());
    }

    @Test
    void stopsWhenTheyAreNotWantedAnyMore() {
        TaskOutcome.Counter counter = new TaskOutcome.Counter();

        mirrors.create(names("new", 10), this::create, () -> tried.size() < 4, counter);

        assertThat(tried).hasSize(4);
        assertThat(counter.outcome().changed()).isEqualTo(4);
    }

    private TaskOutcome run(Set<String> topics) {
        TaskOutcome.Counter counter = new TaskOutcome.Counter();
        mirrors.create(topics, this::create, () -> true, counter);
        return counter.outcome();
    }

    private CompletableFuture<Void> create(String topic) {
        tried.add(topic);
        return topic.startsWith("denied")
                ? CompletableFuture.failedFuture(LinkException.invalid("no READ"))
                : CompletableFuture.completedFuture(null);
    }

    private static Set<String> names(String kind, int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> String.format("%s-%03d", kind, i))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }
}
