// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class TunnelTest {
    private final ServerSocket far = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Tunnel tunnel = Tunnel.open(0, far::getLocalPort, TunnelTest::carry);

    TunnelTest() throws IOException {}

    @AfterEach
    void close() throws IOException {
        tunnel.close();
        far.close();
    }

    @Test
    void bytesGoBothWays() throws IOException {
        try (Socket near = connect();
                Socket there = far.accept()) {
            near.getOutputStream().write(1);
            assertThat(there.getInputStream().read()).isEqualTo(1);
            there.getOutputStream().write(2);
            assertThat(near.getInputStream().read()).isEqualTo(2);
        }
    }

    @Test
    void oneEndThatIsDoneClosesTheOther() throws IOException {
        try (Socket near = connect();
                Socket there = far.accept()) {
            there.shutdownOutput();
            assertThat(near.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void aCutEndsConnectionsAndNewOnesComeThrough() throws IOException {
        try (Socket near = connect();
                Socket there = far.accept()) {
            tunnel.cut();
            assertThat(near.getInputStream().read()).isEqualTo(-1);
            assertThat(there.getInputStream().read()).isEqualTo(-1);
        }
        bytesGoBothWays();
    }

    @Test
    void aClientOfAnAbsentTargetIsHungUpOn() throws IOException {
        far.close();
        try (Socket near = connect()) {
            assertThat(near.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void nobodyIsLetInAfterItIsClosed() throws IOException {
        try (Socket near = connect();
                Socket there = far.accept()) {
            tunnel.close();
            assertThat(near.getInputStream().read()).isEqualTo(-1);
            assertThat(there.getInputStream().read()).isEqualTo(-1);
        }
        assertThat(isServed()).isFalse();
    }

    /** For an instant after a port is closed the kernel still accepts connections to it, and then resets them. */
    private boolean isServed() {
        try (Socket near = connect()) {
            return near.getInputStream().read() >= 0;
        } catch (IOException e) {
            return false;
        }
    }

    private Socket connect() throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), tunnel.port());
    }

    private static void carry(Tunnel tunnel, Socket client, Socket target) {
        tunnel.run(() -> client.getInputStream().transferTo(target.getOutputStream()), client, target);
        tunnel.run(() -> target.getInputStream().transferTo(client.getOutputStream()), client, target);
    }
}
