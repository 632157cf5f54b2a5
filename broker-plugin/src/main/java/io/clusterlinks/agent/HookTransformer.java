// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.agent;

import java.lang.instrument.ClassFileTransformer;
import java.security.ProtectionDomain;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Weaves the hooks into classes as they are loaded and remembers what came of it.
 *
 * <p>The JVM swallows exceptions of a transformer and loads the class unhooked, so failures are kept until a broker
 * starts, which they then prevent. A controller or a tool that happens to load a hooked class goes on.
 */
final class HookTransformer implements ClassFileTransformer {
    private static final String WOVEN = "";

    private final Map<String, String> internalNames = new ConcurrentHashMap<>();

    /** Outcome by class name: {@link #WOVEN}, or what is wrong. */
    private final Map<String, String> outcomes = new ConcurrentHashMap<>();

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
            byte[] woven = HookWeaver.weave(className, loader, classFile);
            outcomes.put(className, WOVEN);
            return woven;
        } catch (Exception | LinkageError e) {
            outcomes.put(className, e.getMessage() == null ? e.toString() : e.getMessage());
            return haltIfUnguarded(className, e);
        }
    }

    /** Loads all hooked classes. Throws, with one line for all that is wrong, unless every hook is in place. */
    void verify(ClassLoader brokerClasses) {
        List<String> problems = new ArrayList<>();
        for (String className : HookPoint.classNames()) {
            String outcome = outcomeOf(className, brokerClasses);
            if (!outcome.equals(WOVEN)) {
                problems.add(outcome);
            }
        }
        if (!problems.isEmpty()) {
            throw new UnsupportedBrokerException(String.join("; ", problems));
        }
    }

    private String outcomeOf(String className, ClassLoader loader) {
        try {
            Class.forName(className, false, loader);
        } catch (ClassNotFoundException | LinkageError e) {
            return "class " + className + " cannot be loaded (" + e + ")";
        }
        return outcomes.getOrDefault(className, "class " + className + " was loaded before the agent");
    }

    /**
     * Without its hook, {@code startup} cannot refuse to start, and a broker without a fence must not start: so the
     * process ends here, before the broker has opened anything.
     */
    private static byte[] haltIfUnguarded(String className, Throwable failure) {
        if (className.equals(HookPoint.BROKER_CLASS)) {
            System.err.println("Kafka Cluster Links cannot run in this broker: " + failure.getMessage());
            Runtime.getRuntime().halt(1);
        }
        return null;
    }
}
