// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.agent;

import java.util.List;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.description.method.MethodDescription;
import net.bytebuddy.description.type.TypeDescription;
import net.bytebuddy.dynamic.ClassFileLocator;
import net.bytebuddy.dynamic.DynamicType;
import net.bytebuddy.dynamic.scaffold.TypeValidation;
import net.bytebuddy.matcher.ElementMatcher;
import net.bytebuddy.pool.TypePool;

/** Inlines the advice of the hook points into a class file; loads no broker class. */
final class HookWeaver {
    private HookWeaver() {}

    /** The class file with its hooks; {@link UnsupportedBrokerException} names the hook points that it lacks. */
    static byte[] weave(String className, ClassLoader loader, byte[] classFile) {
        ClassFileLocator locator = new ClassFileLocator.Compound(
                ClassFileLocator.Simple.of(className, classFile), ClassFileLocator.ForClassLoader.of(loader));
        TypeDescription type = TypePool.Default.of(locator).describe(className).resolve();
        List<String> missing = missingIn(type);
        if (!missing.isEmpty()) {
            throw new UnsupportedBrokerException(
                    "no method " + String.join(", ", missing) + " with the expected signature");
        }
        DynamicType.Builder<?> builder =
                new ByteBuddy().with(TypeValidation.DISABLED).decorate(type, locator);
        for (HookPoint hook : HookPoint.in(className)) {
            builder = builder.visit(Advice.to(hook.advice()).on(matcher(hook)));
        }
        try (DynamicType.Unloaded<?> woven = builder.make()) {
            return woven.getBytes();
        }
    }

    /** Names of the hook points that {@code type} should have and has not. */
    static List<String> missingIn(TypeDescription type) {
        return HookPoint.in(type.getName()).stream()
                .filter(hook -> type.getDeclaredMethods().filter(matcher(hook)).isEmpty())
                .map(HookPoint::qualifiedName)
                .toList();
    }

    private static ElementMatcher.Junction<MethodDescription> matcher(HookPoint hook) {
        return new ElementMatcher.Junction.ForNonNullValues<>() {
            @Override
            protected boolean doMatch(MethodDescription method) {
                return method.getInternalName().equals(hook.methodName())
                        && method.getDescriptor().equals(hook.descriptor());
            }
        };
    }
}
