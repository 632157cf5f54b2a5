// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.agent;

import io.clusterlinks.host.HookBridge;
import net.bytebuddy.asm.Advice;

/** Woven into {@code kafka.server.KafkaApis.handle}: skips the method for requests that the plugin answers. */
final class RequestAdvice {
    private RequestAdvice() {}

    @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
    static boolean enter(@Advice.This Object apis, @Advice.Argument(0) Object request) {
        return HookBridge.intercept(apis, request);
    }
}
