// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class FetchMemoryTest {
    private static final int MB = 1024 * 1024;

    private long nowMs = 1_000_000;
    private final FetchMemory memory = new FetchMemory(8 * MB, () -> nowMs);
    private final Counter one = new Counter();
    private final Counter two = new Counter();

    private static final class Counter implements FetchMemory.Receiver {
        private int calls;

        @Override
        public void onMemory() {
            calls++;
        }
    }

    @Test
    void whoAsksAloneMayUseHalfAndOthersShareIt() {
        assertThat(memory.share()).isEqualTo(4 * MB);
        memory.tryTake(MB, one).release();
        assertThat(memory.share()).isEqualTo(4 * MB);
        memory.tryTake(MB, two).release();
        assertThat(memory.share()).isEqualTo(2 * MB);
        nowMs += 10_000;
        assertThat(memory.share()).as("idle ones take nothing from the busy").isEqualTo(4 * MB);
    }

    /** The collector is in no hurry with what lies outside its heap. */
    @Test
    void whatIsNotKeptIsFreedAtOnce() {
        long before = directBytes();
        for (int i = 0; i < 100; i++) {
            FetchBuffer first = memory.tryTake((1 + i * 5 % 7) * MB / 2, one);
            FetchBuffer second = memory.tryTake((1 + i * 3 % 7) * MB / 2, one);
            first.bytes(MB / 2).put(0, (byte) 1);
            first.release();
            second.release();
            assertThat(directBytes() - before).isLessThanOrEqualTo(9 * MB);
        }
        memory.tryTake(20 * MB, one).release();
        assertThat(directBytes() - before).as("more than there is").isLessThan(MB);
        memory.tryTake(4 * MB, one).release();

        nowMs += 60_000;
        memory.trim();

        assertThat(directBytes() - before).isLessThan(MB);
        assertThat(memory.used()).isZero();
        assertThat(memory.kept()).isZero();
    }

    private static long directBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }

    @Test
    void neverHandsOutMoreThanThereIsAndWakesWhoWaits() {
        FetchBuffer first = memory.tryTake(4 * MB, one);
        FetchBuffer second = memory.tryTake(4 * MB, one);

        assertThat(memory.tryTake(MB, two)).isNull();
        assertThat(memory.mayTake(two, MB)).isFalse();
        int callsBefore = two.calls;
        first.release();

        assertThat(two.calls).isGreaterThan(callsBefore);
        assertThat(memory.mayTake(two, MB)).isTrue();
        assertThat(memory.tryTake(MB, two)).isNotNull();
        second.release();
        assertThat(memory.used()).isEqualTo(MB);
    }

    @Test
    void whoWaitsIsServedInTurnThoughALaterOneWantsLess() {
        FetchBuffer held = memory.tryTake(6 * MB, one);
        assertThat(memory.tryTake(4 * MB, two)).isNull();

        assertThat(memory.tryTake(MB, one)).as("would fit, but two was first").isNull();
        held.release();

        assertThat(memory.tryTake(4 * MB, two)).isNotNull();
        assertThat(memory.tryTake(MB, one)).isNotNull();
    }

    @Test
    void whoGivesUpWaitingHoldsUpNobody() {
        FetchBuffer held = memory.tryTake(6 * MB, one);
        assertThat(memory.tryTake(4 * MB, two)).isNull();

        memory.forget(two);

        assertThat(memory.tryTake(MB, one)).isNotNull();
        held.release();
    }

    @Test
    void aResponseLargerThanEverythingIsReceivedAlone() {
        FetchBuffer held = memory.tryTake(MB, one);
        assertThat(memory.tryTake(20 * MB, two)).isNull();
        held.release();

        FetchBuffer large = memory.tryTake(20 * MB, two);

        assertThat(large.bytes(20 * MB).remaining()).isEqualTo(20 * MB);
        assertThat(memory.tryTake(MB, one)).isNull();
        large.release();
        assertThat(memory.kept()).as("not kept, it would be all of the budget").isLessThanOrEqualTo(8 * MB);
        assertThat(memory.tryTake(MB, one)).isNotNull();
    }

    @Test
    void bytesAreUsedAgainOnlyWhenTheLastUserHasLetGo() {
        FetchBuffer buffer = memory.tryTake(2 * MB, one);
        ByteBuffer bytes = buffer.bytes(2 * MB);
        bytes.put(0, (byte) 1);
        assertThat(buffer.retain()).isTrue();
        buffer.release();

        FetchBuffer other = memory.tryTake(2 * MB, two);
        other.bytes(2 * MB).put(0, (byte) 2);
        assertThat(bytes.get(0)).isEqualTo((byte) 1);
        buffer.release();

        assertThat(buffer.retain()).as("nobody can come back to it").isFalse();
        FetchBuffer again = memory.tryTake(2 * MB - 100, two);
        again.bytes(2 * MB - 100).put(0, (byte) 3);
        assertThat(bytes.get(0)).as("the same chunk, used again").isEqualTo((byte) 3);
    }

    /** Hundreds of connections with small answers each would hold more than the budget. */
    @Test
    void smallResponsesAreCountedAsOthersWhenThereAreMany() {
        FetchMemory memory = new FetchMemory(400_000, () -> 0);
        FetchBuffer first = memory.trySmall(30_000);

        assertThat(memory.trySmall(30_000)).isNull();
        assertThat(memory.used()).isZero();
        first.release();
        assertThat(memory.trySmall(30_000)).isNotNull();
    }

    @Test
    void lettingGoOfWhatWasNotNeededForAWhile() {
        memory.tryTake(2 * MB, one).release();
        memory.trim();
        assertThat(memory.kept()).isEqualTo(2 * MB);

        nowMs += 60_000;
        memory.trim();

        assertThat(memory.kept()).isZero();
    }

    @Test
    void chunksThatAreKeptMakeRoomForOthers() {
        for (int size = MB; size < 8 * MB; size += MB / 2) {
            FetchBuffer buffer = memory.tryTake(size, one);
            assertThat(buffer.bytes(size).remaining()).isEqualTo(size);
            buffer.release();
            assertThat(memory.used()).isZero();
            assertThat(memory.kept()).isBetween(1L, 8L * MB);
        }
    }

    @Test
    void aChunkIsAtMostAQuarterLargerThanItsBytes() {
        for (int size = 70_000; size < 64 * MB; size += 77_777) {
            assertThat(FetchMemory.capacity(size)).isBetween(size, size + size / 4 + 16 * 1024);
        }
        assertThat(FetchMemory.capacity(32 * MB - 50_000)).isEqualTo(32 * MB);
        assertThat(FetchMemory.capacity(Integer.MAX_VALUE - 8)).isEqualTo(Integer.MAX_VALUE - 8);
    }
}
