// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import java.util.function.UnaryOperator;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestContext;

/** A client's request that the plugin may answer in the broker's place. */
public interface InterceptedRequest {
    ApiKeys apiKey();

    /** Principal, listener and address of the caller. */
    RequestContext context();

    AbstractRequest body();

    /** Answers the request, from any thread, once. Quotas apply as to the broker's own answers. */
    void respond(AbstractResponse response);

    /**
     * Has the controller carry out {@code body} on behalf of the caller, then answers with what {@code answer} makes
     * of the controller's response. For requests of which the plugin refuses a part.
     */
    void forward(AbstractRequest body, UnaryOperator<AbstractResponse> answer);
}
