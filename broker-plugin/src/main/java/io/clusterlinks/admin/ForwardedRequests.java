// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import io.clusterlinks.admin.Alteration.Op;
import io.clusterlinks.coordinator.Entry;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.WireContract;
import java.util.List;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.DescribeConfigsRequest;
import org.apache.kafka.common.requests.DescribeConfigsResponse;
import org.apache.kafka.common.requests.IncrementalAlterConfigsRequest;
import org.apache.kafka.common.requests.IncrementalAlterConfigsResponse;

/** The requests with which brokers speak to the coordinator: those of clients, marked as forwarded. */
final class ForwardedRequests {
    /** What a stock broker answers to a request that names one resource several times. */
    private static final String STOCK_REFUSAL = "Each resource must appear at most once.";

    private ForwardedRequests() {}

    /** A request with alterations, which may name one resource several times; they are answered in order. */
    static final class Alterations {
        private final IncrementalAlterConfigsRequestData data;

        Alterations(boolean validateOnly) {
            data = new IncrementalAlterConfigsRequestData().setValidateOnly(validateOnly);
        }

        void add(Alteration alteration, String principal) {
            AlterConfigsResource resource = new AlterConfigsResource()
                    .setResourceType(ConfigResource.Type.TOPIC.id())
                    .setResourceName(alteration.name());
            resource.configs().add(config(new Op(WireContract.FORWARDED_PRINCIPAL, OpType.SET, principal)));
            alteration.ops().stream()
                    .flatMap(op -> LongValues.split(op).stream())
                    .forEach(op -> resource.configs().add(config(op)));
            data.resources().add(resource);
        }

        IncrementalAlterConfigsRequest.Builder request() {
            return new IncrementalAlterConfigsRequest.Builder(data);
        }
    }

    private static AlterableConfig config(Op op) {
        return new AlterableConfig()
                .setName(op.name())
                .setConfigOperation(op.type().id())
                .setValue(op.value());
    }

    /** Throws what the alteration at {@code index} of the request was refused for, if it was. */
    static void throwIfRefused(int leader, AbstractResponse response, int index) {
        AlterConfigsResourceResponse result =
                ((IncrementalAlterConfigsResponse) response).data().responses().get(index);
        // A stock broker takes the mark for a topic config that it does not know.
        String message = result.errorMessage();
        if (message != null && (message.contains(WireContract.FORWARDED_PRINCIPAL) || message.equals(STOCK_REFUSAL))) {
            throw withoutPlugin(leader);
        }
        throwIfError(result.errorCode(), result.errorMessage());
    }

    /** A describe request is marked as forwarded by the one config name it asks for of each resource. */
    static DescribeConfigsRequest.Builder describe(List<LinkResource> resources) {
        DescribeConfigsRequestData data = new DescribeConfigsRequestData();
        resources.forEach(resource -> data.resources()
                .add(new DescribeConfigsResource()
                        .setResourceType(ConfigResource.Type.TOPIC.id())
                        .setResourceName(resource.resourceName())
                        .setConfigurationKeys(List.of(WireContract.FORWARDED_PRINCIPAL))));
        return new DescribeConfigsRequest.Builder(data);
    }

    /** What a describe request was answered, in its order. */
    static List<Described> described(int leader, AbstractResponse response) {
        return ((DescribeConfigsResponse) response)
                .data().results().stream()
                        .map(result -> Described.of(() -> entries(leader, result)))
                        .toList();
    }

    private static List<Entry> entries(int leader, DescribeConfigsResult result) {
        if (result.errorCode() == Errors.UNKNOWN_TOPIC_OR_PARTITION.code()) {
            throw withoutPlugin(leader);
        }
        throwIfError(result.errorCode(), result.errorMessage());
        return result.configs().stream().map(DescribeAnswers::entry).toList();
    }

    private static LinkException withoutPlugin(int leader) {
        return new LinkException(
                Errors.POLICY_VIOLATION,
                "Brokers [" + leader + "] run without the cluster-links plugin, and one of them leads "
                        + LinkResource.INDEX_NAME + ", so that nobody coordinates links. Start it with"
                        + " -javaagent:$KAFKA_HOME/libs/kafka-cluster-links.jar, or move that partition's leader.");
    }

    private static void throwIfError(short code, String message) {
        Errors error = Errors.forCode(code);
        if (error != Errors.NONE) {
            throw new LinkException(error, message == null ? error.message() : message);
        }
    }
}
