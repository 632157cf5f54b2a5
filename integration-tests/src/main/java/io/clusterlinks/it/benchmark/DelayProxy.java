// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import io.clusterlinks.it.Tunnel;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A long line: each byte arrives half a round trip after it was sent, as many of them under way as are sent. Per
 * connection and direction one thread reads at once and stamps, another writes when it is due; the queue between them is
 * the line, and has no bound, since one would limit throughput.
 */
final class DelayProxy implements AutoCloseable {
    private static final int CHUNK = 256 * 1024;

    private record Chunk(byte[] bytes, long arrivedNs) {}

    private static final Chunk END = new Chunk(new byte[0], 0);

    private final Tunnel tunnel;
    private volatile long delayNs;

    private DelayProxy(int target) {
        tunnel = Tunnel.open(0, () -> target, this::onConnected);
    }

    /** A proxy before a port of loopback, without delay at first. */
    static DelayProxy before(int port) {
        return new DelayProxy(port);
    }

    int port() {
        return tunnel.port();
    }

    void roundTrip(long ms) {
        delayNs = TimeUnit.MILLISECONDS.toNanos(ms) / 2;
    }

    private void onConnected(Tunnel connected, Socket client, Socket broker) {
        carry(connected, client, broker);
        carry(connected, broker, client);
    }

    private void carry(Tunnel connected, Socket from, Socket to) {
        BlockingQueue<Chunk> line = new LinkedBlockingQueue<>();
        connected.run(() -> read(from, line), from);
        connected.run(() -> write(line, to), to);
    }

    private static void read(Socket from, BlockingQueue<Chunk> line) throws IOException {
        byte[] buffer = new byte[CHUNK];
        try {
            InputStream in = from.getInputStream();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                line.add(new Chunk(Arrays.copyOf(buffer, n), System.nanoTime()));
            }
        } finally {
            line.add(END);
        }
    }

    private void write(BlockingQueue<Chunk> line, Socket to) throws IOException, InterruptedException {
        OutputStream out = to.getOutputStream();
        for (Chunk chunk = line.take(); chunk != END; chunk = line.take()) {
            long due = chunk.arrivedNs + delayNs;
            for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
                LockSupport.parkNanos(wait);
            }
            out.write(chunk.bytes);
        }
    }

    @Override
    public void close() {
        tunnel.close();
    }
}
