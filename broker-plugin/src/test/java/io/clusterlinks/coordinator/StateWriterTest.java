// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import static io.clusterlinks.Records.LINK;
import static io.clusterlinks.Records.TOPIC;
import static io.clusterlinks.Records.link;
import static io.clusterlinks.Records.mirror;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.LinkImage.Change;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Time;
import org.junit.jupiter.api.Test;

class StateWriterTest {
    private final FakeStateBroker broker = new FakeStateBroker();
    private final Queue<Runnable> eventThread = new ArrayDeque<>();
    private Optional<LinkImage> tail = Optional.of(LinkImage.EMPTY);
    private final StateWriter writer = new StateWriter(broker, () -> tail, eventThread::add, Time.SYSTEM);

    @Test
    void aFollowerRefusesToDecide() {
        assertRefused(commit(Change.put(link())), Errors.NOT_COORDINATOR);
        assertThat(broker.log).isEmpty();
    }

    @Test
    void aNewLeaderDecidesOnlyAfterItHasReadTheWholeLog() {
        lead(3);
        await(commit(Change.put(link())));
        broker.epoch = OptionalInt.of(5);
        tail = Optional.of(LinkImage.EMPTY);

        assertRefused(commit(Change.put(link())), Errors.COORDINATOR_LOAD_IN_PROGRESS);

        tail = Optional.of(broker.tail());
        assertThat(await(commit(Change.put(mirror(MirrorState.ACTIVE, StopMode.NONE))))
                        .link(LINK))
                .isPresent();
    }

    @Test
    void decisionsSeeEachOthersChangesAndShareOneAppend() {
        lead(3);
        CompletableFuture<LinkImage> first = queue(Change.put(link()));
        CompletableFuture<LinkImage> refused = writer.commit(image -> {
            throw LinkException.invalid(image.links().size() + " links");
        });
        CompletableFuture<LinkImage> second = queue(Change.put(mirror(MirrorState.ACTIVE, StopMode.NONE)));

        runEvents();

        assertThat(await(first).mirror(TOPIC)).isEqualTo(await(second).mirror(TOPIC));
        assertThatThrownBy(() -> await(refused)).hasMessageContaining("1 links");
        assertThat(broker.appends).isEqualTo(1);
        assertThat(writer.image().nextOffset()).isEqualTo(2);
    }

    @Test
    void nothingToChangeAppendsNothing() {
        lead(3);

        assertThat(await(commit()).nextOffset()).isZero();
        assertThat(broker.appends).isZero();
    }

    @Test
    void whatIsConfirmedTogetherTakesOneRecord() {
        lead(3);
        await(commit(Change.put(link())));
        List<CompletableFuture<LinkImage>> confirmed = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            confirmed.add(writer.confirm(image -> List.of()));
        }

        runEvents();

        confirmed.forEach(StateWriterTest::await);
        assertThat(broker.log).hasSize(2);
    }

    /** A batch that is larger than a segment of the state topic would never be written, nor what stands beside it. */
    @Test
    void whatIsTooMuchForOneBatchGoesInSeveral() {
        lead(3);
        List<CompletableFuture<LinkImage>> decided = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            decided.add(writer.commit(image -> Collections.nCopies(300, Change.put(link()))));
        }

        runEvents();

        decided.forEach(StateWriterTest::await);
        assertThat(broker.log).hasSize(1200);
        assertThat(broker.appends).isEqualTo(2);
    }

    @Test
    void aDeposedCoordinatorWritesNothing() {
        lead(3);
        CompletableFuture<LinkImage> decided = writer.commit(image -> {
            // Deposed and elected again between the decision and the append, another having written meanwhile.
            broker.epoch = OptionalInt.of(5);
            return List.of(Change.put(link()));
        });

        runEvents();

        assertRefused(decided, Errors.COORDINATOR_NOT_AVAILABLE);
        assertThat(broker.log).isEmpty();
        assertThatThrownBy(writer::image).isInstanceOf(LinkException.class);
    }

    @Test
    void afterAnAppendOfUnknownOutcomeTheImageIsReadAgain() {
        lead(3);
        broker.replicationFails = true;
        assertRefused(commit(Change.put(link())), Errors.REQUEST_TIMED_OUT);
        broker.replicationFails = false;

        // What was answered before can be described meanwhile
        assertThat(writer.image().links()).isEmpty();
        assertRefused(commit(Change.put(link())), Errors.COORDINATOR_LOAD_IN_PROGRESS);

        tail = Optional.of(broker.tail());
        writer.refresh();
        assertThat(writer.image().link(LINK)).isPresent();
    }

    /** It goes on to describe and takes reports: without them it took all brokers for silent. */
    @Test
    void withTooFewReplicasNothingIsChangedAndTheImageStays() {
        lead(3);
        await(commit(Change.put(link())));
        broker.tooFewReplicas = true;

        assertRefused(commit(Change.delete(link().key())), Errors.NOT_ENOUGH_REPLICAS);

        assertThat(writer.image().link(LINK)).isPresent();
        broker.tooFewReplicas = false;
        assertThat(await(commit(Change.delete(link().key()))).link(LINK)).isEmpty();
    }

    /** Nobody was answered: the topic of a mirror that was being created could not be created again. */
    @Test
    void anErrorIsAnAnswerToTheDecisionThatMadeIt() {
        lead(3);
        CompletableFuture<LinkImage> overflown = writer.commit(image -> {
            throw new StackOverflowError();
        });
        CompletableFuture<LinkImage> other = queue(Change.put(link()));

        runEvents();

        assertRefused(overflown, Errors.UNKNOWN_SERVER_ERROR);
        assertThat(await(other).link(LINK)).isPresent();
    }

    @Test
    void anErrorOfAnAppendIsAnAnswerAndTheImageIsReadAgain() {
        lead(3);
        broker.appendError = new OutOfMemoryError("for a moment");

        assertRefused(commit(Change.put(link())), Errors.UNKNOWN_SERVER_ERROR);

        broker.appendError = null;
        assertThat(await(commit(Change.put(link()))).link(LINK)).isPresent();
    }

    private void lead(int epoch) {
        broker.epoch = OptionalInt.of(epoch);
        writer.refresh();
    }

    private CompletableFuture<LinkImage> commit(Change... changes) {
        CompletableFuture<LinkImage> done = queue(changes);
        runEvents();
        return done;
    }

    private CompletableFuture<LinkImage> queue(Change... changes) {
        return writer.commit(image -> List.of(changes));
    }

    private void runEvents() {
        while (!eventThread.isEmpty()) {
            eventThread.poll().run();
        }
    }

    private static LinkImage await(CompletableFuture<LinkImage> done) {
        assertThat(done).isDone();
        try {
            return done.join();
        } catch (CompletionException e) {
            throw (LinkException) e.getCause();
        }
    }

    private static void assertRefused(CompletableFuture<LinkImage> done, Errors error) {
        assertThatThrownBy(() -> await(done)).isInstanceOfSatisfying(LinkException.class, e -> assertThat(e.error())
                .isEqualTo(error));
    }
}
