// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.ManualTime;
import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import io.clusterlinks.source.FetchBuffer;
import io.clusterlinks.source.FetchMemory;
import io.clusterlinks.source.SourceAdmin;
import io.clusterlinks.source.SourceClients;
import io.clusterlinks.source.SourceFetchClient;
import io.clusterlinks.source.SourceQueryClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FetcherPoolTest {
    private static final Map<Integer, Node> BROKERS = Map.of(1, new Node(1, "localhost", 1));

    /** After so long without records a partition is taken for quiet. */
    private static final long QUIET_MS = 10_001;

    private final ManualTime clock = new ManualTime();
    private final Owner owner = new Owner();
    private final ScriptedClients clients = new ScriptedClients();
    private final FetcherPool pool = new FetcherPool(
            io.clusterlinks.Records.link(),
            LinkConfig.parse(Map.of("bootstrap.servers", "localhost:1")),
            new LinkWorker.Shared(
                    clients,
                    new FakeSink(),
                    new FakeLeadership(),
                    new FetchMemory(10_000_000, clock::milliseconds),
                    clock),
            owner);

    @AfterEach
    void close() {
        pool.close();
    }

    @Test
    void amongManyTheOneForWhichRecordsKeepComingIsFetchedApart() throws InterruptedException {
        List<PartitionTask> tasks = tasks(101);
        assignQuiet(tasks);

        PartitionTask active = tasks.get(7);
        keepsComing(active);
        assertThat(active.takeMoved()).isTrue();
        pool.assign(tasks, BROKERS, clock.milliseconds());

        assertThat(clients.nextFetch("1-active-0").partitions())
                .containsExactly(active.partition().source());
    }

    /** In the crowd it would have to wait until a fetch is back from the source. */
    @Test
    void amongManyOneThatIsNewIsFetchedApart() throws InterruptedException {
        List<PartitionTask> tasks = tasks(102);
        assignQuiet(tasks.subList(0, 101));

        pool.assign(tasks, BROKERS, clock.milliseconds());

        assertThat(clients.nextFetch("1-active-0").partitions())
                .containsExactly(tasks.get(101).partition().source());
    }

    /** As one that another broker leads now. */
    @Test
    void amongManyOneThatIsNewToItsBrokerIsFetchedApart() throws InterruptedException {
        List<PartitionTask> tasks = tasks(102);
        Map<Integer, Node> brokers = Map.of(1, BROKERS.get(1), 2, new Node(2, "localhost", 2));
        PartitionTask moved = tasks.get(101);
        moved.leader(new SourceLeader(2, 5, Uuid.ZERO_UUID));
        pool.assign(tasks, brokers, clock.milliseconds());
        assertThat(clients.nextFetch("1-active-0").partitions()).hasSize(101);
        clock.sleep(QUIET_MS);

        moved.leader(new SourceLeader(1, 6, Uuid.ZERO_UUID));
        pool.assign(tasks, brokers, clock.milliseconds());

        assertThat(clients.nextFetch("1-0").partitions()).hasSize(101);
        clients.answer("1-active-0");
        assertThat(clients.nextFetch("1-active-0").partitions())
                .containsExactly(moved.partition().source());
    }

    /** What comes for it meanwhile would come late. */
    @Test
    void aPartitionIsAskedForUntilItsNextFetcherDoes() throws InterruptedException {
        List<PartitionTask> tasks = tasks(102);
        TopicPartition last = tasks.get(101).partition().source();
        assignQuiet(tasks.subList(0, 101));
        pool.assign(tasks, BROKERS, clock.milliseconds());
        assertThat(clients.nextFetch("1-active-0").partitions()).containsExactly(last);

        clock.sleep(QUIET_MS);
        pool.assign(tasks, BROKERS, clock.milliseconds());
        clients.answer("1-active-0");
        assertThat(clients.nextFetch("1-active-0").partitions()).containsExactly(last);

        clients.answer("1-0");
        assertThat(clients.nextFetch("1-0").partitions()).hasSize(102);
        clients.answer("1-active-0");
        awaitClosed("1-active-0", tasks);
    }

    @Test
    void aPartitionThatComesBackBeforeItWasTakenStays() throws InterruptedException {
        List<PartitionTask> tasks = tasks(102);
        PartitionTask last = tasks.get(101);
        assignQuiet(tasks.subList(0, 101));
        pool.assign(tasks, BROKERS, clock.milliseconds());
        clients.nextFetch("1-active-0");

        clock.sleep(QUIET_MS);
        pool.assign(tasks, BROKERS, clock.milliseconds());
        keepsComing(last);
        pool.assign(tasks, BROKERS, clock.milliseconds());

        clients.answer("1-active-0");
        assertThat(clients.nextFetch("1-active-0").partitions())
                .containsExactly(last.partition().source());
        clients.answer("1-0");
        assertThat(clients.nextFetch("1-0").partitions()).hasSize(101);
        clients.answer("1-active-0");
        assertThat(clients.nextFetch("1-active-0").partitions())
                .containsExactly(last.partition().source());
    }

    @Test
    void aPartitionThatEndsOnItsWayIsAskedForNoMore() throws InterruptedException {
        List<PartitionTask> tasks = tasks(103);
        assignQuiet(tasks.subList(0, 101));
        pool.assign(tasks, BROKERS, clock.milliseconds());
        clients.nextFetch("1-active-0");
        clock.sleep(QUIET_MS);
        pool.assign(tasks, BROKERS, clock.milliseconds());

        pool.assign(tasks.subList(0, 102), BROKERS, clock.milliseconds());

        clients.answer("1-active-0");
        assertThat(clients.nextFetch("1-active-0").partitions())
                .containsExactly(tasks.get(101).partition().source());
        clients.answer("1-0");
        assertThat(clients.nextFetch("1-0").partitions()).hasSize(102);
    }

    /** Their fetchers have nothing to do: what the limit allows is for the one that has. */
    @Test
    void newcomersTakeNoShareOfTheLimit() {
        List<PartitionTask> tasks = tasks(1000);
        owner.limits.throttle().limit(10_000_000);
        int alone = owner.limits.throttle().fetchBytes();

        pool.assign(tasks, BROKERS, clock.milliseconds());
        assertThat(owner.limits.throttle().fetchBytes()).isEqualTo(alone);

        tasks.forEach(this::keepsComing);
        pool.assign(tasks, BROKERS, clock.milliseconds());
        assertThat(owner.limits.throttle().fetchBytes()).isEqualTo(alone / 4);
    }

    /** Whether a broker detects divergence is known once it is connected; what has a past would have to be compared first. */
    @Test
    void theFirstFetchAsksForWhatHasAPast() throws InterruptedException {
        FakeLog log = new FakeLog(new TopicPartition("mirror", 0));
        log.append0(0, 5, 1);
        PartitionTask task = task(log, List.of(new SourceEpoch(3, 0)));

        pool.assign(List.of(task), BROKERS, clock.milliseconds());

        assertThat(clients.nextFetch("1-0").partitions())
                .containsExactly(task.partition().source());
        assertThat(task.replicator().question()).isEmpty();
    }

    @Test
    void aQuietCrowdWaitsLonger() throws InterruptedException {
        List<PartitionTask> tasks = tasks(101);

        assertThat(assignQuiet(tasks)).containsOnly(2000);

        pool.assign(tasks(102), BROKERS, clock.milliseconds());
        assertThat(clients.nextFetch("1-active-0").maxWaitMs()).isEqualTo(500);
    }

    @Test
    void amongFewNoneIs() {
        List<PartitionTask> tasks = tasks(100);
        pool.assign(tasks, BROKERS, clock.milliseconds());

        keepsComing(tasks.get(7));
        pool.assign(tasks, BROKERS, clock.milliseconds());

        assertThat(clients.opened).containsOnlyKeys("1-0");
    }

    /** A source keeps what waited in vain, with all its partitions; of a topic one broker leads every fourth one or so. */
    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void thousandsAreSpreadOverSmallSessions(int step) throws InterruptedException {
        List<PartitionTask> tasks =
                IntStream.range(0, 4000).mapToObj(number -> task(number * step)).toList();

        pool.assign(tasks, BROKERS, clock.milliseconds());

        assertThat(clients.opened).hasSize(16);
        Set<TopicPartition> fetched = new HashSet<>();
        for (int i = 0; i < 16; i++) {
            assertThat(clients.nextFetch("1-active-" + i).partitions())
                    .hasSizeLessThan(330)
                    .allSatisfy(fetched::add);
        }
        assertThat(fetched).hasSize(4000);
    }

    /** Those for which records keep coming are now more than 250, now fewer. */
    @Test
    void fetchersStayWhenThereIsALittleLessForThem() throws InterruptedException {
        List<PartitionTask> tasks = tasks(1000);
        assignQuiet(tasks);
        tasks.subList(0, 251).forEach(this::keepsComing);
        pool.assign(tasks, BROKERS, clock.milliseconds());
        assertThat(clients.opened).containsKeys("1-active-0", "1-active-1");

        Map<String, Scripted> before = Map.copyOf(clients.opened);
        pool.assign(tasks.subList(2, 1000), BROKERS, clock.milliseconds());

        assertThat(clients.opened).isEqualTo(before);
        assertThat(List.of("1-0", "1-1", "1-2", "1-3", "1-active-0", "1-active-1"))
                .allSatisfy(name -> assertThat(clients.isOpen(name)).isTrue());
    }

    /** Gives the pool partitions to which nothing happens; returns how long each of their fetches waits at the source. */
    private List<Integer> assignQuiet(List<PartitionTask> tasks) throws InterruptedException {
        pool.assign(tasks, BROKERS, clock.milliseconds());
        List<String> first = List.copyOf(clients.opened.keySet());
        for (String name : first) {
            clients.nextFetch(name);
        }
        clock.sleep(QUIET_MS);
        pool.assign(tasks, BROKERS, clock.milliseconds());
        List<Integer> waits = new ArrayList<>();
        for (String name : clients.opened.keySet()) {
            if (!first.contains(name)) {
                waits.add(clients.nextFetch(name).maxWaitMs());
            }
        }
        for (String name : first) {
            clients.answer(name);
            awaitClosed(name, tasks);
        }
        return waits;
    }

    private void awaitClosed(String name, List<PartitionTask> tasks) {
        Awaitility.await().pollInterval(Duration.ofMillis(1)).until(() -> {
            pool.assign(tasks, BROKERS, clock.milliseconds());
            return !clients.isOpen(name);
        });
    }

    private void keepsComing(PartitionTask task) {
        for (int i = 0; i < 3; i++) {
            task.onRecords(clock.milliseconds(), false);
        }
    }

    private List<PartitionTask> tasks(int count) {
        return IntStream.range(0, count).mapToObj(this::task).toList();
    }

    private PartitionTask task(int id) {
        return task(new FakeLog(new TopicPartition("mirror", id)), List.of());
    }

    private PartitionTask task(FakeLog log, List<SourceEpoch> lineage) {
        TopicPartition local = log.topicPartition();
        TopicPartition source = new TopicPartition("source", local.partition());
        PartitionRecord record = Records.withLineage(Records.started(FakeSink.claimed(local, 1), 0), lineage);
        Transitions transitions = new Transitions(new FakeSink(), record, 100, () -> {});
        Replicator replicator = new Replicator(
                new MirrorPartition("L", local, "topic-id", source, Uuid.ZERO_UUID, MirrorPartition.EARLIEST, false, 1),
                log,
                transitions,
                new FakeLeadership(),
                new Replicator.Settings(100_000, 100, Long.MAX_VALUE));
        PartitionTask task = new PartitionTask(replicator, Runnable::run, clock);
        task.leader(new SourceLeader(1, 5, Uuid.ZERO_UUID));
        task.wake();
        return task;
    }

    private static final class Owner implements Fetcher.Owner {
        private final FetchRound.Limits limits =
                new FetchRound.Limits(new LinkThrottle(System::nanoTime), new Pauses());

        @Override
        public long refreshes() {
            return 1;
        }

        @Override
        public void requestRefresh() {}

        @Override
        public FetchRound.Limits limits() {
            return limits;
        }
    }

    /** What one fetch asked for. */
    private record Asked(List<TopicPartition> partitions, int maxWaitMs) {}

    /** Connections that take note of what they are asked for, and answer nothing when they are told to. */
    private static final class ScriptedClients implements SourceClients {
        private final Map<String, Scripted> opened = new ConcurrentHashMap<>();

        private Asked nextFetch(String name) throws InterruptedException {
            assertThat(opened).as("connections").containsKey(name);
            Asked asked = opened.get(name).fetches.poll(10, TimeUnit.SECONDS);
            assertThat(asked).as("fetch of connection %s", name).isNotNull();
            return asked;
        }

        private void answer(String name) {
            opened.get(name).answers.release();
        }

        private boolean isOpen(String name) {
            return !opened.get(name).shut;
        }

        @Override
        public SourceFetchClient fetcher(LinkRecord link, LinkConfig config, Node broker, String name) {
            Scripted client = new Scripted();
            opened.put(name, client);
            return client;
        }

        @Override
        public SourceAdmin admin(String link, LinkConfig config) {
            throw new AssertionError("not asked for");
        }

        @Override
        public SourceQueryClient queries(LinkRecord link, LinkConfig config) {
            throw new AssertionError("not asked for");
        }
    }

    private static final class Scripted implements SourceFetchClient {
        private final BlockingQueue<Asked> fetches = new LinkedBlockingQueue<>();
        private final Semaphore answers = new Semaphore(0);
        private volatile boolean shut;
        private volatile boolean connected;

        @Override
        public Answer fetch(Request request) {
            fetches.add(new Asked(
                    request.positions().stream().map(Position::partition).toList(), request.maxWaitMs()));
            answers.acquireUninterruptibly();
            return new Answer(Map.of(), true, FetchBuffer.UNCOUNTED, new Pace(0, 0, 0, 0));
        }

        @Override
        public void connect() {
            connected = true;
        }

        @Override
        public boolean detectsDivergence() {
            return connected;
        }

        @Override
        public void shutdown() {
            shut = true;
            answers.release();
        }

        @Override
        public void close() {
            shut = true;
        }
    }
}
