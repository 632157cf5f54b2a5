// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.host.BrokerChannel;
import io.clusterlinks.protocol.LinkException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.utils.Time;

/** Requests to brokers of the own cluster, none of which may hold up the others. Thread-safe. */
final class Questions {
    private static final long SILENT_NS = TimeUnit.SECONDS.toNanos(5);

    private final BrokerChannel channel;
    private final Time time;
    private final Map<Integer, Long> silentSinceNs = new ConcurrentHashMap<>();

    Questions(BrokerChannel channel, Time time) {
        this.channel = channel;
        this.time = time;
    }

    /** A request under way. */
    record Asked(int broker, CompletableFuture<AbstractResponse> answer) {
        boolean isOpen() {
            return !answer.isDone();
        }
    }

    /** Asks a broker nothing for a while: a frozen one costs one wait, and not one for each of its groups. */
    void leaveOut(int broker) {
        silentSinceNs.put(broker, time.nanoseconds());
    }

    Asked ask(int broker, AbstractRequest.Builder<? extends AbstractRequest> request) {
        Long sinceNs = silentSinceNs.get(broker);
        if (sinceNs != null && time.nanoseconds() - sinceNs < SILENT_NS) {
            return new Asked(
                    broker,
                    CompletableFuture.failedFuture(
                            LinkException.unavailable("Broker " + broker + " of this cluster did not answer lately.")));
        }
        return new Asked(broker, channel.send(broker, request));
    }

    Deadline within(Duration timeout) {
        return new Deadline(System.nanoTime() + timeout.toNanos());
    }

    /** Time that is left for several answers together. */
    final class Deadline {
        private final long atNs;

        private Deadline(long atNs) {
            this.atNs = atNs;
        }

        /** A request without an answer leaves things as they are; returns whether there was one. */
        boolean ifAnswered(Asked asked, Consumer<AbstractResponse> action) {
            AbstractResponse response;
            try {
                response = asked.answer().get(Math.max(0, atNs - System.nanoTime()), TimeUnit.NANOSECONDS);
            } catch (ExecutionException | TimeoutException e) {
                return false;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw LinkException.unavailable("Interrupted while asking brokers of this cluster.");
            }
            action.accept(response);
            return true;
        }
    }
}
