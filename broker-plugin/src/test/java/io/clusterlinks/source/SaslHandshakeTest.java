// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.record.LinkRecord;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.ApiVersions;
import org.apache.kafka.clients.ManualMetadataUpdater;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.security.authenticator.AbstractLogin;
import org.apache.kafka.common.utils.Time;
import org.junit.jupiter.api.Test;

class SaslHandshakeTest {
    private static final long MAX_ALLOCATED_BYTES = 50L * 1024 * 1024;

    /**
     * A link that is told SASL_PLAINTEXT where TLS is spoken took 352 MB of the broker's heap at each attempt: that is
     * how the first four bytes of the alert read as a size.
     */
    @Test
    void noMemoryIsTakenForATlsAlert() throws Exception {
        assertRefused(new byte[] {21, 3, 3, 0, 2, 2, 70}, 0x15030300);
    }

    @Test
    void noMemoryIsTakenForAnHttpAnswer() throws Exception {
        byte[] answer = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        assertRefused(answer, 0x48545450);
    }

    private static void assertRefused(byte[] answer, int announcedBytes) throws Exception {
        try (Peer peer = new Peer(answer);
                SourceConnection connection = connection(peer.address())) {
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long thread = Thread.currentThread().getId();
            long before = threads.getThreadAllocatedBytes(thread);

            assertThatThrownBy(() -> connection.connectTo(peer.node(), 4000))
                    .isInstanceOf(LinkException.class)
                    .hasMessageContaining(peer.address())
                    .hasMessageContaining(announcedBytes + " bytes")
                    .hasMessageContaining("security.protocol");

            assertThat(threads.getThreadAllocatedBytes(thread) - before).isLessThan(MAX_ALLOCATED_BYTES);
        }
    }

    /** Logins are shared between clients and counted: one that is not given back lives, and refreshes itself, for good. */
    @Test
    void aClientThatCannotBeMadeGivesBackItsLogin() {
        Map<String, Object> configs = new HashMap<>(configs("127.0.0.1:1"));
        configs.put("sasl.login.callback.handler.class", Login.class.getName());
        SourceNetwork network = new SourceNetwork(new ReceiveLimit(1000), null, new ApiVersions(), Time.SYSTEM);

        // The selector cannot be made without metrics.
        assertThatThrownBy(() -> network.client(new AdminClientConfig(configs), "test", new ManualMetadataUpdater()))
                .isInstanceOf(NullPointerException.class);

        assertThat(Login.CLOSED).hasValue(1);
    }

    private static SourceConnection connection(String address) {
        Map<String, String> configs = configs(address);
        LinkRecord link = new LinkRecord(1, "east", "source-cluster", configs, false, 1);
        return new SourceConnection(link, LinkConfig.parse(configs), "test", Time.SYSTEM);
    }

    private static Map<String, String> configs(String address) {
        return Map.of(
                "bootstrap.servers",
                address,
                "security.protocol",
                "SASL_PLAINTEXT",
                "sasl.mechanism",
                "PLAIN",
                "sasl.jaas.config",
                "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"a\" password=\"b\";");
    }

    /** Counts the logins that were given back. */
    public static final class Login extends AbstractLogin.DefaultLoginCallbackHandler {
        static final AtomicInteger CLOSED = new AtomicInteger();

        @Override
        public void close() {
            CLOSED.incrementAndGet();
        }
    }

    /** Answers the first bytes of one connection, whatever they are, and leaves it open. */
    private static final class Peer implements AutoCloseable {
        private final ServerSocket server = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
        private final byte[] answer;

        Peer(byte[] answer) throws IOException {
            this.answer = answer;
            Thread thread = new Thread(this::serve, "peer");
            thread.setDaemon(true);
            thread.start();
        }

        String address() {
            return "127.0.0.1:" + server.getLocalPort();
        }

        Node node() {
            return new Node(1, "127.0.0.1", server.getLocalPort());
        }

        private void serve() {
            try (Socket socket = server.accept()) {
                if (socket.getInputStream().read(new byte[1000]) > 0) {
                    socket.getOutputStream().write(answer);
                }
                // Until the other side hangs up.
                socket.getInputStream().readAllBytes();
            } catch (IOException e) {
                // The test is over.
            }
        }

        @Override
        public void close() throws IOException {
            server.close();
        }
    }
}
