// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.admin;

import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.LinkResource;
import java.util.List;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.RequestContext;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.Resource;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.server.authorizer.Action;
import org.apache.kafka.server.authorizer.AuthorizationResult;

/** What callers may do, by the cluster's own authorizer; everything where there is none. */
final class Permissions {
    private static final ResourcePattern CLUSTER =
            new ResourcePattern(ResourceType.CLUSTER, Resource.CLUSTER_NAME, PatternType.LITERAL);

    private final LocalBroker broker;

    Permissions(LocalBroker broker) {
        this.broker = broker;
    }

    /** Altering needs ALTER on the cluster, and on the topic where it is a mirror. */
    void checkAlter(RequestContext caller, LinkResource resource) {
        check(caller, AclOperation.ALTER, CLUSTER);
        if (resource instanceof LinkResource.Mirror mirror) {
            check(
                    caller,
                    AclOperation.ALTER,
                    new ResourcePattern(ResourceType.TOPIC, mirror.topic(), PatternType.LITERAL));
        }
    }

    void checkDescribe(RequestContext caller) {
        check(caller, AclOperation.DESCRIBE, CLUSTER);
    }

    /** What brokers say to each other needs CLUSTER_ACTION. */
    void checkBroker(RequestContext caller) {
        check(caller, AclOperation.CLUSTER_ACTION, CLUSTER);
    }

    private void check(RequestContext caller, AclOperation operation, ResourcePattern resource) {
        broker.authorizer().ifPresent(authorizer -> {
            Action action = new Action(operation, resource, 1, true, true);
            if (authorizer.authorize(caller, List.of(action)).get(0) != AuthorizationResult.ALLOWED) {
                throw refusal(caller, operation, resource);
            }
        });
    }

    private static LinkException refusal(RequestContext caller, AclOperation operation, ResourcePattern resource) {
        Errors error = resource.resourceType() == ResourceType.TOPIC
                ? Errors.TOPIC_AUTHORIZATION_FAILED
                : Errors.CLUSTER_AUTHORIZATION_FAILED;
        return new LinkException(
                error,
                "Principal " + caller.principal() + " needs the ACL " + operation + " on " + resource.resourceType()
                        + " '" + resource.name() + "' for this.");
    }
}
