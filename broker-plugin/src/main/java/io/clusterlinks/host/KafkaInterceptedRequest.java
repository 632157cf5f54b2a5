// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import kafka.network.RequestChannel;
import kafka.server.KafkaApis;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Option;
import scala.reflect.ClassTag$;
import scala.runtime.BoxedUnit;

/** A request as the broker's request handler has it. */
final class KafkaInterceptedRequest implements InterceptedRequest {
    private static final Logger log = LoggerFactory.getLogger(KafkaInterceptedRequest.class);

    private final KafkaApis apis;
    private final RequestChannel.Request request;
    private final AtomicBoolean answered = new AtomicBoolean();

    KafkaInterceptedRequest(KafkaApis apis, RequestChannel.Request request) {
        this.apis = apis;
        this.request = request;
    }

    @Override
    public ApiKeys apiKey() {
        return request.header().apiKey();
    }

    @Override
    public RequestContext context() {
        return request.context();
    }

    @Override
    public AbstractRequest body() {
        return request.body(ClassTag$.MODULE$.apply(AbstractRequest.class));
    }

    @Override
    public void respond(AbstractResponse response) {
        if (!answered.compareAndSet(false, true)) {
            throw new IllegalStateException("Already answered: " + request.header());
        }
        try {
            apis.requestHelper().sendMaybeThrottle(request, response);
        } catch (RuntimeException e) {
            // It could not be put into bytes. Without any answer the client, or the broker that forwarded it, would
            // wait.
            log.error("Cluster links failed to answer {}", request.header(), e);
            apis.requestHelper().handleError(request, e);
        }
    }

    @Override
    public void forward(AbstractRequest body, UnaryOperator<AbstractResponse> answer) {
        apis.forwardingManager().forwardRequest(request, body, response -> {
            onForwarded(response, answer);
            return BoxedUnit.UNIT;
        });
    }

    /** Answers with an error, unless an answer is on its way already. */
    void fail(Throwable failure) {
        if (answered.compareAndSet(false, true)) {
            apis.requestHelper().handleError(request, failure);
        }
    }

    /** Runs on the thread that talks to the controller, which every admin request needs: must not throw. */
    private void onForwarded(Option<AbstractResponse> response, UnaryOperator<AbstractResponse> answer) {
        try {
            if (response.isEmpty()) {
                closeConnection();
            } else {
                AbstractResponse merged = answer.apply(response.get());
                if (answered.compareAndSet(false, true)) {
                    apis.requestHelper().sendForwardedResponse(request, merged);
                }
            }
        } catch (RuntimeException | LinkageError e) {
            log.error("Cluster links failed to answer {} after it was forwarded", request.header(), e);
            fail(e);
        }
    }

    /** The controller does not know this version of the request: as the broker does, have the client negotiate anew. */
    private void closeConnection() {
        if (answered.compareAndSet(false, true)) {
            apis.requestChannel().closeConnection(request, Map.of());
        }
    }
}
