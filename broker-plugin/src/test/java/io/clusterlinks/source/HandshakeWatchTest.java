// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import org.apache.kafka.common.network.InvalidReceiveException;
import org.apache.kafka.common.network.NetworkReceive;
import org.apache.kafka.common.network.TransportLayer;
import org.junit.jupiter.api.Test;

class HandshakeWatchTest {
    private final ByteBuffer sent = ByteBuffer.allocate(2 * ReceiveLimit.MAX_HANDSHAKE_BYTES);
    private final ReceiveLimit limit = new ReceiveLimit(1000);
    private final TransportLayer watched = HandshakeWatch.over(connection(), limit);
    private int bytesPerRead = Integer.MAX_VALUE;

    /** A token of four bytes may well read as a large size. */
    @Test
    void tokensAreNotTakenForSizes() throws IOException {
        send(4).putInt(Integer.MAX_VALUE);
        send(0);
        send(4).putInt(-1);
        send(ReceiveLimit.MAX_HANDSHAKE_BYTES).position(sent.position() + ReceiveLimit.MAX_HANDSHAKE_BYTES);
        sent.flip();

        assertThat(receive().payload().getInt(0)).isEqualTo(Integer.MAX_VALUE);
        assertThat(receive().payload().capacity()).isZero();
        assertThat(receive().payload().getInt(0)).isEqualTo(-1);
        assertThat(receive().payload().capacity()).isEqualTo(ReceiveLimit.MAX_HANDSHAKE_BYTES);

        assertThat(limit.hasRefused()).isFalse();
    }

    @Test
    void whatArrivesBytewiseIsRefusedToo() throws IOException {
        bytesPerRead = 1;
        send(4).putInt(Integer.MAX_VALUE);
        send(ReceiveLimit.MAX_HANDSHAKE_BYTES + 1);
        sent.flip();

        assertThat(receive().payload().getInt(0)).isEqualTo(Integer.MAX_VALUE);
        assertThatThrownBy(this::receive).isInstanceOf(InvalidReceiveException.class);

        assertThat(limit.takeRefusal())
                .hasValueSatisfying(why -> assertThat(why).contains("1048577 bytes"));
    }

    @Test
    void failuresOfTheConnectionArePassedOn() {
        sent.flip();

        assertThatThrownBy(this::receive).isInstanceOf(IOException.class).hasMessage("reset by peer");
    }

    private ByteBuffer send(int sizeBytes) {
        return sent.putInt(sizeBytes);
    }

    private NetworkReceive receive() throws IOException {
        NetworkReceive receive = new NetworkReceive("test");
        while (!receive.complete()) {
            receive.readFrom(watched);
        }
        return receive;
    }

    /** A connection that hands over what was sent, and is reset after that. */
    private TransportLayer connection() {
        return (TransportLayer) Proxy.newProxyInstance(
                TransportLayer.class.getClassLoader(),
                new Class<?>[] {TransportLayer.class},
                (proxy, method, args) -> read((ByteBuffer) args[0]));
    }

    private int read(ByteBuffer into) throws IOException {
        if (into.hasRemaining() && !sent.hasRemaining()) {
            throw new IOException("reset by peer");
        }
        int bytes = Math.min(bytesPerRead, Math.min(into.remaining(), sent.remaining()));
        into.put(into.position(), sent, sent.position(), bytes);
        into.position(into.position() + bytes);
        sent.position(sent.position() + bytes);
        return bytes;
    }
}
