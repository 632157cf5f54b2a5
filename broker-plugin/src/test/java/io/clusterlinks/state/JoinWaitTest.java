// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.state;

import static io.clusterlinks.Records.link;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.clusterlinks.ManualTime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JoinWaitTest {
    private static final Duration HOUR = Duration.ofHours(1);

    private final FakeStateLeader leader = new FakeStateLeader();
    private StateTailer tailer;

    @TempDir
    Path directory;

    @BeforeEach
    void begin() {
        tailer = new StateTailer(leader, new SnapshotFile(List.of(directory)), LinkImage.EMPTY, new ManualTime());
    }

    @AfterEach
    void end() {
        tailer.close();
    }

    /** As after a crash of all brokers: the first one that leads may not commit alone. */
    @Test
    void aReplicaThatTheLeaderWaitsForDoesNotWaitForTheLeader() {
        leader.append(link());
        leader.commitTo(0);
        leader.replicas = List.of(2, leader.nodeId());

        tailer.start();

        assertThat(awaitRead(Duration.ofSeconds(1), HOUR)).isTrue();
        assertThat(tailer.isCaughtUp()).isFalse();
    }

    /** It only looks as if it waited: its followers have not fetched from it yet. */
    @Test
    void aLeaderThatHasJustBeenElectedIsWaitedFor() {
        leader.append(link());
        leader.commitTo(0);
        leader.replicas = List.of(2, leader.nodeId());
        tailer.start();
        await().until(() -> leader.unknownEnds.get() > 1);

        leader.commitTo(1);

        assertThat(awaitRead(HOUR, HOUR)).isTrue();
        assertThat(tailer.isCaughtUp()).isTrue();
    }

    @Test
    void nobodyWaitsLongForALeaderThatWaitsForOthers() {
        leader.append(link());
        leader.commitTo(0);

        tailer.start();

        assertThat(awaitRead(Duration.ofMillis(1), HOUR)).isFalse();
    }

    @Test
    void aLeaderThatDoesNotAnswerIsWaitedFor() {
        leader.append(link());
        leader.replicas = List.of(2, leader.nodeId());
        leader.failure.set(new StackOverflowError());

        tailer.start();

        assertThat(awaitRead(Duration.ZERO, HOUR)).isTrue();
        assertThat(tailer.isCaughtUp()).isTrue();
    }

    private boolean awaitRead(Duration unserved, Duration served) {
        return new JoinWait(leader, tailer, unserved, served).await();
    }
}
