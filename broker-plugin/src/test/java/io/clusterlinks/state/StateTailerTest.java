// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.state;

import static io.clusterlinks.Records.LINK;
import static io.clusterlinks.Records.TOPIC;
import static io.clusterlinks.Records.link;
import static io.clusterlinks.Records.mirror;
import static org.awaitility.Awaitility.await;

import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord.StopMode;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateTailerTest {
    private final FakeStateLeader leader = new FakeStateLeader();
    private StateTailer tailer;

    @BeforeEach
    void begin(@TempDir Path directory) {
        tailer = new StateTailer(leader, new SnapshotFile(directory), LinkImage.EMPTY);
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
}
