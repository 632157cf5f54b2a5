// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/** Waits for conditions of processes that cannot notify us. */
public final class Await {
    private static final Duration POLL = Duration.ofMillis(50);

    private Await() {}

    /** Ends a wait at once: what is waited for will not come. */
    public static final class HopelessException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        public HopelessException(String message) {
            super(message);
        }
    }

    /** Waits until {@code condition} holds; one that throws does not hold yet. */
    public static void until(String what, Duration timeout, Callable<Boolean> condition) {
        long deadline = System.nanoTime() + timeout.toNanos();
        Exception last = null;
        while (true) {
            try {
                if (condition.call()) {
                    return;
                }
                last = null;
            } catch (HopelessException e) {
                throw e;
            } catch (Exception e) {
                last = e;
            }
            if (System.nanoTime() > deadline) {
                throw new AssertionError("Not within " + timeout.toMillis() + " ms: " + what, last);
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    /** Waits until {@code check} passes without a throwable; rethrows its last one. */
    public static void untilPasses(Duration timeout, Check check) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            try {
                check.run();
                return;
            } catch (HopelessException e) {
                throw e;
            } catch (Exception | AssertionError e) {
                if (System.nanoTime() > deadline) {
                    throw new AssertionError("Not within " + timeout.toMillis() + " ms: " + e.getMessage(), e);
                }
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    /** Something that throws until it holds. */
    @FunctionalInterface
    public interface Check {
        void run() throws Exception;
    }
}
