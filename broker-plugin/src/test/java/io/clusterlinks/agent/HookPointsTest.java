// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.description.modifier.Visibility;
import net.bytebuddy.description.type.TypeDescription;
import net.bytebuddy.dynamic.ClassFileLocator;
import net.bytebuddy.implementation.StubMethod;
import net.bytebuddy.pool.TypePool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The hook points against the broker classes this is built with. */
class HookPointsTest {
    private static final ClassLoader BROKER_CLASSES = HookPointsTest.class.getClassLoader();

    @ParameterizedTest
    @EnumSource(HookPoint.class)
    void everyHookPointExistsInTheSupportedBroker(HookPoint hook) {
        TypeDescription type =
                TypePool.Default.of(BROKER_CLASSES).describe(hook.className()).resolve();

        assertThat(HookWeaver.missingIn(type)).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("io.clusterlinks.agent.HookPoint#classNames")
    void wovenClassesPassTheVerifier(String className) throws Exception {
        WeavingClassLoader loader = new WeavingClassLoader(className);

        Class<?> woven = Class.forName(className, true, loader);

        assertThat(woven.getClassLoader()).isSameAs(loader);
    }

    @Test
    void missingMethodIsReportedByName() {
        byte[] otherBroker = new ByteBuddy()
                .subclass(Object.class)
                .name("kafka.server.BrokerServer")
                .defineMethod("startup", void.class, Visibility.PUBLIC)
                .withParameters(Duration.class)
                .intercept(StubMethod.INSTANCE)
                .make()
                .getBytes();

        assertThatThrownBy(() -> HookWeaver.weave("kafka.server.BrokerServer", BROKER_CLASSES, otherBroker))
                .isInstanceOf(UnsupportedBrokerException.class)
                .hasMessageContaining("kafka.server.BrokerServer.startup")
                .hasMessageContaining("kafka.server.BrokerServer.shutdown");
    }

    @Test
    void classThatLacksItsHooksFailsTheCheckThatPrecedesAStart() {
        HookTransformer transformer = new HookTransformer();
        byte[] otherPartition = new ByteBuddy()
                .subclass(Object.class)
                .name("kafka.cluster.Partition")
                .make()
                .getBytes();

        byte[] woven = transformer.transform(BROKER_CLASSES, "kafka/cluster/Partition", null, null, otherPartition);

        assertThat(woven).isNull();
        assertThatThrownBy(() -> transformer.verify(BROKER_CLASSES))
                .hasMessageContaining("no method kafka.cluster.Partition.appendRecordsToLeader, ")
                .hasMessageContaining("class kafka.server.KafkaApis was loaded before the agent");
    }

    @Test
    void checkNamesAClassThatDoesNotExist() {
        assertThatThrownBy(() -> new HookTransformer().verify(ClassLoader.getPlatformClassLoader()))
                .hasMessageContaining("class kafka.server.ReplicaManager cannot be loaded");
    }

    @Test
    void otherClassesAreLeftAlone() {
        HookTransformer transformer = new HookTransformer();

        assertThat(transformer.transform(BROKER_CLASSES, "kafka/server/KafkaConfig", null, null, new byte[0]))
                .isNull();
    }

    /** Weaves one broker class on loading; takes everything else from the class path. */
    private static final class WeavingClassLoader extends ClassLoader {
        private final String wovenName;

        WeavingClassLoader(String wovenName) {
            super(BROKER_CLASSES);
            this.wovenName = wovenName;
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.equals(wovenName)) {
                return super.loadClass(name, resolve);
            }
            Class<?> loaded = findLoadedClass(name);
            if (loaded != null) {
                return loaded;
            }
            byte[] woven = HookWeaver.weave(name, BROKER_CLASSES, classFile(name));
            return defineClass(name, woven, 0, woven.length);
        }

        private static byte[] classFile(String name) throws ClassNotFoundException {
            String resource = name.replace('.', '/') + ClassFileLocator.CLASS_FILE_EXTENSION;
            try (InputStream in = BROKER_CLASSES.getResourceAsStream(resource)) {
                return in.readAllBytes();
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }
}
