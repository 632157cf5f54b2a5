// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.agent;

import io.clusterlinks.host.HookBridge;
import net.bytebuddy.asm.Advice;

/** Woven into the broker's start and stop. The bodies are copied into the broker's methods; they never run here. */
final class LifecycleAdvice {
    private LifecycleAdvice() {}

    /** An exception from {@code brokerStarting} leaves {@code startup}, before the broker has done anything. */
    static final class Startup {
        private Startup() {}

        @Advice.OnMethodEnter
        static void enter(@Advice.This Object server) {
            HookBridge.brokerStarting(server);
        }

        @Advice.OnMethodExit
        static void exit(@Advice.This Object server) {
            HookBridge.brokerStarted(server);
        }
    }

    /** {@code startup} calls it when the broker knows the cluster, before the controller lets it lead or open listeners. */
    static final class Joining {
        private Joining() {}

        @Advice.OnMethodEnter
        static void enter() {
            HookBridge.brokerJoining();
        }
    }

    static final class Shutdown {
        private Shutdown() {}

        @Advice.OnMethodEnter
        static void enter(@Advice.This Object server) {
            HookBridge.brokerStopping(server);
        }
    }
}
