// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class HostileProxyTest {
    private static final String LINK = "cluster-link-east";

    private final ServerSocket broker = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final HostileProxy proxy = HostileProxy.before(broker.getLocalPort());

    HostileProxyTest() throws IOException {}

    @AfterEach
    void close() throws IOException {
        proxy.close();
        broker.close();
    }

    @Test
    void onlyLinksAreWronged() throws IOException {
        proxy.misbehave(ApiKeys.METADATA, Mischiefs::wrongCorrelationId);
        try (Socket client = connect();
                Socket there = broker.accept()) {
            ask(client, there, "somebody");
            assertThat(answer(client)).isEqualTo(7);
            ask(client, there, LINK);
            assertThat(answer(client)).isEqualTo(8);
        }
        assertThat(proxy.requests(ApiKeys.METADATA)).isEqualTo(1);
    }

    @Test
    void aStallLastsUntilTheProxyIsSane() throws IOException {
        proxy.misbehave(ApiKeys.METADATA, Mischiefs.stall(proxy));
        try (Socket client = connect();
                Socket there = broker.accept()) {
            ask(client, there, LINK);
            DataInputStream in = new DataInputStream(client.getInputStream());
            assertThat(in.readInt()).isEqualTo(4);
            assertThat(in.readNBytes(2)).hasSize(2);
            assertThat(in.available()).isZero();

            proxy.behave();

            assertThat(in.read()).isEqualTo(-1);
        }
    }

    private Socket connect() throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    }

    /** Sends a request with correlation id 7 through the proxy, and a broker's answer that is nothing but that id. */
    private static void ask(Socket client, Socket there, String clientId) throws IOException {
        byte[] id = clientId.getBytes(StandardCharsets.UTF_8);
        ByteBuffer request = ByteBuffer.allocate(10 + id.length);
        request.putShort(ApiKeys.METADATA.id).putShort((short) 12).putInt(7);
        request.putShort((short) id.length).put(id);
        write(client, request.array());
        DataInputStream in = new DataInputStream(there.getInputStream());
        assertThat(in.readNBytes(in.readInt())).isEqualTo(request.array());
        write(there, new byte[] {0, 0, 0, 7});
    }

    private static void write(Socket to, byte[] bytes) throws IOException {
        DataOutputStream out = new DataOutputStream(to.getOutputStream());
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static int answer(Socket client) throws IOException {
        DataInputStream in = new DataInputStream(client.getInputStream());
        assertThat(in.readInt()).isEqualTo(4);
        return in.readInt();
    }
}
