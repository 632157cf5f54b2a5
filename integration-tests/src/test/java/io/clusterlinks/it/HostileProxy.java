// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
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

    private final Tunnel tunnel;
    private volatile int target;
    private final Map<ApiKeys, Mischief> mischiefs = new ConcurrentHashMap<>();
    private final Map<ApiKeys, AtomicLong> requests = new ConcurrentHashMap<>();
    /** Open while this is sane. */
    private volatile CountDownLatch sane = new CountDownLatch(0);

    private HostileProxy(int target) {
        this.target = target;
        tunnel = Tunnel.open(0, () -> this.target, this::onConnected);
    }

    /** A proxy before a port of loopback, sane at first. */
    static HostileProxy before(int port) {
        return new HostileProxy(port);
    }

    int port() {
        return tunnel.port();
    }

    /** Puts another broker behind the address; connections to the one before are closed. */
    void target(int port) {
        target = port;
        tunnel.cut();
    }

    /** From now on links get {@code mischief} in place of answers to requests of that kind. */
    synchronized void misbehave(ApiKeys api, Mischief mischief) {
        if (sane.getCount() == 0) {
            sane = new CountDownLatch(1);
        }
        mischiefs.put(api, mischief);
    }

    /** Is sane again. Connections on which something wrong was said are the client's to give up. */
    synchronized void behave() {
        mischiefs.clear();
        sane.countDown();
    }

    /** Waits until it is sane again, or closed. */
    void awaitSanity() throws InterruptedException {
        sane.await();
    }

    /** Requests of that kind that links have sent so far. */
    long requests(ApiKeys api) {
        return requests.computeIfAbsent(api, key -> new AtomicLong()).get();
    }

    private void onConnected(Tunnel connected, Socket client, Socket broker) {
        Map<Integer, Asked> asked = new ConcurrentHashMap<>();
        connected.run(forEver(() -> forwardRequest(client, broker, asked)), client, broker);
        connected.run(forEver(() -> forwardAnswer(broker, client, asked)), client, broker);
    }

    private static Tunnel.Work forEver(Tunnel.Work work) {
        return () -> {
            while (true) {
                work.run();
            }
        };
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

    @Override
    public void close() {
        tunnel.close();
        behave();
    }
}
