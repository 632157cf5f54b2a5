// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;

/** Spreads requests over several channels in turn; none opens a connection before its first request. */
final class StripedChannel implements BrokerChannel, AutoCloseable {
    private final InterBrokerChannel[] channels;
    private final AtomicInteger next = new AtomicInteger();

    StripedChannel(IntFunction<InterBrokerChannel> make, int count) {
        channels = IntStream.range(0, count).mapToObj(make).toArray(InterBrokerChannel[]::new);
    }

    @Override
    public CompletableFuture<AbstractResponse> send(
            int brokerId, AbstractRequest.Builder<? extends AbstractRequest> request) {
        return channels[Math.floorMod(next.getAndIncrement(), channels.length)].send(brokerId, request);
    }

    @Override
    public void close() {
        for (InterBrokerChannel channel : channels) {
            channel.close();
        }
    }
}
