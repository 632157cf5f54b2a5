// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.it.crash;

import static net.bytebuddy.matcher.ElementMatchers.named;

import java.io.IOException;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.instrument.Instrumentation;
import java.nio.file.Files;
import java.nio.file.Path;
import net.bytebuddy.agent.builder.AgentBuilder;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.utility.JavaModule;

/**
 * Loaded into a broker beside the plugin. Ends the process at a {@link CrashPoint} for which a file of that name lies in
 * the directory given as argument; the file holds how often the point is passed until then, 1 for the first time.
 */
public final class CrashAgent {
    /** What the process ends with at a crash point. */
    static final int EXIT_CODE = 42;
    /** What it ends with if a crash point is not in the plugin. */
    static final int MISSING = 43;

    private static volatile Path directory;

    private CrashAgent() {}

    /** Called by the JVM. */
    public static void premain(String argument, Instrumentation instrumentation) {
        directory = Path.of(argument);
        AgentBuilder builder = new AgentBuilder.Default().with(new Failures());
        for (CrashPoint point : CrashPoint.values()) {
            Class<?> advice = point.after() ? After.class : Before.class;
            builder = builder.type(named(point.className())).transform((type, description, loader, module, domain) -> {
                if (description
                        .getDeclaredMethods()
                        .filter(named(point.method()))
                        .isEmpty()) {
                    throw new IllegalStateException("No method " + point.method() + " in " + point.className());
                }
                return type.visit(Advice.withCustomMapping()
                        .bind(Name.class, point.name())
                        .to(advice)
                        .on(named(point.method())));
            });
        }
        builder.installOn(instrumentation);
    }

    /** Called by the woven code; synchronized, so that a count is exact. */
    public static synchronized void pass(String point) throws IOException {
        Path armed = directory.resolve(point);
        if (!Files.exists(armed)) {
            return;
        }
        int passes = Integer.parseInt(Files.readString(armed));
        if (passes > 1) {
            Files.writeString(armed, Integer.toString(passes - 1));
            return;
        }
        Files.delete(armed);
        System.err.println("Crash point " + point);
        Runtime.getRuntime().halt(EXIT_CODE);
    }

    @Retention(RetentionPolicy.RUNTIME)
    private @interface Name {}

    private static final class Before {
        private Before() {}

        @Advice.OnMethodEnter
        static void enter(@Name String point) throws IOException {
            CrashAgent.pass(point);
        }
    }

    private static final class After {
        private After() {}

        @Advice.OnMethodExit
        static void exit(@Name String point) throws IOException {
            CrashAgent.pass(point);
        }
    }

    /** A crash point that is not woven would let its test wait in vain. */
    private static final class Failures extends AgentBuilder.Listener.Adapter {
        @Override
        public void onError(String type, ClassLoader loader, JavaModule module, boolean loaded, Throwable failure) {
            System.err.println("Crash point of " + type + " is not woven: " + failure);
            Runtime.getRuntime().halt(MISSING);
        }
    }
}
