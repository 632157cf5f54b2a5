// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/** Ports that lead to the brokers of a cluster, and what a network does to connections: it cuts, slows, swallows, leads astray. */
public final class LinkProxies implements AutoCloseable {
    private static final long STALL_POLL_NS = Duration.ofMillis(20).toNanos();

    private final List<Proxy> proxies = new CopyOnWriteArrayList<>();
    /** What is held back before every piece of up to 64 KiB. */
    private volatile long delayMs;
    /** Where all ports lead for now; -1 if each to its broker. */
    private volatile int detour = -1;

    /** Processes that are cut off, and how. */
    private final Map<Long, CutOff> cutOff = new ConcurrentHashMap<>();

    private volatile boolean closed;

    /** Whom a process that is cut off does not reach, and who does not reach it. */
    public enum CutOff {
        FROM_OTHERS,
        FROM_AND_FOR_OTHERS
    }

    /** A port that leads to {@code target} on loopback. */
    public int open(int target) {
        Proxy proxy = new Proxy(target);
        proxies.add(proxy);
        return proxy.tunnel.port();
    }

    public boolean isEmpty() {
        return proxies.isEmpty();
    }

    /** What a link is created with. */
    public String bootstrap() {
        return proxies.stream().map(proxy -> "127.0.0.1:" + proxy.tunnel.port()).collect(Collectors.joining(","));
    }

    /** Ends all connections; until {@link #mend} new ones end at once. */
    public void cut() {
        proxies.forEach(Proxy::cut);
    }

    /** Does so to one broker's connections; {@code pick} is taken modulo the number of brokers. */
    public void cutOne(int pick) {
        proxies.get(pick % proxies.size()).cut();
    }

    /** Ends the connections of a process, and lets it through nowhere until {@link #mend}. Needs Linux, elsewhere it does nothing. */
    public void cutOff(long pid, CutOff how) {
        cutOff.put(pid, how);
        proxies.forEach(Proxy::cutConnections);
    }

    /** Holds every piece of up to 64 KiB back for so long. */
    public void slow(long ms) {
        delayMs = ms;
    }

    /** Swallows all bytes, without closing a connection, until {@link #mend}. */
    public void stall() {
        proxies.forEach(proxy -> proxy.stalled = true);
    }

    /** Does so to one broker's connections; {@code pick} is taken modulo the number of brokers. */
    public void stallOne(int pick) {
        proxies.get(pick % proxies.size()).stalled = true;
    }

    /** Ends all connections; until {@link #mend} every port leads to {@code target}, which is no broker of the source. */
    public void detour(int target) {
        detour = target;
        proxies.forEach(proxy -> proxy.tunnel.cut());
    }

    /** All is well again; what was held back arrives, and who was led astray has to connect anew. */
    public void mend() {
        if (detour >= 0) {
            detour = -1;
            proxies.forEach(proxy -> proxy.tunnel.cut());
        }
        delayMs = 0;
        cutOff.clear();
        proxies.forEach(proxy -> {
            proxy.cut = false;
            proxy.stalled = false;
        });
    }

    @Override
    public void close() {
        closed = true;
        proxies.forEach(proxy -> proxy.tunnel.close());
    }

    /** The way to one broker. */
    private final class Proxy {
        private final int target;
        private final Tunnel tunnel;
        private volatile boolean cut;
        /** Whether connections stay open and nothing comes through. */
        private volatile boolean stalled;

        private Proxy(int target) {
            this.target = target;
            tunnel = Tunnel.open(Ports.free(), () -> detour >= 0 ? detour : target, this::onConnected);
        }

        private void cut() {
            cut = true;
            tunnel.cut();
        }

        /** Of processes that are cut off. */
        private void cutConnections() {
            cutOff.forEach((pid, how) -> {
                Set<Integer> ports = ProcessPorts.of(pid);
                tunnel.cut(client -> isCutOff(how, ports, client));
            });
        }

        private boolean isCutOff(Socket client) {
            return cutOff.entrySet().stream()
                    .anyMatch(entry -> isCutOff(entry.getValue(), ProcessPorts.of(entry.getKey()), client));
        }

        private boolean isCutOff(CutOff how, Set<Integer> ports, Socket client) {
            return ports.contains(client.getPort()) || (how == CutOff.FROM_AND_FOR_OTHERS && ports.contains(target));
        }

        private void onConnected(Tunnel connected, Socket client, Socket broker) {
            if (cut || isCutOff(client)) {
                connected.end(client, broker);
                return;
            }
            connected.run(() -> copy(client, broker), client, broker);
            connected.run(() -> copy(broker, client), client, broker);
        }

        private void copy(Socket from, Socket to) throws IOException {
            byte[] buffer = new byte[65_536];
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                holdBack();
                out.write(buffer, 0, n);
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
    }
}
