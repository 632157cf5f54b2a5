// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ReceivePoolTest {
    private static final int MB = 1024 * 1024;

    private final FetchMemory memory = new FetchMemory(4 * MB, () -> 0);
    private final ReceivePool pool = new ReceivePool(memory);
    private final ReceivePool other = new ReceivePool(memory);

    @Test
    void anAnswerWithoutNewsTakesNothing() {
        assertThat(pool.tryAllocate(100).remaining()).isEqualTo(100);

        assertThat(memory.used()).isZero();
        assertThat(pool.handOver()).isSameAs(FetchBuffer.UNCOUNTED);
    }

    @Test
    void whatWasReceivedIsHandedOverOnce() {
        ByteBuffer bytes = pool.tryAllocate(MB);
        assertThat(bytes.remaining()).isEqualTo(MB);

        FetchBuffer received = pool.handOver();
        pool.reset();

        assertThat(memory.used()).isEqualTo(MB);
        received.release();
        assertThat(memory.used()).isZero();
    }

    @Test
    void aConnectionThatBreaksGivesBackItsBytesOnce() {
        ByteBuffer bytes = pool.tryAllocate(MB);

        pool.release(bytes);
        pool.reset();

        assertThat(memory.used()).isZero();
    }

    /** It waited as one among too many small ones; when there are fewer it must not stay in the queue of the others. */
    @Test
    void aSmallAnswerThatWaitedHoldsUpNobodyOnceItHasItsBytes() {
        List<FetchBuffer> small = new ArrayList<>();
        for (FetchBuffer next = memory.trySmall(60_000); next != null; next = memory.trySmall(60_000)) {
            small.add(next);
        }
        FetchBuffer all = memory.tryTake(4 * MB, pool);
        assertThat(pool.tryAllocate(60_000)).isNull();

        small.forEach(FetchBuffer::release);
        assertThat(pool.tryAllocate(60_000)).isNotNull();
        all.release();

        assertThat(other.tryAllocate(MB)).isNotNull();
    }

    @Test
    void aConnectionThatWaitsIsWokenAndOneThatBreaksMeanwhileHoldsUpNobody() {
        AtomicInteger woken = new AtomicInteger();
        pool.wakeUp(woken::incrementAndGet);
        other.tryAllocate(3 * MB);
        assertThat(pool.tryAllocate(2 * MB)).isNull();
        assertThat(pool.isOutOfMemory()).isTrue();

        FetchBuffer held = other.handOver();
        int before = woken.get();
        held.release();
        assertThat(woken.get()).isGreaterThan(before);
        assertThat(pool.isOutOfMemory()).isFalse();
        pool.reset();

        assertThat(other.tryAllocate(3 * MB)).isNotNull();
    }
}
