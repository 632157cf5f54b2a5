// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import io.clusterlinks.admin.Alteration.Op;
import io.clusterlinks.coordinator.Entry;
import io.clusterlinks.host.InterceptedRequest;
import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.WireContract;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeConfigsRequest;
import org.apache.kafka.common.requests.DescribeConfigsResponse;
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
        Optional<CompletableFuture<Map<LinkResource, Described>>> asked =
                ask(request, body.data().resources());
        List<CompletableFuture<DescribeConfigsResult>> results = body.data().resources().stream()
                .map(resource -> recover(
                        () -> describeOne(request, resource, asked),
                        failure -> DescribeAnswers.refusal(resource.resourceType(), resource.resourceName(), failure)))
                .toList();
        whenAll(results)
                .thenAccept(all -> request.respond(
                        new DescribeConfigsResponse(new DescribeConfigsResponseData().setResults(all))));
    }

    /** What the coordinator says of all that it is to be asked for; empty where there is none, for there are no links. */
    private Optional<CompletableFuture<Map<LinkResource, Described>>> ask(
            InterceptedRequest request, List<DescribeConfigsResource> wanted) {
        if (!stateTopic.exists()) {
            return Optional.empty();
        }
        List<LinkResource> resources = wanted.stream()
                .filter(resource -> !isForwarded(resource))
                .flatMap(resource -> ifNamed(resource).stream())
                .distinct()
                .toList();
        return Optional.of(
                resources.isEmpty() || !mayDescribe(request)
                        ? CompletableFuture.completedFuture(Map.of())
                        : router.describe(resources).thenApply(answers -> byResource(resources, answers)));
    }

    private static Map<LinkResource, Described> byResource(List<LinkResource> resources, List<Described> answers) {
        Map<LinkResource, Described> byResource = new HashMap<>();
        for (int i = 0; i < resources.size(); i++) {
            byResource.put(resources.get(i), answers.get(i));
        }
        return byResource;
    }

    private static Optional<LinkResource> ifNamed(DescribeConfigsResource wanted) {
        try {
            return Optional.of(parse(wanted.resourceType(), wanted.resourceName()));
        } catch (LinkException e) {
            return Optional.empty();
        }
    }

    private boolean mayDescribe(InterceptedRequest request) {
        try {
            permissions.checkDescribe(request.context());
            return true;
        } catch (LinkException e) {
            return false;
        }
    }

    private static boolean isForwarded(DescribeConfigsResource wanted) {
        return wanted.configurationKeys() != null
                && wanted.configurationKeys().contains(WireContract.FORWARDED_PRINCIPAL);
    }

    private CompletableFuture<DescribeConfigsResult> describeOne(
            InterceptedRequest request,
            DescribeConfigsResource wanted,
            Optional<CompletableFuture<Map<LinkResource, Described>>> asked) {
        LinkResource resource = parse(wanted.resourceType(), wanted.resourceName());
        if (isForwarded(wanted)) {
            permissions.checkBroker(request.context());
            return CompletableFuture.completedFuture(
                    DescribeAnswers.result(wanted.resourceName(), router.describeHere(resource), null));
        }
        permissions.checkDescribe(request.context());
        CompletableFuture<List<Entry>> entries = asked.map(
                        answers -> answers.thenApply(all -> all.get(resource).orThrow()))
                .orElseGet(() -> CompletableFuture.completedFuture(stateTopic.describeWithout(resource)));
        return entries.thenApply(all -> DescribeAnswers.result(wanted.resourceName(), all, wanted.configurationKeys()));
    }

    void alter(InterceptedRequest request, IncrementalAlterConfigsRequest body) {
        IncrementalAlterConfigsRequestData data = body.data();
        List<CompletableFuture<AlterConfigsResourceResponse>> results = new ArrayList<>();
        for (AlterConfigsResource resource : data.resources()) {
            results.add(recover(
                    () -> alterOne(request, resource, data.validateOnly()).thenApply(done -> answer(resource, null)),
                    failure -> answer(resource, failure)));
        }
        whenAll(results)
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

    private static LinkResource parse(byte type, String name) {
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

    /** Runs {@code call} and turns whatever it fails with, at once or later, into a result. */
    private static <T> CompletableFuture<T> recover(
            Supplier<CompletableFuture<T>> call, java.util.function.Function<LinkException, T> refusal) {
        try {
            return call.get().exceptionally(failure -> refusal.apply(asLinkException(failure)));
        } catch (RuntimeException e) {
            return CompletableFuture.completedFuture(refusal.apply(asLinkException(e)));
        }
    }

    private static LinkException asLinkException(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof LinkException link
                ? link
                : new LinkException(Errors.UNKNOWN_SERVER_ERROR, "Internal error: " + cause, cause);
    }

    private static <T> CompletableFuture<List<T>> whenAll(List<CompletableFuture<T>> futures) {
        return CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new))
                .thenApply(done -> futures.stream().map(CompletableFuture::join).toList());
    }
}
