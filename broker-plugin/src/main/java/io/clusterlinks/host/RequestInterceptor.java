// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import kafka.network.RequestChannel;
import kafka.server.KafkaApis;
import org.apache.kafka.common.utils.Time;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Offers admin requests to the plugin, on the request handler thread. */
final class RequestInterceptor {
    private static final Logger log = LoggerFactory.getLogger(RequestInterceptor.class);

    private RequestInterceptor() {}

    static boolean intercept(Object apis, Object request, BrokerHooks hooks) {
        RequestChannel.Request original = (RequestChannel.Request) request;
        return switch (original.header().apiKey()) {
            case INCREMENTAL_ALTER_CONFIGS,
                    ALTER_CONFIGS,
                    DESCRIBE_CONFIGS,
                    CREATE_PARTITIONS,
                    DELETE_TOPICS,
                    CREATE_TOPICS -> offer((KafkaApis) apis, original, hooks);
            default -> false;
        };
    }

    private static boolean offer(KafkaApis apis, RequestChannel.Request request, BrokerHooks hooks) {
        KafkaInterceptedRequest intercepted = new KafkaInterceptedRequest(apis, request);
        boolean taken;
        try {
            taken = hooks.intercept(intercepted);
        } catch (RuntimeException | LinkageError | StackOverflowError e) {
            log.error("Cluster links failed to handle {}", request.header(), e);
            intercepted.fail(e);
            taken = true;
        }
        if (taken && request.apiLocalCompleteTimeNanos() < 0) {
            request.apiLocalCompleteTimeNanos_$eq(Time.SYSTEM.nanoseconds());
        }
        return taken;
    }
}
