// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * A source broker that is hostile to links, and a sane one to everybody else: stands before a real broker, understands
 * whose answer to what goes by, and gives it to a {@link Mischief} if there is one for that kind of request.
 */
final class HostileProxy implements AutoCloseable {
    private static final String LINKS = "cluster-link-";

    /** Does what it wants with an answer. */
    @FunctionalInterface
    interface Mischief {
        /** Writes to {@code out} in place of {@code answer}; throws to have the connection closed. */
        void answer(Answer answer, DataOutputStream out) throws IOException, InterruptedException;
    }

    /** A whole answer, from its correlation id on, without the size before it. */
    record Answer(ApiKeys api, short version, byte[] bytes) {}

    private record Asked(ApiKeys api, short version, boolean byLink) {}

    private final ServerSocket server;
    private volatile int target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final Map<ApiKeys, Mischief> mischiefs = new ConcurrentHashMap<>();
    private final Map<ApiKeys, AtomicLong> requests = new ConcurrentHashMap<>();
    private volatile boolean closed;

    private HostileProxy(ServerSocket server, int target) {
        this.server = server;
        this.target = target;
    }

    /** A proxy before a port of loopback, sane at first. */
    static HostileProxy before(int port) {
        try {
            HostileProxy proxy = new HostileProxy(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), port);
            proxy.spawn(proxy::accept);
            return proxy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    int port() {
        return server.getLocalPort();
    }

    /** Puts another broker behind the address; connections to the one before are closed. */
    void target(int port) {
        target = port;
        sockets.forEach(this::close);
    }

    /** From now on links get {@code mischief} in place of answers to requests of that kind. */
    void misbehave(ApiKeys api, Mischief mischief) {
        mischiefs.put(api, mischief);
    }

    /** Is sane again. Connections on which something wrong was said are the client's to give up. */
    void behave() {
        mischiefs.clear();
    }

    boolean misbehaves() {
        return !mischiefs.isEmpty() && !closed;
    }

    /** Requests of that kind that links have sent so far. */
    long requests(ApiKeys api) {
        return requests.computeIfAbsent(api, key -> new AtomicLong()).get();
    }

    private void accept() throws IOException {
        while (!closed) {
            Socket client = track(server.accept());
            try {
                Socket broker = new Socket();
                broker.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
                track(broker);
                Map<Integer, Asked> asked = new ConcurrentHashMap<>();
                spawn(() -> pump(client, broker, () -> forwardRequest(client, broker, asked)));
                spawn(() -> pump(broker, client, () -> forwardAnswer(broker, client, asked)));
            } catch (IOException e) {
                // The broker is not up; the client will come again.
                close(client);
            }
        }
    }

    private void pump(Socket from, Socket to, Work work) throws IOException, InterruptedException {
        try {
            while (!closed) {
                work.run();
            }
        } finally {
            close(from);
            close(to);
        }
    }

    private void forwardRequest(Socket client, Socket broker, Map<Integer, Asked> asked) throws IOException {
        byte[] request = read(client);
        ByteBuffer header = ByteBuffer.wrap(request);
        ApiKeys api = ApiKeys.forId(header.getShort());
        short version = header.getShort();
        int correlationId = header.getInt();
        short length = header.getShort();
        String clientId = length < 0 ? "" : new String(request, header.position(), length, StandardCharsets.UTF_8);
        boolean byLink = clientId.startsWith(LINKS);
        if (byLink) {
            requests.computeIfAbsent(api, key -> new AtomicLong()).incrementAndGet();
        }
        asked.put(correlationId, new Asked(api, version, byLink));
        write(broker, request);
    }

    private void forwardAnswer(Socket broker, Socket client, Map<Integer, Asked> asked)
            throws IOException, InterruptedException {
        byte[] answer = read(broker);
        Asked to = asked.remove(ByteBuffer.wrap(answer).getInt());
        Mischief mischief = to == null || !to.byLink() ? null : mischiefs.get(to.api());
        if (mischief == null) {
            write(client, answer);
        } else {
            DataOutputStream out = new DataOutputStream(client.getOutputStream());
            mischief.answer(new Answer(to.api(), to.version(), answer), out);
            out.flush();
        }
    }

    private static byte[] read(Socket from) throws IOException {
        DataInputStream in = new DataInputStream(from.getInputStream());
        byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        return bytes;
    }

    private static void write(Socket to, byte[] bytes) throws IOException {
        to.getOutputStream()
                .write(ByteBuffer.allocate(4 + bytes.length)
                        .putInt(bytes.length)
                        .put(bytes)
                        .array());
    }

    private Socket track(Socket socket) throws IOException {
        socket.setTcpNoDelay(true);
        sockets.add(socket);
        return socket;
    }

    /** Something that ends with its connection. */
    private interface Work {
        void run() throws IOException, InterruptedException;
    }

    private void spawn(Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException | InterruptedException e) {
                        // The connection has ended.
                    }
                },
                "hostile-proxy");
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
