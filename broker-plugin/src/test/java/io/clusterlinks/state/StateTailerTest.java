// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.state;

import static io.clusterlinks.Records.LINK;
import static io.clusterlinks.Records.TOPIC;
import static io.clusterlinks.Records.link;
import static io.clusterlinks.Records.mirror;
import static io.clusterlinks.Records.partition;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.clusterlinks.ManualTime;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateTailerTest {
    private static final Duration HOUR = Duration.ofHours(1);

    private final FakeStateLeader leader = new FakeStateLeader();
    private final ManualTime time = new ManualTime();
    private StateTailer tailer;

    @TempDir
    Path directory;

    @BeforeEach
    void begin() {
        tailer = new StateTailer(leader, new SnapshotFile(List.of(directory)), LinkImage.EMPTY, time);
    }

    @AfterEach
    void end() {
        tailer.close();
    }

    /** A stack that overflowed once, or a moment without memory, ended the thread: the fence stood still for good. */
    @Test
    void anErrorDoesNotEndIt() {
        leader.append(link());
        leader.failure.set(new StackOverflowError());

        tailer.start();

        await().until(() -> tailer.image().link(LINK).isPresent());
    }

    /** The fence is such a listener: it would have stood as it was until the next change of the state. */
    @Test
    void aListenerThatFailedHearsOfTheSameImageAgain() {
        AtomicReference<LinkImage> heard = new AtomicReference<>(LinkImage.EMPTY);
        AtomicInteger calls = new AtomicInteger();
        tailer.onChange(() -> {
            if (calls.getAndIncrement() == 0) {
                throw new OutOfMemoryError("for a moment");
            }
            heard.set(tailer.image());
        });
        leader.append(link(), mirror(MirrorState.ACTIVE, StopMode.NONE));

        tailer.start();

        await().until(() -> heard.get().mirror(TOPIC).isPresent());
    }

    /**
     * Cut off from the state's leader alone, a broker was led to by the controller: it told clients of a mirror that had been
     * promoted that they may never write to it.
     */
    @Test
    void anImageIsNotCurrentForLongerThanItsTopicIsHeardOf() {
        List<Boolean> heard = new CopyOnWriteArrayList<>();
        tailer.onChange(() -> heard.add(tailer.isCurrent()));
        leader.append(link(), mirror(MirrorState.ACTIVE, StopMode.NONE));
        follow(2);
        await().until(tailer::isCurrent);

        cutOff();
        time.sleep(16_000);
        await().until(() -> !tailer.isCurrent());
        assertThat(tailer.image().mirror(TOPIC)).isPresent();
        assertThat(tailer.isCaughtUp()).isTrue();

        leader.cutOff = false;
        await().until(tailer::isCurrent);
        await().until(() -> heard.equals(List.of(true, false, true)));
    }

    /** A broker that was suspended for days kept a mirror for good whose tombstone had been cleaned away. */
    @Test
    void whoeverHasNotReadForLongReadsAnew() {
        leader.append(link(), mirror(MirrorState.ACTIVE, StopMode.NONE), partition(0, Phase.MIRRORING));
        follow(3);

        cutOff();
        time.sleep(HOUR.toMillis() + 1);
        leader.clean(1);
        leader.append(partition(1, Phase.MIRRORING));
        leader.cutOff = false;

        await().until(() -> tailer.image().nextOffset() == 4);
        assertThat(tailer.image().mirror(TOPIC)).isEmpty();
        assertThat(tailer.image().link(LINK)).isPresent();
    }

    /** After an unclean election it asked for an offset that no log has, for ever: nobody coordinated any more. */
    @Test
    void aTopicThatLostItsTailIsReadAnew() {
        leader.append(link(), mirror(MirrorState.ACTIVE, StopMode.NONE), partition(0, Phase.MIRRORING));
        follow(3);

        leader.loseTail(1);

        await().until(() -> tailer.image().nextOffset() == 1);
        assertThat(tailer.image().mirror(TOPIC)).isEmpty();
        assertThat(tailer.image().link(LINK)).isPresent();
    }

    /** The new leader had written as much as was lost: what it had not was kept for good, on some brokers only. */
    @Test
    void recordsThatTookThePlaceOfOthersAreRead() {
        leader.append(link(), mirror(MirrorState.ACTIVE, StopMode.NONE));
        follow(2);

        leader.loseTail(1, partition(0, Phase.MIRRORING), partition(1, Phase.MIRRORING));

        await().until(() -> tailer.image().partitions(TOPIC).size() == 2);
        assertThat(tailer.image().mirror(TOPIC)).isEmpty();
    }

    /** The end that had to be reached was asked of a leader whose log was longer: the image never was current. */
    @Test
    void anEndThatIsLostWhileTheTopicIsReadNeedNotBeReached() {
        leader.append(link(), mirror(MirrorState.ACTIVE, StopMode.NONE), partition(0, Phase.MIRRORING));
        leader.beforeFetch.set(() -> leader.loseTail(2));

        follow(2);

        assertThat(tailer.isCaughtUp()).isTrue();
    }

    @Test
    void whatIsReadAnewShowsOnlyWhenItsEndIsReached() {
        leader.append(link(), mirror(MirrorState.ACTIVE, StopMode.NONE), partition(0, Phase.MIRRORING));
        follow(3);
        LinkImage before = tailer.image();

        leader.commitTo(1);
        leader.loseTail(2);

        await().until(() -> leader.unknownEnds.get() > 2);
        assertThat(tailer.image()).isSameAs(before);
        leader.commitTo(2);
        await().until(() -> tailer.image().nextOffset() == 2);
    }

    /** The high watermark of a new leader may lie below what is committed: it is not the end. */
    @Test
    void theEndIsWhatTheLeaderKnowsToBeCommitted() {
        leader.append(link());
        follow(1);
        leader.commitTo(1);
        leader.append(mirror(MirrorState.ACTIVE, StopMode.NONE));

        CompletableFuture<Void> read = tailer.readToEnd();

        await().until(() -> leader.unknownEnds.get() > 2);
        assertThat(read).isNotDone();
        assertThat(tailer.isServed()).isFalse();
        leader.commitTo(2);
        await().until(read::isDone);
        assertThat(tailer.isServed()).isTrue();
        assertThat(tailer.image().mirror(TOPIC)).isPresent();
    }

    /** A disk that fails must not keep a broker from its duties, nor the coordinator believe what a restart forgets. */
    @Test
    void aSnapshotThatCannotBeWrittenHoldsUpTheCoordinatorOnly() throws IOException {
        leader.append(link());
        follow(1);
        Path away = directory.resolveSibling(directory.getFileName() + "-away");
        Files.move(directory, away);

        leader.append(mirror(MirrorState.ACTIVE, StopMode.NONE));
        await().until(() -> tailer.image().nextOffset() == 2);
        assertThat(tailer.savedOffset()).isEqualTo(1);
        Files.move(away, directory);
        await().until(() -> tailer.savedOffset() == 2);

        // A snapshot that names too many is harmless.
        Files.move(directory, away);
        leader.append(mirror(MirrorState.STOPPED, StopMode.FAILOVER));
        await().until(() -> tailer.savedOffset() == 3);
        Files.move(away, directory);
    }

    /** Its directory failed while the broker ran, and no mirror was made or stopped before the broker was started again. */
    @Test
    void aSnapshotThatIsGoneIsWrittenAgain() throws IOException {
        leader.append(link(), mirror(MirrorState.ACTIVE, StopMode.NONE));
        follow(2);
        await().until(() -> new SnapshotFile(List.of(directory)).exists());

        Files.delete(directory.resolve("cluster-links.snapshot"));

        await().until(() -> new SnapshotFile(List.of(directory)).exists());
        assertThat(new SnapshotFile(List.of(directory)).load().mirror(TOPIC)).isPresent();
    }

    private void cutOff() {
        leader.cutOff = true;
        await().until(() -> leader.unreached.get() > 0);
    }

    private void follow(long end) {
        tailer.start();
        await().until(() -> tailer.image().nextOffset() == end);
    }
}
