// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import io.clusterlinks.host.InterceptedRequest;
import io.clusterlinks.host.WriteFence;
import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.record.MirrorRecord;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.StateTopic;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreatePartitionsResponseData.CreatePartitionsTopicResult;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.AlterConfigsRequest;
import org.apache.kafka.common.requests.AlterConfigsResponse;
import org.apache.kafka.common.requests.CreatePartitionsRequest;
import org.apache.kafka.common.requests.CreatePartitionsResponse;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import org.apache.kafka.common.requests.CreateTopicsResponse;
import org.apache.kafka.common.requests.DeleteTopicsRequest;
import org.apache.kafka.common.requests.DeleteTopicsResponse;
import org.apache.kafka.common.requests.IncrementalAlterConfigsRequest;
import org.apache.kafka.common.requests.IncrementalAlterConfigsResponse;

/**
 * Refuses admin requests that would make a mirror topic differ from its source, or touch the state topic. The parts of
 * a request that are refused are taken out of it; the controller carries out the rest.
 */
public final class MirrorRequestFence {
    private final Supplier<WriteFence> fence;
    private final Supplier<LinkImage> image;
    private final Function<Uuid, Optional<String>> topicNames;

    /** A fence that finds topics by id through {@code topicNames}. */
    public MirrorRequestFence(
            Supplier<WriteFence> fence, Supplier<LinkImage> image, Function<Uuid, Optional<String>> topicNames) {
        this.fence = fence;
        this.image = image;
        this.topicNames = topicNames;
    }

    /** @return whether the request was answered here, in part or as a whole */
    boolean intercept(InterceptedRequest request) {
        AbstractRequest body = request.body();
        if (body instanceof CreatePartitionsRequest create) {
            return createPartitions(request, create);
        }
        if (body instanceof IncrementalAlterConfigsRequest alter) {
            return alterConfigs(request, alter);
        }
        if (body instanceof AlterConfigsRequest replace) {
            return replaceConfigs(request, replace);
        }
        if (body instanceof DeleteTopicsRequest delete) {
            return deleteTopics(request, delete);
        }
        return body instanceof CreateTopicsRequest create && createTopics(request, create);
    }

    private boolean createPartitions(InterceptedRequest request, CreatePartitionsRequest body) {
        List<CreatePartitionsTopicResult> refused = new ArrayList<>();
        body.data().topics().forEach(topic -> refusal(topic.name())
                .ifPresent(why -> refused.add(new CreatePartitionsTopicResult()
                        .setName(topic.name())
                        .setErrorCode(Errors.forException(why).code())
                        .setErrorMessage(why.getMessage()))));
        refused.forEach(
                result -> body.data().topics().remove(body.data().topics().find(result.name())));
        if (refused.isEmpty()) {
            return false;
        }
        answer(
                request,
                body.data().topics().isEmpty() ? null : new CreatePartitionsRequest.Builder(body.data()),
                new CreatePartitionsResponse(new CreatePartitionsResponseData()),
                created -> created.data().results().addAll(refused));
        return true;
    }

    private boolean alterConfigs(InterceptedRequest request, IncrementalAlterConfigsRequest body) {
        List<AlterConfigsResourceResponse> refused = new ArrayList<>();
        for (AlterConfigsResource resource : List.copyOf(body.data().resources())) {
            if (resource.resourceType() != ConfigResource.Type.TOPIC.id()) {
                continue;
            }
            List<String> keys =
                    resource.configs().stream().map(config -> config.name()).toList();
            configRefusal(resource.resourceName(), keys).ifPresent(why -> {
                refused.add(new AlterConfigsResourceResponse()
                        .setResourceType(resource.resourceType())
                        .setResourceName(resource.resourceName())
                        .setErrorCode(Errors.forException(why).code())
                        .setErrorMessage(why.getMessage()));
                body.data().resources().remove(resource);
            });
        }
        if (refused.isEmpty()) {
            return false;
        }
        if (body.data().resources().stream().anyMatch(MirrorRequestFence::isOfBroker)) {
            refused.addAll(body.data().resources().stream()
                    .map(MirrorRequestFence::besideMirror)
                    .toList());
            body.data().resources().clear();
        }
        answer(
                request,
                body.data().resources().isEmpty() ? null : new IncrementalAlterConfigsRequest.Builder(body.data()),
                new IncrementalAlterConfigsResponse(new IncrementalAlterConfigsResponseData()),
                altered -> altered.data().responses().addAll(refused));
        return true;
    }

    /** What a broker checks, or carries out, itself. */
    private static boolean isOfBroker(AlterConfigsResource resource) {
        return resource.resourceType() == ConfigResource.Type.BROKER.id()
                || resource.resourceType() == ConfigResource.Type.BROKER_LOGGER.id();
    }

    private static AlterConfigsResourceResponse besideMirror(AlterConfigsResource resource) {
        return new AlterConfigsResourceResponse()
                .setResourceType(resource.resourceType())
                .setResourceName(resource.resourceName())
                .setErrorCode(Errors.POLICY_VIOLATION.code())
                .setErrorMessage(
                        "The same request alters a config of a mirror topic, which is refused; alter configs of"
                                + " brokers in a request of their own.");
    }

    /** The old request replaces all configs of a topic, synced ones included, so that it never suits a mirror. */
    private boolean replaceConfigs(InterceptedRequest request, AlterConfigsRequest body) {
        AlterConfigsRequestData data = body.data();
        boolean touchesMirror = data.resources().stream()
                .anyMatch(resource -> resource.resourceType() == ConfigResource.Type.TOPIC.id()
                        && (refusal(resource.resourceName()).isPresent()
                                || LinkResource.isReserved(resource.resourceName())));
        if (!touchesMirror) {
            return false;
        }
        AlterConfigsResponseData answer = new AlterConfigsResponseData();
        data.resources().forEach(resource -> answer.responses()
                .add(new AlterConfigsResponseData.AlterConfigsResourceResponse()
                        .setResourceType(resource.resourceType())
                        .setResourceName(resource.resourceName())
                        .setErrorCode(Errors.POLICY_VIOLATION.code())
                        .setErrorMessage("This request names a mirror topic or a link and replaces all configs; use"
                                + " IncrementalAlterConfigs (kafka-configs.sh of Kafka 2.3 or newer).")));
        request.respond(new AlterConfigsResponse(answer));
        return true;
    }

    private boolean deleteTopics(InterceptedRequest request, DeleteTopicsRequest body) {
        boolean named = body.topicNames().contains(StateTopic.NAME)
                || body.topicIds().stream().anyMatch(id -> topicNames.apply(id).equals(Optional.of(StateTopic.NAME)));
        if (!named) {
            return false;
        }
        List<DeletableTopicResult> refused = new ArrayList<>();
        for (String name : List.copyOf(body.data().topicNames())) {
            if (name.equals(StateTopic.NAME)) {
                refused.add(stateTopicResult(Uuid.ZERO_UUID));
                body.data().topicNames().remove(name);
            }
        }
        for (DeleteTopicState topic : List.copyOf(body.data().topics())) {
            boolean byId = topicNames.apply(topic.topicId()).equals(Optional.of(StateTopic.NAME));
            if (byId || StateTopic.NAME.equals(topic.name())) {
                refused.add(stateTopicResult(topic.topicId()));
                body.data().topics().remove(topic);
            }
        }
        boolean nothingLeft =
                body.data().topics().isEmpty() && body.data().topicNames().isEmpty();
        answer(
                request,
                nothingLeft ? null : new DeleteTopicsRequest.Builder(body.data()),
                new DeleteTopicsResponse(new DeleteTopicsResponseData()),
                deleted -> deleted.data().responses().addAll(refused));
        return true;
    }

    private static DeletableTopicResult stateTopicResult(Uuid id) {
        return new DeletableTopicResult()
                .setName(id.equals(Uuid.ZERO_UUID) ? StateTopic.NAME : null)
                .setTopicId(id)
                .setErrorCode(Errors.POLICY_VIOLATION.code())
                .setErrorMessage("Topic '" + StateTopic.NAME
                        + "' holds the state of cluster links; without it every mirror would become writable.");
    }

    private boolean createTopics(InterceptedRequest request, CreateTopicsRequest body) {
        List<CreatableTopicResult> refused = new ArrayList<>();
        body.data().topics().forEach(topic -> {
            if (LinkResource.isReserved(topic.name())) {
                refused.add(creationRefusal(
                        topic.name(), "Topic name '" + topic.name() + "' is reserved for cluster links."));
            } else if (isMirror(topic.name())) {
                refused.add(creationRefusal(topic.name(), "Topic '" + topic.name() + "' is a mirror topic."));
            }
        });
        refused.forEach(
                result -> body.data().topics().remove(body.data().topics().find(result.name())));
        if (refused.isEmpty()) {
            return false;
        }
        answer(
                request,
                body.data().topics().isEmpty() ? null : new CreateTopicsRequest.Builder(body.data()),
                new CreateTopicsResponse(new CreateTopicsResponseData()),
                created -> created.data().topics().addAll(refused));
        return true;
    }

    /** Also before its topic exists: nobody else may create it. Not when it has stopped: the topic may be deleted then. */
    private boolean isMirror(String topic) {
        return image.get()
                .mirror(topic)
                .filter(mirror -> mirror.state() != MirrorState.STOPPED)
                .isPresent();
    }

    private static CreatableTopicResult creationRefusal(String topic, String why) {
        Errors error = LinkResource.isReserved(topic) ? Errors.INVALID_TOPIC_EXCEPTION : Errors.TOPIC_ALREADY_EXISTS;
        return new CreatableTopicResult()
                .setName(topic)
                .setErrorCode(error.code())
                .setErrorMessage(why);
    }

    /**
     * Has the controller carry out {@code rest}, and adds what was refused to its answer.
     *
     * @param rest what is left of the request, null if nothing is
     * @param empty the answer to nothing
     */
    @SuppressWarnings("unchecked") // A request is answered with the response of its kind.
    private static <R extends AbstractResponse> void answer(
            InterceptedRequest request,
            AbstractRequest.Builder<? extends AbstractRequest> rest,
            R empty,
            Consumer<R> addRefusals) {
        UnaryOperator<AbstractResponse> withRefusals = response -> {
            addRefusals.accept((R) response);
            return response;
        };
        if (rest == null) {
            request.respond(withRefusals.apply(empty));
        } else {
            request.forward(rest.build(request.body().version()), withRefusals);
        }
    }

    private Optional<ApiException> refusal(String topic) {
        return fence.get().refusal(topic, -1);
    }

    private Optional<ApiException> configRefusal(String topic, List<String> keys) {
        Optional<ApiException> refusal = refusal(topic);
        Optional<MirrorRecord> mirror = image.get().mirror(topic);
        if (refusal.isEmpty() || mirror.isEmpty()) {
            return refusal;
        }
        // Others that follow the source may be edited: they are put back, and that is reported.
        return keys.stream()
                .filter(LinkConfig.LOCKED_TOPIC_CONFIGS::contains)
                .findFirst()
                .map(key -> refusal.get() instanceof RetriableException
                        ? refusal.get()
                        : new PolicyViolationException("Config '" + key + "' of topic '" + topic
                                + "' always follows its source '" + mirror.get().sourceTopic() + "' over cluster link '"
                                + mirror.get().link() + "'. Change it at the source."));
    }
}
