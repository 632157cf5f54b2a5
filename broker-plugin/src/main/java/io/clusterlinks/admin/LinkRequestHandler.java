// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import io.clusterlinks.admin.Alteration.Op;
import io.clusterlinks.host.InterceptedRequest;
import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.WireContract;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeConfigsRequest;
import org.apache.kafka.common.requests.IncrementalAlterConfigsRequest;
import org.apache.kafka.common.requests.IncrementalAlterConfigsResponse;

/**
 * Answers requests that name link resources: parses, authorizes, and hands them to the coordinator wherever it is. One
 * request may name many link resources; each is answered for itself.
 */
public final class LinkRequestHandler {
    private static final LinkException MIXED = LinkException.invalid(
            "Link resources and ordinary resources cannot stand in one request; send them in two.");

    private final CoordinatorRouter router;
    private final Permissions permissions;
    private final StateTopicProvider stateTopic;

    /** A handler that creates the state topic, through {@code stateTopic}, with the first link. */
    public LinkRequestHandler(LocalBroker broker, CoordinatorRouter router, StateTopicProvider stateTopic) {
        this.router = router;
        this.permissions = new Permissions(broker);
        this.stateTopic = stateTopic;
    }

    /** Whether a request names a link resource, so that it is this handler's to answer. */
    static boolean isForLinks(byte resourceType, String resourceName) {
        return resourceType == ConfigResource.Type.TOPIC.id() && LinkResource.isReserved(resourceName);
    }

    void describe(InterceptedRequest request, DescribeConfigsRequest body) {
        new LinkDescription(request, router, permissions, stateTopic)
                .answer(body.data().resources());
    }

    void alter(InterceptedRequest request, IncrementalAlterConfigsRequest body) {
        IncrementalAlterConfigsRequestData data = body.data();
        List<CompletableFuture<AlterConfigsResourceResponse>> results = new ArrayList<>();
        for (AlterConfigsResource resource : data.resources()) {
            results.add(Results.recover(
                    () -> alterOne(request, resource, data.validateOnly()).thenApply(done -> answer(resource, null)),
                    failure -> answer(resource, failure)));
        }
        Results.whenAll(results)
                .thenAccept(all -> request.respond(new IncrementalAlterConfigsResponse(
                        new IncrementalAlterConfigsResponseData().setResponses(all))));
    }

    private CompletableFuture<Void> alterOne(
            InterceptedRequest request, AlterConfigsResource wanted, boolean validateOnly) {
        LinkResource resource = parse(wanted.resourceType(), wanted.resourceName());
        Optional<String> forwardedBy = Optional.empty();
        List<Op> ops = new ArrayList<>();
        for (var config : wanted.configs()) {
            if (config.name().equals(WireContract.FORWARDED_PRINCIPAL)) {
                forwardedBy = Optional.of(config.value());
            } else {
                ops.add(new Op(config.name(), OpType.forId(config.configOperation()), config.value()));
            }
        }
        if (forwardedBy.isPresent()) {
            permissions.checkBroker(request.context());
            return router.alterHere(new Alteration(resource, LongValues.join(ops)), forwardedBy.get(), validateOnly);
        }
        Alteration alteration = new Alteration(resource, ops);
        refuseInternal(alteration);
        permissions.checkAlter(request.context(), resource);
        String principal = request.context().principal().toString();
        return stateTopic
                .provideFor(alteration, validateOnly)
                .thenCompose(ready -> router.alter(alteration, principal, validateOnly));
    }

    private static void refuseInternal(Alteration alteration) {
        if (alteration.resource() instanceof LinkResource.Index) {
            throw LinkException.invalid(
                    "'" + alteration.name() + "' cannot be altered; alter a link or a mirror topic.");
        }
    }

    /** The link resource of that name. @throws LinkException if it names an ordinary one */
    static LinkResource parse(byte type, String name) {
        if (!isForLinks(type, name)) {
            throw MIXED;
        }
        return LinkResource.parse(name).orElseThrow(() -> MIXED);
    }

    private static AlterConfigsResourceResponse answer(AlterConfigsResource resource, LinkException failure) {
        return new AlterConfigsResourceResponse()
                .setResourceType(resource.resourceType())
                .setResourceName(resource.resourceName())
                .setErrorCode(
                        failure == null ? Errors.NONE.code() : failure.error().code())
                .setErrorMessage(failure == null ? null : LongAnswers.fitting(failure.getMessage()));
    }
}
