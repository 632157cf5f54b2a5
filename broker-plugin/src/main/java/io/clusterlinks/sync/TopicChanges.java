// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.host.RequestChannel;
import io.clusterlinks.protocol.LinkException;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsResponseData.CreatePartitionsTopicResult;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.CreatePartitionsRequest;
import org.apache.kafka.common.requests.CreatePartitionsResponse;
import org.apache.kafka.common.requests.IncrementalAlterConfigsRequest;
import org.apache.kafka.common.requests.IncrementalAlterConfigsResponse;

/** Changes topics of the own cluster through the controller, with the broker's credentials. Blocking. */
public final class TopicChanges {
    private static final int TIMEOUT_MS = 10_000;

    private final RequestChannel controller;

    public TopicChanges(RequestChannel controller) {
        this.controller = controller;
    }

    /** Sets and unsets topic configs. @throws LinkException if the controller refuses */
    public void configure(String topic, Map<String, String> set, Set<String> delete) {
        AlterConfigsResource resource = new AlterConfigsResource()
                .setResourceType(ConfigResource.Type.TOPIC.id())
                .setResourceName(topic);
        set.forEach((name, value) -> resource.configs().add(config(name, OpType.SET, value)));
        delete.forEach(name -> resource.configs().add(config(name, OpType.DELETE, null)));
        IncrementalAlterConfigsRequestData data = new IncrementalAlterConfigsRequestData();
        data.resources().add(resource);
        AlterConfigsResourceResponse result = ((IncrementalAlterConfigsResponse)
                        send(new IncrementalAlterConfigsRequest.Builder(data)))
                .data()
                .responses()
                .get(0);
        throwIfError(topic, "ALTER_CONFIGS", result.errorCode(), result.errorMessage());
    }

    /**
     * As {@link #configure}, but one by one if the controller refuses them as a whole, so that the others do not wait for the
     * one that this cluster does not allow.
     *
     * @return why, by the names of those that were refused
     * @throws LinkException if the controller does not answer, or this broker may not change the topic
     */
    Map<String, String> configureWhatMayBe(String topic, Map<String, String> set, Set<String> delete) {
        try {
            configure(topic, set, delete);
            return Map.of();
        } catch (LinkException e) {
            throwUnlessRefused(e);
        }
        Map<String, String> refused = new TreeMap<>();
        set.forEach((name, value) -> configureOne(topic, name, Map.of(name, value), Set.of(), refused));
        delete.forEach(name -> configureOne(topic, name, Map.of(), Set.of(name), refused));
        return refused;
    }

    private void configureOne(
            String topic, String name, Map<String, String> set, Set<String> delete, Map<String, String> refused) {
        try {
            configure(topic, set, delete);
        } catch (LinkException e) {
            throwUnlessRefused(e);
            refused.put(name, e.getMessage());
        }
    }

    /** What has nothing to do with the values would be the same for each of them. */
    private static void throwUnlessRefused(LinkException e) {
        if (e.error().exception() instanceof RetriableException || e.error() == Errors.TOPIC_AUTHORIZATION_FAILED) {
            throw e;
        }
    }

    private static AlterableConfig config(String name, OpType type, String value) {
        return new AlterableConfig().setName(name).setConfigOperation(type.id()).setValue(value);
    }

    /** Gives a topic so many partitions. @throws LinkException if the controller refuses */
    void addPartitions(String topic, int count) {
        CreatePartitionsRequestData data = new CreatePartitionsRequestData().setTimeoutMs(TIMEOUT_MS);
        data.topics()
                .add(new CreatePartitionsTopic().setName(topic).setCount(count).setAssignments(null));
        CreatePartitionsTopicResult result = ((CreatePartitionsResponse)
                        send(new CreatePartitionsRequest.Builder(data)))
                .data()
                .results()
                .get(0);
        throwIfError(topic, "ALTER", result.errorCode(), result.errorMessage());
    }

    private AbstractResponse send(AbstractRequest.Builder<? extends AbstractRequest> request) {
        try {
            return controller.send(request).get(TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw LinkException.unavailable("The controller does not answer: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw LinkException.unavailable("Interrupted while waiting for the controller.");
        }
    }

    private static void throwIfError(String topic, String operation, short code, String message) {
        Errors error = Errors.forCode(code);
        if (error == Errors.TOPIC_AUTHORIZATION_FAILED) {
            throw new LinkException(
                    error,
                    "The brokers' own principal needs the ACL " + operation + " on TOPIC '" + topic
                            + "' in this cluster; grant it, or make it a super user.");
        }
        if (error != Errors.NONE) {
            throw new LinkException(error, "Topic '" + topic + "': " + (message == null ? error.message() : message));
        }
    }
}
