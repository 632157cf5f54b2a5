// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/** Ports that lead to the brokers of a source, and what a network does to connections: it cuts, slows, swallows. */
public final class LinkProxies implements AutoCloseable {
    private static final long STALL_POLL_NS = Duration.ofMillis(20).toNanos();

    private final List<Proxy> proxies = new CopyOnWriteArrayList<>();
    /** What is held back before every piece of up to 64 KiB. */
    private volatile long delayMs;
    /** Whether connections stay open and nothing comes through. */
    private volatile boolean stalled;

    private volatile boolean closed;

    /** A port that leads to {@code target} on loopback. */
    public int open(int target) {
        try {
            ServerSocket server = new ServerSocket(Ports.free(), 50, InetAddress.getLoopbackAddress());
            Proxy proxy = new Proxy(server, target);
            proxies.add(proxy);
            daemon("proxy-" + target, proxy::accept);
            return server.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a link is created with. */
    public String bootstrap() {
        return proxies.stream()
                .map(proxy -> "127.0.0.1:" + proxy.server.getLocalPort())
                .collect(Collectors.joining(","));
    }

    /** Ends all connections; until {@link #mend} new ones end at once. */
    public void cut() {
        proxies.forEach(Proxy::cut);
    }

    /** Does so to one broker's connections; {@code pick} is taken modulo the number of brokers. */
    public void cutOne(int pick) {
        proxies.get(pick % proxies.size()).cut();
    }

    /** Holds every piece of up to 64 KiB back for so long. */
    public void slow(long ms) {
        delayMs = ms;
    }

    /** Swallows all bytes, without closing a connection, until {@link #mend}. */
    public void stall() {
        stalled = true;
    }

    /** All is well again; what was held back arrives. */
    public void mend() {
        delayMs = 0;
        stalled = false;
        proxies.forEach(proxy -> proxy.cut = false);
    }

    private static void daemon(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private static void quietly(AutoCloseable closeable) {
        try {
            closeable.close();
        } catch (Exception e) {
            // It is closed, or never was open.
        }
    }

    @Override
    public void close() {
        closed = true;
        proxies.forEach(proxy -> quietly(proxy.server));
        cut();
    }

    /** The way to one broker. */
    private final class Proxy {
        private final ServerSocket server;
        private final int target;
        private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
        private volatile boolean cut;

        private Proxy(ServerSocket server, int target) {
            this.server = server;
            this.target = target;
        }

        private void cut() {
            cut = true;
            sockets.forEach(LinkProxies::quietly);
        }

        private void accept() {
            while (!server.isClosed()) {
                try {
                    Socket client = server.accept();
                    daemon("proxy-connection-" + target, () -> connect(client));
                } catch (IOException e) {
                    // Closed: the loop ends. Otherwise one connection less.
                }
            }
        }

        private void connect(Socket client) {
            try {
                Socket broker = new Socket(InetAddress.getLoopbackAddress(), target);
                client.setTcpNoDelay(true);
                broker.setTcpNoDelay(true);
                sockets.add(client);
                sockets.add(broker);
                if (cut) {
                    end(client, broker);
                    return;
                }
                daemon("proxy-back-" + target, () -> copy(broker, client));
                copy(client, broker);
            } catch (IOException e) {
                quietly(client);
            }
        }

        private void copy(Socket from, Socket to) {
            byte[] buffer = new byte[65_536];
            try {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    holdBack();
                    out.write(buffer, 0, n);
                }
            } catch (IOException e) {
                // A cut; the other end is told by closing it.
            } finally {
                end(from, to);
            }
        }

        private void holdBack() {
            if (delayMs > 0) {
                LockSupport.parkNanos(Duration.ofMillis(delayMs).toNanos());
            }
            while (stalled && !closed) {
                LockSupport.parkNanos(STALL_POLL_NS);
            }
        }

        private void end(Socket one, Socket other) {
            quietly(one);
            quietly(other);
            sockets.remove(one);
            sockets.remove(other);
        }
    }
}
