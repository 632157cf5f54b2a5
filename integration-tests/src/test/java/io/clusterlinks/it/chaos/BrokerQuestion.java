// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.chaos;

import io.clusterlinks.it.BrokerProcess;
import io.clusterlinks.it.BrokerRequest;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeConfigsRequest;
import org.apache.kafka.common.requests.DescribeConfigsResponse;

/** What one broker says of a resource. */
final class BrokerQuestion {
    private static final short VERSION = 4;
    private static final byte TOPIC = 2;

    private BrokerQuestion() {}

    /** The entries of a resource of type TOPIC as this broker answers them; throws what it answers with. */
    static Map<String, String> describe(BrokerProcess broker, String resource) {
        DescribeConfigsRequest request = new DescribeConfigsRequest.Builder(new DescribeConfigsRequestData()
                        .setResources(List.of(new DescribeConfigsResource()
                                .setResourceType(TOPIC)
                                .setResourceName(resource)
                                .setConfigurationKeys(null))))
                .build(VERSION);
        return entries((DescribeConfigsResponse) BrokerRequest.send(broker, request));
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
