// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import io.clusterlinks.host.InterceptedRequest;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.WireContract;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.requests.DescribeConfigsResponse;

/** One request that describes link resources: the coordinator is asked once for all of them, however many there are. */
final class LinkDescription {
    private final InterceptedRequest request;
    private final CoordinatorRouter router;
    private final Permissions permissions;
    private final StateTopicProvider stateTopic;

    LinkDescription(
            InterceptedRequest request,
            CoordinatorRouter router,
            Permissions permissions,
            StateTopicProvider stateTopic) {
        this.request = request;
        this.router = router;
        this.permissions = permissions;
        this.stateTopic = stateTopic;
    }

    void answer(List<DescribeConfigsResource> wanted) {
        // Without a state topic there are no links, and no coordinator.
        Optional<CompletableFuture<Map<LinkResource, Described>>> known =
                stateTopic.exists() ? Optional.of(ask(wanted)) : Optional.empty();
        List<CompletableFuture<DescribeConfigsResult>> results = wanted.stream()
                .map(resource -> Results.recover(
                        () -> isForwarded(resource) ? describeHere(resource) : describe(resource, known),
                        failure -> DescribeAnswers.refusal(resource.resourceType(), resource.resourceName(), failure)))
                .toList();
        Results.whenAll(results)
                .thenAccept(all -> request.respond(
                        new DescribeConfigsResponse(new DescribeConfigsResponseData().setResults(all))));
    }

    /** What the coordinator says of all that it is to be asked for. */
    private CompletableFuture<Map<LinkResource, Described>> ask(List<DescribeConfigsResource> wanted) {
        List<LinkResource> resources = wanted.stream()
                .filter(resource -> !isForwarded(resource))
                .flatMap(resource -> ifNamed(resource).stream())
                .distinct()
                .toList();
        return resources.isEmpty() || !mayDescribe()
                ? CompletableFuture.completedFuture(Map.of())
                : router.describe(resources).thenApply(answers -> byResource(resources, answers));
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
            return Optional.of(resource(wanted));
        } catch (LinkException e) {
            return Optional.empty();
        }
    }

    private boolean mayDescribe() {
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

    /** Another broker asks this one, which it takes for the coordinator. */
    private CompletableFuture<DescribeConfigsResult> describeHere(DescribeConfigsResource wanted) {
        permissions.checkBroker(request.context());
        return CompletableFuture.completedFuture(
                DescribeAnswers.result(wanted.resourceName(), router.describeHere(resource(wanted)), null));
    }

    private CompletableFuture<DescribeConfigsResult> describe(
            DescribeConfigsResource wanted, Optional<CompletableFuture<Map<LinkResource, Described>>> known) {
        LinkResource resource = resource(wanted);
        permissions.checkDescribe(request.context());
        return known.map(answers -> answers.thenApply(all -> all.get(resource).orThrow()))
                .orElseGet(() -> CompletableFuture.completedFuture(stateTopic.describeWithout(resource)))
                .thenApply(all -> DescribeAnswers.result(wanted.resourceName(), all, wanted.configurationKeys()));
    }

    private static LinkResource resource(DescribeConfigsResource wanted) {
        return LinkRequestHandler.parse(wanted.resourceType(), wanted.resourceName());
    }
}
