// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.ManualTime;
import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.record.LinkRecord;
import io.clusterlinks.source.FetchBuffer;
import io.clusterlinks.source.FetchMemory;
import io.clusterlinks.source.SourceAdmin;
import io.clusterlinks.source.SourceClients;
import io.clusterlinks.source.SourceFetchClient;
import io.clusterlinks.source.SourceQueryClient;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FetcherPoolTest {
    private static final Map<Integer, Node> BROKERS = Map.of(1, new Node(1, "localhost", 1));

    private final ManualTime clock = new ManualTime();
    private final RecordingClients clients = new RecordingClients();
    private final FetcherPool pool = new FetcherPool(
            io.clusterlinks.Records.link(),
            LinkConfig.parse(Map.of("bootstrap.servers", "localhost:1")),
            new LinkWorker.Shared(
                    clients,
                    new FakeSink(),
                    new FakeLeadership(),
                    new FetchMemory(10_000_000, clock::milliseconds),
                    clock),
            new Owner());

    @AfterEach
    void close() {
        pool.close();
    }

    @Test
    void amongManyTheOneForWhichRecordsKeepComingIsFetchedApart() throws InterruptedException {
        List<PartitionTask> tasks = tasks(101);
        pool.assign(tasks, BROKERS, clock.milliseconds());
        assertThat(clients.nextFetch("1-0")).isNotEmpty();

        PartitionTask active = tasks.get(7);
        keepsComing(active);
        assertThat(active.takeMoved()).isTrue();
        pool.assign(tasks, BROKERS, clock.milliseconds());

        assertThat(clients.nextFetch("1-active-0"))
                .containsExactly(active.partition().source());
    }

    @Test
    void amongFewNoneIs() {
        List<PartitionTask> tasks = tasks(100);
        pool.assign(tasks, BROKERS, clock.milliseconds());

        keepsComing(tasks.get(7));
        pool.assign(tasks, BROKERS, clock.milliseconds());

        assertThat(clients.fetches).containsOnlyKeys("1-0");
    }

    /** A source keeps what waited in vain, with all its partitions; of a topic one broker leads every fourth one or so. */
    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void thousandsAreSpreadOverSmallSessions(int step) throws InterruptedException {
        List<PartitionTask> tasks =
                IntStream.range(0, 4000).mapToObj(number -> task(number * step)).toList();

        pool.assign(tasks, BROKERS, clock.milliseconds());

        assertThat(clients.fetches).hasSize(16);
        Set<TopicPartition> fetched = new HashSet<>();
        for (int i = 0; i < 16; i++) {
            assertThat(clients.nextFetch("1-" + i)).hasSizeLessThan(330).allSatisfy(fetched::add);
        }
        assertThat(fetched).hasSize(4000);
    }

    /** Those for which records keep coming are now more than 250, now fewer. */
    @Test
    void fetchersStayWhenThereIsALittleLessForThem() {
        List<PartitionTask> tasks = tasks(1000);
        tasks.subList(0, 251).forEach(this::keepsComing);
        pool.assign(tasks, BROKERS, clock.milliseconds());
        assertThat(clients.fetches).containsKeys("1-active-0", "1-active-1");

        clients.fetches.clear();
        pool.assign(tasks.subList(2, 1000), BROKERS, clock.milliseconds());

        assertThat(clients.fetches).isEmpty();
        assertThat(clients.opened)
                .allSatisfy(client -> assertThat(client.end().getCount()).isOne());
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
        TopicPartition local = new TopicPartition("mirror", id);
        TopicPartition source = new TopicPartition("source", id);
        Transitions transitions =
                new Transitions(new FakeSink(), Records.started(FakeSink.claimed(local, 1), 0), 100, () -> {});
        Replicator replicator = new Replicator(
                new MirrorPartition("L", local, "topic-id", source, Uuid.ZERO_UUID, MirrorPartition.EARLIEST, false, 1),
                new FakeLog(local),
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

    /** Connections that take note of what they are asked for, and never answer. */
    private static final class RecordingClients implements SourceClients {
        private final Map<String, BlockingQueue<List<TopicPartition>>> fetches = new ConcurrentHashMap<>();
        private final List<Silent> opened = new ArrayList<>();

        private List<TopicPartition> nextFetch(String name) throws InterruptedException {
            assertThat(fetches).as("connections").containsKey(name);
            List<TopicPartition> asked = fetches.get(name).poll(10, TimeUnit.SECONDS);
            assertThat(asked).as("fetch of connection %s", name).isNotNull();
            return asked;
        }

        @Override
        public SourceFetchClient fetcher(LinkRecord link, LinkConfig config, Node broker, String name) {
            fetches.put(name, new LinkedBlockingQueue<>());
            Silent client = new Silent(fetches.get(name), new CountDownLatch(1));
            opened.add(client);
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

    private record Silent(BlockingQueue<List<TopicPartition>> fetches, CountDownLatch end)
            implements SourceFetchClient {
        @Override
        public Answer fetch(Request request) {
            fetches.add(request.positions().stream().map(Position::partition).toList());
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return new Answer(Map.of(), true, FetchBuffer.UNCOUNTED, new Pace(0, 0, 0, 0));
        }

        @Override
        public boolean detectsDivergence() {
            return true;
        }

        @Override
        public void shutdown() {
            end.countDown();
        }

        @Override
        public void close() {
            end.countDown();
        }
    }
}
