// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestHeader;

/** A request to one broker and no other: an admin client picks its own. */
public final class BrokerRequest {
    private static final int TIMEOUT_MS = 15_000;

    private BrokerRequest() {}

    /** Sends {@code request} over a connection of its own and waits for the answer. */
    public static AbstractResponse send(BrokerProcess broker, AbstractRequest request) {
        RequestHeader header = new RequestHeader(request.apiKey(), request.version(), "question", 1);
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), broker.port())) {
            socket.setSoTimeout(TIMEOUT_MS);
            ByteBuffer bytes = request.serializeWithHeader(header);
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            out.writeInt(bytes.remaining());
            out.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
            out.flush();
            DataInputStream in = new DataInputStream(socket.getInputStream());
            byte[] answer = in.readNBytes(in.readInt());
            return AbstractResponse.parseResponse(ByteBuffer.wrap(answer), header);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
