// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;

/** Finds out what listens on a port by the first bytes it answers. */
final class WireProbe {
    private static final short METADATA_KEY = 3;

    /** ApiVersionsRequest version 0 with correlation id 1 and client id null: every broker answers it, also before SASL. */
    private static final byte[] API_VERSIONS = ByteBuffer.allocate(14)
            .putInt(10)
            .putShort((short) 18)
            .putShort((short) 0)
            .putInt(1)
            .putShort((short) -1)
            .array();

    /** MetadataRequest version 1 for no topics: a listener that requires SASL closes the connection on it. */
    private static final byte[] METADATA = ByteBuffer.allocate(18)
            .putInt(14)
            .putShort(METADATA_KEY)
            .putShort((short) 1)
            .putInt(2)
            .putShort((short) -1)
            .putInt(0)
            .array();

    private static final int TLS_ALERT = 21;
    private static final int TLS_HANDSHAKE = 22;
    private static final int MAX_ANSWER_BYTES = 64 * 1024;

    private WireProbe() {}

    /** What listens. */
    enum Kind {
        KAFKA,
        /** A Kafka broker that serves nothing before SASL. */
        KAFKA_SASL,
        /** A KRaft controller. */
        CONTROLLER,
        TLS,
        /** Accepts, then says nothing. */
        SILENT,
        /** Closes the connection without a word. */
        CLOSED,
        /** Says something that is neither. */
        OTHER
    }

    /** What was found; {@code detail} shows the first bytes of OTHER. */
    record Answer(Kind kind, String detail) {}

    /** Sends Kafka requests in plaintext and reads the first bytes of the answers. */
    static Answer plaintext(String host, int port, int timeoutMs) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), timeoutMs);
            socket.setSoTimeout(timeoutMs);
            socket.getOutputStream().write(API_VERSIONS);
            socket.getOutputStream().flush();
            long deadlineNs = System.nanoTime() + 2_000_000L * timeoutMs;
            byte[] head = readHead(socket.getInputStream(), 8, deadlineNs);
            Answer answer = head.length == 0 ? new Answer(Kind.CLOSED, "") : classify(head);
            return answer.kind() == Kind.KAFKA
                    ? kafka(socket, ByteBuffer.wrap(head).getInt() - 4, deadlineNs)
                    : answer;
        } catch (SocketTimeoutException e) {
            return new Answer(Kind.SILENT, "");
        } catch (IOException e) {
            return new Answer(Kind.CLOSED, "");
        }
    }

    /** Looks closer at what speaks Kafka's protocol; {@code bytes} of its first answer are still to be read. */
    private static Answer kafka(Socket socket, int bytes, long deadlineNs) throws IOException {
        ByteBuffer apis = ByteBuffer.wrap(readHead(socket.getInputStream(), bytes, deadlineNs));
        if (apis.remaining() >= 6 && apis.getShort() == 0 && !offersMetadata(apis)) {
            return new Answer(Kind.CONTROLLER, "");
        }
        socket.getOutputStream().write(METADATA);
        socket.getOutputStream().flush();
        boolean closed;
        try {
            closed = readHead(socket.getInputStream(), 8, deadlineNs).length == 0;
        } catch (SocketException e) {
            closed = true;
        }
        return new Answer(closed ? Kind.KAFKA_SASL : Kind.KAFKA, "");
    }

    private static boolean offersMetadata(ByteBuffer apis) {
        for (int left = apis.getInt(); left > 0 && apis.remaining() >= 6; left--) {
            if (apis.getShort() == METADATA_KEY) {
                return true;
            }
            apis.getInt();
        }
        return false;
    }

    /** Up to so many bytes; one that sends them one by one is not waited for. */
    private static byte[] readHead(InputStream in, int bytes, long deadlineNs) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        try {
            while (head.size() < bytes) {
                if (System.nanoTime() > deadlineNs) {
                    throw new SocketTimeoutException("too slow");
                }
                int next = in.read();
                if (next < 0) {
                    break;
                }
                head.write(next);
            }
        } catch (SocketTimeoutException e) {
            if (head.size() == 0) {
                throw e;
            }
        }
        return head.toByteArray();
    }

    /** An answer in Kafka's protocol is a plausible size, then our correlation id. */
    static Answer classify(byte[] head) {
        if (head.length >= 8) {
            ByteBuffer buffer = ByteBuffer.wrap(head);
            int size = buffer.getInt();
            if (size > 4 && size <= MAX_ANSWER_BYTES && buffer.getInt() == 1) {
                return new Answer(Kind.KAFKA, "");
            }
        }
        if (head.length >= 2 && (head[0] == TLS_ALERT || head[0] == TLS_HANDSHAKE) && head[1] == 3) {
            return new Answer(Kind.TLS, "");
        }
        String text = new String(head, StandardCharsets.ISO_8859_1).replaceAll("[^\\x20-\\x7e]", ".");
        return new Answer(Kind.OTHER, text.startsWith("HTTP") ? "HTTP" : "'" + text + "'");
    }

    /** A port that closes or keeps silent may expect TLS: tries a handshake. Certificates do not matter here. */
    static Answer refine(Answer answer, String host, int port, int timeoutMs) {
        if (answer.kind() != Kind.CLOSED && answer.kind() != Kind.SILENT) {
            return answer;
        }
        try (SSLSocket socket =
                (SSLSocket) SSLContext.getDefault().getSocketFactory().createSocket()) {
            socket.connect(new InetSocketAddress(host, port), timeoutMs);
            socket.setSoTimeout(Math.min(timeoutMs, 1000));
            socket.startHandshake();
            return new Answer(Kind.TLS, "");
        } catch (SSLException e) {
            boolean spokeTls =
                    e.getCause() != null || String.valueOf(e.getMessage()).contains("alert");
            return spokeTls && !String.valueOf(e.getMessage()).contains("terminated")
                    ? new Answer(Kind.TLS, "")
                    : answer;
        } catch (IOException | java.security.GeneralSecurityException e) {
            return answer;
        }
    }
}
