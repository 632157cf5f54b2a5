// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;
import java.util.function.Predicate;

/** A port of loopback behind which there is another one. How bytes get from one to the other is up to its carrier. */
public final class Tunnel implements AutoCloseable {
    /** Told of each connection; carries its bytes in threads that it has {@link #run}. */
    @FunctionalInterface
    public interface Carrier {
        /** The client has connected, and on its behalf {@code tunnel} to the target. */
        void onConnected(Tunnel tunnel, Socket client, Socket target);
    }

    /** Something that ends with its connection. */
    @FunctionalInterface
    public interface Work {
        /** Does it; an exception is as good an end as any. */
        void run() throws IOException, InterruptedException;
    }

    private final ServerSocket server;
    private final IntSupplier target;
    private final Carrier carrier;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

    private Tunnel(ServerSocket server, IntSupplier target, Carrier carrier) {
        this.server = server;
        this.target = target;
        this.carrier = carrier;
    }

    /**
     * Opens it.
     *
     * @param port to listen on, 0 for any
     * @param target port that it leads to, asked for at each connection
     */
    public static Tunnel open(int port, IntSupplier target, Carrier carrier) {
        try {
            Tunnel tunnel = new Tunnel(new ServerSocket(port, 50, InetAddress.getLoopbackAddress()), target, carrier);
            tunnel.run(tunnel::accept);
            return tunnel;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The port that it listens on. */
    public int port() {
        return server.getLocalPort();
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                run(() -> connect(client));
            } catch (IOException e) {
                // Closed: the loop ends. Otherwise one connection less.
            }
        }
    }

    private void connect(Socket client) {
        try {
            track(client);
            Socket there = new Socket(InetAddress.getLoopbackAddress(), target.getAsInt());
            track(there);
            carrier.onConnected(this, client, there);
        } catch (IOException e) {
            // Nobody listens there now; the client will come again.
            end(client);
        }
    }

    private void track(Socket socket) throws IOException {
        socket.setTcpNoDelay(true);
        sockets.add(socket);
        if (server.isClosed()) {
            end(socket);
        }
    }

    /** Runs {@code work} in a thread of its own and closes {@code ends} after it, however it ends. */
    public void run(Work work, Socket... ends) {
        Thread thread = new Thread(() -> work(work, ends), "tunnel-" + port());
        thread.setDaemon(true);
        thread.start();
    }

    private void work(Work work, Socket... ends) {
        try {
            work.run();
        } catch (IOException | InterruptedException e) {
            // The connection has ended.
        } finally {
            end(ends);
        }
    }

    /** Closes sockets of a connection. */
    public void end(Socket... ends) {
        for (Socket socket : ends) {
            sockets.remove(socket);
            try {
                socket.close();
            } catch (IOException e) {
                // Gone is what it should be.
            }
        }
    }

    /** Ends all connections that there are. */
    public void cut() {
        cut(socket -> true);
    }

    /** Ends those of which one end, a client's or the target's, is such. */
    public void cut(Predicate<Socket> which) {
        sockets.stream().filter(which).forEach(this::end);
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        cut();
    }
}
