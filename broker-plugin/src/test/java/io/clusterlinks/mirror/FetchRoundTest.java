// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.ManualTime;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import io.clusterlinks.source.FetchBuffer;
import io.clusterlinks.source.FetchMemory;
import io.clusterlinks.source.SourceFetchClient;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FetchRoundTest {
    private static final TopicPartition TP = new TopicPartition("mirror", 0);
    private static final TopicPartition SOURCE = new TopicPartition("source", 0);
    private static final int MAX_WAIT_MS = 500;

    private final FakeLog log = new FakeLog(TP);
    private final ManualTime clock = new ManualTime();
    private final long beganMs = clock.milliseconds();
    private PartitionTask task;
    private int runs;

    @BeforeEach
    void follow() {
        follow(List.of());
    }

    private void follow(List<SourceEpoch> lineage) {
        PartitionRecord record = Records.withLineage(Records.started(FakeSink.claimed(TP, 1), 0), lineage);
        Replicator replicator = ReplicatorScene.replicator(log, new FakeSink(), record);
        task = new PartitionTask(replicator, this::run, clock);
        task.leader(new SourceLeader(1, 5, Uuid.ZERO_UUID));
        task.wake();
    }

    @Test
    void aSourceThatAnswersNothingAtOnceIsNotAskedWithoutPause() {
        run(100, () -> Map.of(SOURCE, empty(0, 0)));

        assertThat(passedMs()).isGreaterThan(100 * 30);
    }

    @Test
    void aSourceThatWaitsBeforeItSaysThatThereIsNothingIsAskedAgainAtOnce() {
        run(100, () -> {
            clock.sleep(MAX_WAIT_MS);
            return Map.of();
        });

        assertThat(passedMs()).isEqualTo(100 * MAX_WAIT_MS);
    }

    @Test
    void aFewHollowAnswersAreNothing() {
        run(10, () -> Map.of(SOURCE, empty(0, 0)));

        assertThat(passedMs()).isEqualTo(10);
    }

    /** Else each record of a producer that does not batch would be a fetch of its own. */
    @Test
    void aTrickleOfSmallAnswersIsSlowedAndNothingElseIs() {
        run(10, 60_000, () -> Map.of(SOURCE, empty(0, 20)));
        assertThat(passedMs()).isEqualTo(10);

        run(10, 70_000, () -> Map.of(SOURCE, empty(0, 20)));
        assertThat(passedMs()).isEqualTo(10);
    }

    /** It is listed as soon as it is back, before its log has caught up, and lacks what the leader has. */
    @Test
    void aRecommendedReplicaThatDivergesIsLeftForTheLeader() {
        task.leader(new SourceLeader(2, 5, Uuid.ZERO_UUID));
        task.prefer(1, Long.MAX_VALUE);
        FetchCursor cursor = task.replicator().cursor();
        FetchCursor.Next before = cursor.next(clock.milliseconds()).orElseThrow();

        run(
                1,
                () -> Map.of(
                        SOURCE, new SourceFetchClient.Fetched(Errors.NONE, 20, 0, 3, 0, -1, ByteBuffer.allocate(0))));

        assertThat(task.fetchFrom(clock.milliseconds())).isEqualTo(2);
        assertThat(cursor.peek()).isNull();
        assertThat(cursor.next(clock.milliseconds())).contains(before);
        assertThat(task.replicator().stats().sourceEnd()).isEqualTo(-1);
    }

    /** Following such a claim would delete the copy. */
    @Test
    void aLogStartPastTheHighWatermarkIsNotBelieved() {
        run(1, () -> Map.of(SOURCE, empty(Long.MAX_VALUE, 20)));
        assertThat(task.replicator().stats().sourceStart()).isEqualTo(-1);

        run(1, () -> Map.of(SOURCE, empty(20, 20)));
        assertThat(task.replicator().stats().sourceStart()).isEqualTo(20);
    }

    /** Whatever the partition does lets the fetcher try again: it would do nothing else until the answer is there. */
    @Test
    void aPartitionThatWaitsToBeComparedIsToldOnce() {
        log.append0(0, 5, 1);
        follow(List.of(new SourceEpoch(3, 0)));
        FetchRound round = round(new Source(0, false, Map::of));

        assertThat(round.run(List.of(task), false)).isFalse();
        assertThat(task.replicator().question()).isPresent();
        int before = runs;
        assertThat(round.run(List.of(task), false)).isFalse();

        assertThat(runs).isEqualTo(before);
    }

    /** A topic that somebody deletes here held up all others of the connection. */
    @Test
    void aLogThatIsNotHereAnyMoreIsNoTroubleAndNotAskedForAgain() {
        log.gone = true;

        run(1, () -> Map.of(SOURCE, empty(0, 20)));

        assertThat(task.replicator().cursor().next(clock.milliseconds())).isEmpty();
    }

    private void run(Runnable work) {
        runs++;
        work.run();
    }

    private long passedMs() {
        return clock.milliseconds() - beganMs;
    }

    private static SourceFetchClient.Fetched empty(long logStart, long highWatermark) {
        return new SourceFetchClient.Fetched(Errors.NONE, highWatermark, logStart, -1, -1, -1, ByteBuffer.allocate(0));
    }

    private void run(int rounds, Supplier<Map<TopicPartition, SourceFetchClient.Fetched>> source) {
        run(rounds, 0, source);
    }

    private void run(int rounds, int bytes, Supplier<Map<TopicPartition, SourceFetchClient.Fetched>> source) {
        FetchRound round = round(new Source(bytes, true, source));
        for (int i = 0; i < rounds; i++) {
            assertThat(round.run(List.of(task), false)).isTrue();
        }
    }

    private FetchRound round(SourceFetchClient source) {
        return new FetchRound(
                1,
                source,
                new FetchRound.Settings(MAX_WAIT_MS, 1, 1_000_000, 100_000),
                new FetchMemory(10_000_000, clock::milliseconds),
                new FetchRound.Limits(new LinkThrottle(clock::nanoseconds), new Pauses()),
                clock);
    }

    private record Source(int bytes, boolean detectsDivergence, Supplier<Map<TopicPartition, Fetched>> answers)
            implements SourceFetchClient {
        @Override
        public Answer fetch(Request request) {
            return new Answer(answers.get(), true, FetchBuffer.UNCOUNTED, new Pace(bytes, 0, 0, 0));
        }

        @Override
        public void connect() {}

        @Override
        public boolean detectsDivergence() {
            return detectsDivergence;
        }

        @Override
        public void shutdown() {}

        @Override
        public void close() {}
    }
}
