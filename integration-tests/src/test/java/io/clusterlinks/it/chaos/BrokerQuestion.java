// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.chaos;

import io.clusterlinks.it.BrokerProcess;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.DescribeConfigsRequest;
import org.apache.kafka.common.requests.DescribeConfigsResponse;
import org.apache.kafka.common.requests.RequestHeader;

/** Asks one broker and no other: an admin client picks its own. */
final class BrokerQuestion {
    private static final short VERSION = 4;
    private static final byte TOPIC = 2;
    private static final int TIMEOUT_MS = 15_000;

    private BrokerQuestion() {}

    /** The entries of a resource of type TOPIC as this broker answers them; throws what it answers with. */
    static Map<String, String> describe(BrokerProcess broker, String resource) {
        DescribeConfigsRequest request = new DescribeConfigsRequest.Builder(new DescribeConfigsRequestData()
                        .setResources(List.of(new DescribeConfigsResource()
                                .setResourceType(TOPIC)
                                .setResourceName(resource)
                                .setConfigurationKeys(null))))
                .build(VERSION);
        RequestHeader header = new RequestHeader(ApiKeys.DESCRIBE_CONFIGS, VERSION, "question", 1);
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), broker.port())) {
            socket.setSoTimeout(TIMEOUT_MS);
            ByteBuffer bytes = request.serializeWithHeader(header);
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            out.writeInt(bytes.remaining());
            out.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
            out.flush();
            DataInputStream in = new DataInputStream(socket.getInputStream());
            byte[] answer = in.readNBytes(in.readInt());
            return entries((DescribeConfigsResponse) AbstractResponse.parseResponse(ByteBuffer.wrap(answer), header));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, String> entries(DescribeConfigsResponse response) {
        DescribeConfigsResult result = response.data().results().get(0);
        if (result.errorCode() != Errors.NONE.code()) {
            throw Errors.forCode(result.errorCode()).exception(result.errorMessage());
        }
        Map<String, String> entries = new TreeMap<>();
        result.configs().forEach(config -> entries.put(config.name(), config.value()));
        return entries;
    }
}
