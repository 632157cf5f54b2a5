// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterlinks.protocol.LinkException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class LinkThreadsTest {
    /** What the pool was given and has not run. */
    private final List<Runnable> threads = new ArrayList<>();

    private final List<String> done = new ArrayList<>();
    private final LinkThreads links = new LinkThreads(threads::add, 2);

    /** Eight workers for all links: a hundred topics of a source that did not answer kept them for a minute. */
    @Test
    void aLinkWithMuchToDoLeavesRoomForOthers() {
        for (int i = 0; i < 100; i++) {
            int number = i;
            links.of("slow").execute(() -> done.add("slow-" + number));
        }
        links.of("fast").execute(() -> done.add("fast"));
        assertThat(threads).hasSize(3);

        threads.get(2).run();
        assertThat(done).containsExactly("fast");

        threads.get(0).run();
        assertThat(done).hasSize(100).contains("slow-0", "slow-2", "slow-99").doesNotContain("slow-1");
        threads.get(1).run();
        assertThat(done).hasSize(101);
    }

    /** A command that waited for its source while the broker began to shut down: found by the chaos tests. */
    @Test
    void workForAPoolThatIsShutDownBelongsToTheNextCoordinator() {
        LinkThreads closed = new LinkThreads(
                work -> {
                    throw new RejectedExecutionException("Terminated");
                },
                2);

        CompletableFuture<Void> waited = new CompletableFuture<>();
        CompletableFuture<Void> done = waited.thenRunAsync(() -> {}, closed.of("a"));
        waited.complete(null);

        assertThatThrownBy(done::join).cause().isInstanceOfSatisfying(LinkException.class, e -> assertThat(e.error())
                .isEqualTo(Errors.NOT_COORDINATOR));
    }

    @Test
    void workThatFailsDoesNotKeepTheNext() {
        links.of("a").execute(() -> {
            throw new IllegalStateException("expected");
        });
        links.of("a").execute(() -> done.add("second"));
        links.of("a").execute(() -> done.add("third"));

        threads.forEach(Runnable::run);

        assertThat(done).contains("second", "third");
    }
}
