// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.guard;

import static io.clusterlinks.Records.TOPIC;
import static io.clusterlinks.Records.image;
import static io.clusterlinks.Records.link;
import static io.clusterlinks.Records.mirror;
import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.ManualTime;
import io.clusterlinks.host.BareBroker;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.StateTopic;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.RetriableException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A broker with topic "ordinary"; topic "orders" comes later, and may be a mirror. */
class AbsenceWatchTest {
    private final ManualTime time = new ManualTime();
    private final StandingFence fence = new StandingFence();
    private final List<CompletableFuture<Void>> readings = new ArrayList<>();
    private final Cluster broker = new Cluster();
    private final AbsenceWatch watch = new AbsenceWatch(broker, this::read, this::isServed, fence, time);

    @BeforeEach
    void watch() {
        fence.onImage(image(link()), true);
        broker.change().topics.put("ordinary", Uuid.randomUuid());
        pass(500);
        pass(500);
    }

    /**
     * A broker stood still and was fenced. A mirror was created, for which only others were awaited; then the state's leader
     * stood still, and the one that came back led the mirror and took clients' writes until it could read the state.
     */
    @Test
    void aBrokerThatStoodStillTakesNoWritesToNewTopicsBeforeItHasReadTheState() {
        // When the process goes on after ten seconds, and hears of the topic
        pass(10_000);
        broker.change().topics.put(TOPIC, Uuid.randomUuid());

        // Then what it knew is written to as ever, and the new topic later
        assertAsksToTryAgain(TOPIC);
        assertThat(fence.get().refusal("ordinary", 0)).isEmpty();
        pass(500);
        pass(500);
        assertAsksToTryAgain(TOPIC);

        // And when the state was read, which is what the fence knows first, the mirror is one
        fence.onImage(image(link(), mirror(MirrorState.ACTIVE, StopMode.NONE)), true);
        readings.get(0).complete(null);
        pass(500);
        assertThat(fence.get().refusal(TOPIC, 0)).get().isInstanceOf(PolicyViolationException.class);
    }

    /** Its disks were new, and the state's leader did not know what is committed: it led a mirror and took clients' writes. */
    @Test
    void aBrokerThatStartsWithoutTheStateTakesNoWritesBeforeItHasReadIt() {
        StandingFence empty = new StandingFence();
        empty.onImage(LinkImage.EMPTY, true);
        AbsenceWatch starting = new AbsenceWatch(broker, this::read, this::isServed, empty, time);
        starting.startInDoubt(false);

        // Not while it is fenced, nor until it has read
        broker.change().leads("ordinary", 1, 7);
        broker.change().leads("elsewhere", 2, 7);
        broker.change().live = Set.of(2);
        tick(starting, 60_000);
        assertThat(empty.get().refusal("ordinary", 0)).get().isInstanceOf(RetriableException.class);
        broker.change().live = Set.of(1, 2);
        tick(starting, 500);
        assertThat(empty.get().refusal("ordinary", 0)).get().isInstanceOf(RetriableException.class);
        assertThat(empty.get().refusal("__consumer_offsets", 0)).isEmpty();
        assertThat(empty.get().refusal("elsewhere", 0)).isEmpty();

        readings.get(0).complete(null);
        tick(starting, 500);
        assertThat(empty.get().refusal("ordinary", 0)).isEmpty();
    }

    /** The only broker that had the whole state was down: for minutes nobody served it, and the mirror had a leader. */
    @Test
    void aBrokerThatStartsWithoutASnapshotWaitsForAsLongAsItTakes() {
        StandingFence empty = new StandingFence();
        empty.onImage(LinkImage.EMPTY, false);
        AbsenceWatch starting = new AbsenceWatch(broker, this::read, this::isServed, empty, time);
        starting.startInDoubt(true);

        broker.change().leads("ordinary", 1, 7);
        for (int i = 0; i < 1_000; i++) {
            broker.change().knownUntilMs = time.milliseconds() + 500;
            tick(starting, 500);
        }
        assertThat(empty.get().refusal("ordinary", 0)).get().isInstanceOf(RetriableException.class);

        readings.get(0).complete(null);
        tick(starting, 500);
        assertThat(empty.get().refusal("ordinary", 0)).isEmpty();
    }

    /** Between its reading and its being let in nobody waits for it, and a mirror may be created on it right after. */
    @Test
    void aBrokerThatJoinsTakesNoWritesToWhatIsNewBeforeItHasReadTheStateAgain() {
        // Given a broker that has read the state, and is let in after a while
        StandingFence joined = new StandingFence();
        joined.onImage(image(link()), true);
        AbsenceWatch joining = new AbsenceWatch(broker, this::read, this::isServed, joined, time);
        broker.change().live = Set.of(2);
        broker.change().leads("kept", 1, 7);
        broker.change().leads("ordinary", 2, 8);
        joining.startJoining(broker.cluster());
        tick(joining, 5_000);
        assertThat(readings).isEmpty();

        // When a topic is created then, and led by it, as is one that may have been adopted
        broker.change().live = Set.of(1, 2);
        broker.change().leads(TOPIC, 1, 0);
        broker.change().leads("ordinary", 1, 9);
        tick(joining, 5_000);

        // Then these may be mirrors until it has read, also if it stands still meanwhile
        for (int i = 0; i < 2; i++) {
            assertThat(joined.get().refusal(TOPIC, 0)).get().isInstanceOf(RetriableException.class);
            assertThat(joined.get().refusal("ordinary", 0)).get().isInstanceOf(RetriableException.class);
            assertThat(joined.get().refusal("kept", 0)).isEmpty();
            tick(joining, 5_000);
        }
        tick(joining, 500);
        readings.get(1).complete(null);
        tick(joining, 500);
        assertThat(joined.get().refusal(TOPIC, 0)).isEmpty();
        assertThat(joined.get().refusal("ordinary", 0)).isEmpty();
    }

    @Test
    void anOrdinaryTopicThatCameMeanwhileIsWrittenToWhenTheStateWasRead() {
        pass(10_000);
        broker.change().topics.put("new", Uuid.randomUuid());
        assertAsksToTryAgain("new");
        pass(500);
        readings.get(0).complete(null);

        pass(500);

        assertThat(fence.get().refusal("new", 0)).isEmpty();
    }

    @Test
    void aTopicThatWasMadeAnewUnderAKnownNameIsNew() {
        pass(10_000);
        broker.change().topics.put("ordinary", Uuid.randomUuid());

        assertAsksToTryAgain("ordinary");
    }

    /** A topic that was there may have been adopted; only who led it then was waited for. */
    @Test
    void aTopicThatIsLedAnewMayHaveBeenAdopted() {
        // Given a broker that leads a topic, and stands still
        broker.change().leads("ordinary", 1, 7);
        broker.change().leads("kept", 1, 7);
        pass(500);
        pass(10_000);
        assertThat(fence.get().refusal("ordinary", 0)).isEmpty();
        assertThat(fence.get().refusal("kept", -1))
                .as("more partitions for a topic that may have been adopted")
                .get()
                .isInstanceOf(RetriableException.class);
        assertThat(fence.get().refusal("of nobody", -1)).isEmpty();

        // When another one leads, clients are sent there by the broker itself
        broker.change().leads("ordinary", 2, 8);
        assertThat(fence.get().refusal("ordinary", 0)).isEmpty();

        // And when it leads again
        broker.change().leads("ordinary", 1, 9);

        // Then clients wait until the state was read; not those of what it led all the time
        assertAsksToTryAgain("ordinary");
        assertThat(fence.get().refusal("kept", 0)).isEmpty();
        pass(500);
        readings.get(0).complete(null);
        pass(500);
        assertThat(fence.get().refusal("ordinary", 0)).isEmpty();
        assertThat(fence.get().refusal("kept", -1)).isEmpty();
    }

    @Test
    void whoWasCutOffHearsOfManySecondsAtOnce() {
        for (int i = 0; i < 20; i++) {
            tick(500);
        }
        broker.change().topics.put(TOPIC, Uuid.randomUuid());

        pass(500);

        assertAsksToTryAgain(TOPIC);
    }

    @Test
    void whoIsFencedIsAwayUntilItIsNoMore() {
        broker.change().live = Set.of(2);
        pass(500);
        broker.change().topics.put(TOPIC, Uuid.randomUuid());
        pass(500);
        assertThat(readings).isEmpty();
        assertAsksToTryAgain(TOPIC);

        broker.change().live = Set.of(1, 2);
        pass(500);

        assertThat(readings).hasSize(1);
    }

    @Test
    void theDoubtEndsAlsoIfNobodyServesTheState() {
        pass(10_000);
        broker.change().topics.put("new", Uuid.randomUuid());
        for (int i = 0; i < 60; i++) {
            pass(500);
        }
        assertAsksToTryAgain("new");

        pass(500);

        assertThat(fence.get().refusal("new", 0)).isEmpty();
    }

    /** With a long {@code metadata.max.idle.interval.ms} each word of the controllers looks as if this broker was cut off. */
    @Test
    void theDoubtEndsAlsoWhereControllersSeldomSpeak() {
        pass(10_000);
        broker.change().topics.put("new", Uuid.randomUuid());
        for (int i = 0; i < 12; i++) {
            for (int j = 0; j < 9; j++) {
                tick(500);
            }
            pass(500);
        }

        assertThat(fence.get().refusal("new", 0)).isEmpty();
    }

    @Test
    void aMomentInWhichNobodyServesTheStateDoesNotEndAnOlderDoubt() {
        broker.change().leads(StateTopic.NAME, 2, 1);
        pass(10_000);
        broker.change().topics.put("new", Uuid.randomUuid());
        for (int i = 0; i < 80; i++) {
            pass(500);
        }

        broker.change().leads(StateTopic.NAME, -1, 2);
        pass(500);

        assertAsksToTryAgain("new");
    }

    /** Nothing could be read in that time, and of its being fenced it has not heard yet. */
    @Test
    void whoStandsStillWhileInDoubtDoubtsAnew() {
        broker.change().leads(StateTopic.NAME, 2, 1);
        pass(10_000);
        broker.change().topics.put("new", Uuid.randomUuid());
        pass(500);

        pass(150_000);
        pass(500);

        assertAsksToTryAgain("new");
    }

    /** Somebody serves it, and only this broker cannot reach him: what it does not know can still be known. */
    @Test
    void theDoubtLastsLongerWhileAnotherBrokerServesTheState() {
        broker.change().leads(StateTopic.NAME, 2, 1);
        pass(10_000);
        broker.change().topics.put("new", Uuid.randomUuid());
        for (int i = 0; i < 240; i++) {
            pass(500);
        }
        assertAsksToTryAgain("new");

        pass(500);

        assertThat(fence.get().refusal("new", 0)).isEmpty();
    }

    /** It may have been promoted: a client that has heard so and writes must not be told that it never may. */
    @Test
    void aMirrorMayHaveBeenPromotedWhileThisBrokerWasAway() {
        broker.change().topics.put(TOPIC, Uuid.randomUuid());
        fence.onImage(image(link(), mirror(MirrorState.ACTIVE, StopMode.NONE)), true);
        pass(500);
        assertThat(fence.get().refusal(TOPIC, 0)).get().isInstanceOf(PolicyViolationException.class);

        pass(10_000);

        assertAsksToTryAgain(TOPIC);
    }

    /** It led the mirror as soon as it heard of it, and the next tick came later. */
    @Test
    void aWriteThatComesBeforeTheNextTickIsNotTakenEither() {
        time.sleep(10_000);
        broker.change().knownUntilMs = time.milliseconds();
        broker.change().leads(TOPIC, 1, 0);
        assertAsksToTryAgain(TOPIC);
        assertThat(fence.get().refusal("ordinary", 0)).isEmpty();

        // The state is read when there is time for it
        tick(0);
        tick(200);
        assertThat(readings).hasSize(1);
        assertAsksToTryAgain(TOPIC);
        readings.get(0).complete(null);
        tick(200);
        assertThat(fence.get().refusal(TOPIC, 0)).isEmpty();
    }

    /** It was let in again before the next tick. */
    @Test
    void aWriteThatComesWhileThisBrokerIsFencedShowsThatItIsAway() {
        broker.change().live = Set.of(2);
        assertThat(fence.get().refusal("ordinary", 0)).isEmpty();
        broker.change().live = Set.of(1, 2);
        broker.change().leads(TOPIC, 1, 0);

        assertAsksToTryAgain(TOPIC);
        tick(200);
        assertThat(readings).hasSize(1);
    }

    @Test
    void newTopicsAreWrittenToAtOnceWhileAllIsWell() {
        broker.change().topics.put("new", Uuid.randomUuid());
        assertThat(fence.get().refusal("new", 0)).isEmpty();

        pass(500);

        assertThat(fence.get().refusal("new", 0)).isEmpty();
        assertThat(readings).isEmpty();
    }

    private void assertAsksToTryAgain(String topic) {
        assertThat(fence.get().refusal(topic, 0)).get().isInstanceOf(RetriableException.class);
    }

    private boolean isServed() {
        return StateTopic.coordinator(broker.cluster()).isPresent();
    }

    private CompletableFuture<Void> read() {
        readings.add(new CompletableFuture<>());
        return readings.get(readings.size() - 1);
    }

    /** The controller's clock goes on, too. */
    private void pass(long ms) {
        broker.change().knownUntilMs = time.milliseconds() + ms;
        tick(ms);
    }

    private void tick(long ms) {
        tick(watch, ms);
    }

    private void tick(AbsenceWatch ticked, long ms) {
        time.sleep(ms);
        ticked.tick();
    }

    private static final class Cluster extends BareBroker {
        private View view = new View();

        View change() {
            View next = new View();
            next.topics.putAll(view.topics);
            next.leaders.putAll(view.leaders);
            next.live = view.live;
            next.knownUntilMs = view.knownUntilMs;
            view = next;
            return next;
        }

        @Override
        public View cluster() {
            return view;
        }
    }

    private static final class View extends BareBroker {
        private static final PartitionView NOBODY = new PartitionView(-1, 0, List.of(), List.of());
        private final Map<String, Uuid> topics = new HashMap<>();
        private final Map<String, PartitionView> leaders = new HashMap<>();
        private Set<Integer> live = Set.of(1, 2);
        private long knownUntilMs;

        private void leads(String topic, int leader, int epoch) {
            topics.putIfAbsent(topic, Uuid.randomUuid());
            leaders.put(topic, new PartitionView(leader, epoch, List.of(1, 2), List.of(1, 2)));
        }

        @Override
        public Set<Integer> liveBrokers() {
            return live;
        }

        @Override
        public long knownUntilMs() {
            return knownUntilMs;
        }

        @Override
        public Optional<TopicView> topic(String name) {
            return Optional.ofNullable(topics.get(name))
                    .map(id -> new TopicView(id, name, List.of(leaders.getOrDefault(name, NOBODY))));
        }
    }
}
