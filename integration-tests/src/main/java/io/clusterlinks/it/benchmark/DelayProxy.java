// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.benchmark;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
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

    private final ServerSocket server;
    private final int target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private volatile long delayNs;
    private volatile boolean closed;

    private DelayProxy(ServerSocket server, int target) {
        this.server = server;
        this.target = target;
    }

    /** A proxy before a port of loopback, without delay at first. */
    static DelayProxy before(int port) {
        try {
            DelayProxy proxy = new DelayProxy(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), port);
            proxy.spawn("accept", proxy::accept);
            return proxy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int port() {
        return server.getLocalPort();
    }

    void roundTrip(long ms) {
        delayNs = TimeUnit.MILLISECONDS.toNanos(ms) / 2;
    }

    private void accept() throws IOException {
        while (!closed) {
            Socket client = track(server.accept());
            try {
                Socket broker = new Socket();
                broker.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
                track(broker);
                pump(client, broker);
                pump(broker, client);
            } catch (IOException e) {
                // The broker is not up yet; the client will come again.
                client.close();
            }
        }
    }

    private Socket track(Socket socket) throws IOException {
        socket.setTcpNoDelay(true);
        sockets.add(socket);
        return socket;
    }

    private void pump(Socket from, Socket to) {
        BlockingQueue<Chunk> line = new LinkedBlockingQueue<>();
        spawn("read", () -> {
            try {
                read(from.getInputStream(), line);
            } finally {
                line.add(END);
                close(from);
            }
        });
        spawn("write", () -> {
            try {
                write(line, to.getOutputStream());
            } finally {
                close(to);
            }
        });
    }

    private static void read(InputStream in, BlockingQueue<Chunk> line) throws IOException {
        byte[] buffer = new byte[CHUNK];
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            line.add(new Chunk(Arrays.copyOf(buffer, n), System.nanoTime()));
        }
        throw new EOFException();
    }

    private void write(BlockingQueue<Chunk> line, OutputStream out) throws IOException, InterruptedException {
        for (Chunk chunk = line.take(); chunk != END; chunk = line.take()) {
            long due = chunk.arrivedNs + delayNs;
            for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime()) {
                LockSupport.parkNanos(wait);
            }
            out.write(chunk.bytes);
        }
    }

    private interface Work {
        void run() throws IOException, InterruptedException;
    }

    private void spawn(String what, Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException | InterruptedException e) {
                        // The connection has ended.
                    }
                },
                "delay-proxy-" + what);
        thread.setDaemon(true);
        thread.start();
    }

    private void close(Socket socket) {
        sockets.remove(socket);
        try {
            socket.close();
        } catch (IOException e) {
            // Gone is what it should be.
        }
    }

    @Override
    public void close() {
        closed = true;
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        sockets.forEach(this::close);
    }
}
