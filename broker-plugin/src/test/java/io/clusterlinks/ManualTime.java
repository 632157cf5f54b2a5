// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks;

import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.common.utils.Time;

/** A clock that goes on only when told so. */
public final class ManualTime implements Time {
    private volatile long ms = 1_000_000;

    @Override
    public long milliseconds() {
        return ms;
    }

    @Override
    public long nanoseconds() {
        return TimeUnit.MILLISECONDS.toNanos(ms);
    }

    @Override
    public void sleep(long forMs) {
        ms += forMs;
    }

    @Override
    public void waitObject(Object object, Supplier<Boolean> condition, long deadlineMs) {
        throw new AssertionError("not asked for");
    }
}
