// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.agent;

import java.lang.instrument.ClassFileTransformer;
import java.security.ProtectionDomain;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Weaves the hooks into classes as they are loaded and remembers what came of it.
 *
 * <p>The JVM swallows exceptions of a transformer and loads the class unhooked, so failures are kept until a broker
 * starts, which they then prevent. A controller or a tool that happens to load a hooked class goes on.
 */
final class HookTransformer implements ClassFileTransformer {
    private final Map<String, String> internalNames = new HashMap<>();
    private final Set<String> woven = ConcurrentHashMap.newKeySet();
    private final Map<String, Throwable> failures = new ConcurrentHashMap<>();

    HookTransformer() {
        for (HookPoint hook : HookPoint.values()) {
            internalNames.put(hook.className().replace('.', '/'), hook.className());
        }
    }

    @Override
    public byte[] transform(
            ClassLoader loader, String internalName, Class<?> redefined, ProtectionDomain domain, byte[] classFile) {
        String className = internalName == null ? null : internalNames.get(internalName);
        if (className == null || redefined != null) {
            return null;
        }
        try {
            byte[] hooked = HookWeaver.weave(className, loader, classFile);
            woven.add(className);
            return hooked;
        } catch (Throwable e) {
            failures.put(className, e);
            if (className.equals(HookPoint.BROKER_CLASS)) {
                halt(e);
            }
            return null;
        }
    }

    /** Loads all hooked classes. Throws, with one line for all that is wrong, unless every hook is in place. */
    void verify(ClassLoader brokerClasses) {
        List<String> problems = new ArrayList<>();
        for (String className : HookPoint.classNames()) {
            problem(className, brokerClasses).ifPresent(problems::add);
        }
        if (!problems.isEmpty()) {
            UnsupportedBrokerException unsupported = new UnsupportedBrokerException(String.join(", ", problems));
            failures.values().forEach(unsupported::addSuppressed);
            throw unsupported;
        }
    }

    private Optional<String> problem(String className, ClassLoader loader) {
        try {
            Class.forName(className, false, loader);
        } catch (ClassNotFoundException | LinkageError e) {
            return Optional.of("class " + className + " cannot be loaded (" + e + ")");
        }
        if (woven.contains(className)) {
            return Optional.empty();
        }
        Throwable failure = failures.get(className);
        return Optional.of(failure == null ? "class " + className + " was loaded before the agent" : reason(failure));
    }

    /**
     * Without its hook, {@code startup} cannot refuse to start, and a broker without a fence must not start: so the
     * process ends here, before the broker has opened anything.
     */
    private static void halt(Throwable failure) {
        System.err.println(
                "Kafka Cluster Links cannot run in this broker, it supports Apache Kafka 4.3.x: " + reason(failure));
        Runtime.getRuntime().halt(1);
    }

    private static String reason(Throwable failure) {
        return failure instanceof UnsupportedBrokerException ? failure.getMessage() : failure.toString();
    }
}
