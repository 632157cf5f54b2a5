// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import io.clusterlinks.host.InterceptedRequest;
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
        AbstractRequest body = request.body();
        if (body instanceof DescribeConfigsRequest describe) {
            boolean forLinks = describe.data().resources().stream()
                    .anyMatch(it -> LinkRequestHandler.isForLinks(it.resourceType(), it.resourceName()));
            if (forLinks) {
                links.describe(request, describe);
            }
            return forLinks;
        }
        if (body instanceof IncrementalAlterConfigsRequest alter
                && alter.data().resources().stream()
                        .anyMatch(it -> LinkRequestHandler.isForLinks(it.resourceType(), it.resourceName()))) {
            links.alter(request, alter);
            return true;
        }
        return mirrors.intercept(request);
    }
}
