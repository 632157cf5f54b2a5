// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;

/** Ports that lead to the brokers of a source and that can be cut: connections end and new ones are refused. */
public final class LinkProxies implements AutoCloseable {
    private final List<ServerSocket> servers = new CopyOnWriteArrayList<>();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private volatile boolean cut;

    /** A port that leads to {@code target} on loopback. */
    public int open(int target) {
        try {
            ServerSocket server = new ServerSocket(Ports.free(), 50, InetAddress.getLoopbackAddress());
            servers.add(server);
            daemon("proxy-" + target, () -> accept(server, target));
            return server.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What a link is created with. */
    public String bootstrap() {
        return servers.stream()
                .map(server -> "127.0.0.1:" + server.getLocalPort())
                .collect(Collectors.joining(","));
    }

    /** Ends all connections; until {@link #mend} new ones end at once. */
    public void cut() {
        cut = true;
        sockets.forEach(LinkProxies::quietly);
    }

    public void mend() {
        cut = false;
    }

    private void accept(ServerSocket server, int target) {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                daemon("proxy-connection-" + target, () -> connect(client, target));
            } catch (IOException e) {
                // Closed: the loop ends. Otherwise one connection less.
            }
        }
    }

    private void connect(Socket client, int target) {
        try {
            Socket broker = new Socket(InetAddress.getLoopbackAddress(), target);
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
                out.write(buffer, 0, n);
            }
        } catch (IOException e) {
            // A cut; the other end is told by closing it.
        } finally {
            end(from, to);
        }
    }

    private void end(Socket one, Socket other) {
        quietly(one);
        quietly(other);
        sockets.remove(one);
        sockets.remove(other);
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
        servers.forEach(LinkProxies::quietly);
        cut();
    }
}
