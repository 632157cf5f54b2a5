// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import io.clusterlinks.host.InterceptedRequest;
import org.apache.kafka.common.errors.CoordinatorLoadInProgressException;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.DescribeConfigsRequest;
import org.apache.kafka.common.requests.IncrementalAlterConfigsRequest;

/** Decides who answers an admin request: the links, the fence, or the broker as ever. */
public final class AdminInterceptor {
    private final LinkRequestHandler links;
    private final MirrorRequestFence mirrors;

    public AdminInterceptor(LinkRequestHandler links, MirrorRequestFence mirrors) {
        this.links = links;
        this.mirrors = mirrors;
    }

    /** See {@link io.clusterlinks.host.BrokerHooks#intercept}; does not block. */
    public boolean intercept(InterceptedRequest request) {
        if (!isForLinks(request.body())) {
            return mirrors.intercept(request);
        }
        if (request.body() instanceof DescribeConfigsRequest describe) {
            links.describe(request, describe);
        } else {
            links.alter(request, (IncrementalAlterConfigsRequest) request.body());
        }
        return true;
    }

    /** While the plugin is starting or stopping: what is asked of links is to be asked again, mirrors stay as they are. */
    public static boolean interceptWithoutLinks(InterceptedRequest request, MirrorRequestFence mirrors) {
        if (!isForLinks(request.body())) {
            return mirrors.intercept(request);
        }
        request.respond(request.body()
                .getErrorResponse(
                        0,
                        new CoordinatorLoadInProgressException(
                                "The cluster-links plugin of this broker is starting or stopping.")));
        return true;
    }

    /**
     * Tools that describe all topics name the state topic among them, and mean the topic: what asks for ordinary topics too
     * is the broker's to answer.
     */
    private static boolean isForLinks(AbstractRequest body) {
        if (body instanceof DescribeConfigsRequest describe) {
            return !describe.data().resources().isEmpty()
                    && describe.data().resources().stream()
                            .allMatch(it -> LinkRequestHandler.isForLinks(it.resourceType(), it.resourceName()));
        }
        return body instanceof IncrementalAlterConfigsRequest alter
                && alter.data().resources().stream()
                        .anyMatch(it -> LinkRequestHandler.isForLinks(it.resourceType(), it.resourceName()));
    }
}
