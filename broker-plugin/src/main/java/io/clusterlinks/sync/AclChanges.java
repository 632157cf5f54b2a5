// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.LinkException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.message.CreateAclsRequestData;
import org.apache.kafka.common.message.DeleteAclsRequestData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.CreateAclsRequest;
import org.apache.kafka.common.requests.CreateAclsResponse;
import org.apache.kafka.common.requests.DeleteAclsRequest;
import org.apache.kafka.common.requests.DeleteAclsResponse;

/** Creates and deletes ACLs of the own cluster through the controller, with the broker's credentials. Blocking. */
final class AclChanges {
    private static final long TIMEOUT_MS = 10_000;

    private final LocalBroker broker;

    AclChanges(LocalBroker broker) {
        this.broker = broker;
    }

    /** Creates ACLs; yields why some could not be. */
    Map<AclBinding, String> create(Collection<AclBinding> acls) {
        if (acls.isEmpty()) {
            return Map.of();
        }
        List<AclBinding> ordered = List.copyOf(acls);
        CreateAclsRequestData data = new CreateAclsRequestData();
        ordered.forEach(acl -> data.creations().add(CreateAclsRequest.aclCreation(acl)));
        CreateAclsResponse response = (CreateAclsResponse) send(new CreateAclsRequest.Builder(data));
        Map<AclBinding, String> failures = new HashMap<>();
        for (int i = 0; i < ordered.size(); i++) {
            var result = response.results().get(i);
            if (result.errorCode() != Errors.NONE.code()) {
                failures.put(ordered.get(i), text(result.errorCode(), result.errorMessage()));
            }
        }
        return failures;
    }

    /** Deletes ACLs, each for itself and no other; yields why some could not be. */
    Map<AclBinding, String> delete(Collection<AclBinding> acls) {
        if (acls.isEmpty()) {
            return Map.of();
        }
        List<AclBinding> ordered = List.copyOf(acls);
        DeleteAclsRequestData data = new DeleteAclsRequestData();
        ordered.forEach(acl -> data.filters().add(DeleteAclsRequest.deleteAclsFilter(acl.toFilter())));
        DeleteAclsResponse response = (DeleteAclsResponse) send(new DeleteAclsRequest.Builder(data));
        Map<AclBinding, String> failures = new HashMap<>();
        for (int i = 0; i < ordered.size(); i++) {
            var result = response.filterResults().get(i);
            if (result.errorCode() != Errors.NONE.code()) {
                failures.put(ordered.get(i), text(result.errorCode(), result.errorMessage()));
            }
        }
        return failures;
    }

    private AbstractResponse send(AbstractRequest.Builder<? extends AbstractRequest> request) {
        try {
            return broker.controller().send(request).get(TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw LinkException.unavailable("The controller does not answer: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw LinkException.unavailable("Interrupted while waiting for the controller.");
        }
    }

    private static String text(short code, String message) {
        Errors error = Errors.forCode(code);
        return error == Errors.CLUSTER_AUTHORIZATION_FAILED
                ? "The brokers' own principal needs the ACL ALTER on the CLUSTER here; grant it, or make it a super user."
                : message == null ? error.message() : message;
    }
}
