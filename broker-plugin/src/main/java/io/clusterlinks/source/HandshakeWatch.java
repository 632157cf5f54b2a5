// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import org.apache.kafka.common.network.NetworkReceive;
import org.apache.kafka.common.network.TransportLayer;

/**
 * Watches what a SASL handshake reads from a connection. {@link NetworkReceive} reads the four bytes of a size into a
 * buffer of their own, then takes memory for that many: a size that is too large is refused as soon as it is complete.
 * A handshake that is repeated on an open connection is watched anew; as there is one request per connection at a time,
 * no other answer arrives meanwhile. For the thread of the network client.
 */
final class HandshakeWatch implements InvocationHandler {
    private final TransportLayer connection;
    private final ReceiveLimit limit;
    /** Bytes to come of the message whose size was read last; a size comes next at 0. */
    private int missingBytes;

    private HandshakeWatch(TransportLayer connection, ReceiveLimit limit) {
        this.connection = connection;
        this.limit = limit;
    }

    /**
     * {@code connection} as a handshake is to see it: its reads throw
     * {@link org.apache.kafka.common.network.InvalidReceiveException} when {@code limit} refuses a size.
     */
    static TransportLayer over(TransportLayer connection, ReceiveLimit limit) {
        return (TransportLayer) Proxy.newProxyInstance(
                TransportLayer.class.getClassLoader(),
                new Class<?>[] {TransportLayer.class},
                new HandshakeWatch(connection, limit));
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] args) throws Throwable {
        Object result;
        try {
            result = method.invoke(connection, args);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
        if (method.getName().equals("read") && args.length == 1 && args[0] instanceof ByteBuffer into) {
            received(into, (int) result);
        }
        return result;
    }

    private void received(ByteBuffer into, int bytes) {
        if (missingBytes > 0) {
            missingBytes -= Math.max(0, bytes);
        } else if (into.capacity() == Integer.BYTES && !into.hasRemaining()) {
            // A negative one is refused by whoever reads it.
            missingBytes = Math.max(0, into.getInt(0));
            limit.requireHandshakeFits(missingBytes);
        }
    }
}
