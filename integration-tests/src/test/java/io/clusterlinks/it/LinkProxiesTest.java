// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.it.LinkProxies.CutOff;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@Timeout(30)
@EnabledOnOs(OS.LINUX)
class LinkProxiesTest {
    private final long self = ProcessHandle.current().pid();
    private final ServerSocket far = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final LinkProxies proxies = new LinkProxies();
    private final int port = proxies.open(far.getLocalPort());

    LinkProxiesTest() throws IOException {}

    @AfterEach
    void close() throws IOException {
        proxies.close();
        far.close();
    }

    @Test
    void whatAProcessListensAndConnectsWithIsKnown() throws IOException {
        try (Socket near = connect()) {
            assertThat(ProcessPorts.of(self)).contains(far.getLocalPort(), near.getLocalPort());
        }
        assertThat(ProcessPorts.of(1L << 40)).isEmpty();
    }

    @Test
    void aProcessThatIsCutOffReachesNobodyUntilAllIsMended() throws IOException {
        try (Socket near = connect()) {
            far.accept();
            proxies.cutOff(self, CutOff.FROM_OTHERS);
            assertThat(near.getInputStream().read()).isEqualTo(-1);
        }
        try (Socket near = connect()) {
            assertThat(near.getInputStream().read()).isEqualTo(-1);
        }
        proxies.mend();
        far.accept();
        try (Socket near = connect();
                Socket there = far.accept()) {
            there.getOutputStream().write(1);
            assertThat(near.getInputStream().read()).isEqualTo(1);
        }
    }

    @Test
    void othersAreLetThrough() throws IOException {
        try (Socket near = connect();
                Socket there = far.accept()) {
            proxies.cutOff(1L << 40, CutOff.FROM_AND_FOR_OTHERS);
            there.getOutputStream().write(1);
            assertThat(near.getInputStream().read()).isEqualTo(1);
        }
    }

    private Socket connect() throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), port);
    }
}
