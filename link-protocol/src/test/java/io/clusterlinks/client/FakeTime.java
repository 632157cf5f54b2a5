// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.client;

import java.util.function.Supplier;
import org.apache.kafka.common.utils.Time;

/** Time that passes only when somebody sleeps. */
public final class FakeTime implements Time {
    private long nowMs = 10_000;

    @Override
    public long milliseconds() {
        return nowMs;
    }

    @Override
    public long nanoseconds() {
        return nowMs * 1_000_000;
    }

    @Override
    public void sleep(long ms) {
        nowMs += ms;
    }

    @Override
    public void waitObject(Object obj, Supplier<Boolean> condition, long deadlineMs) {
        nowMs = deadlineMs;
    }
}
