// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.client;

import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.LinkResource;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigsOptions;
import org.apache.kafka.clients.admin.AlterConfigsResult;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConfigEntry.ConfigSource;
import org.apache.kafka.clients.admin.ConfigEntry.ConfigType;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.DescribeConfigsResult;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.KafkaFutureImpl;
import org.apache.kafka.common.protocol.Errors;

/** A stock admin client that is connected to a {@link FakeCluster}, or to brokers without the plugin. */
public final class FakeAdmin implements InvocationHandler {
    private final FakeCluster cluster;

    private FakeAdmin(FakeCluster cluster) {
        this.cluster = cluster;
    }

    public static Admin of(FakeCluster cluster) {
        return (Admin) Proxy.newProxyInstance(
                FakeAdmin.class.getClassLoader(), new Class<?>[] {Admin.class}, new FakeAdmin(cluster));
    }

    /** A cluster of one stock broker. */
    public static Admin withoutPlugin() {
        return of(null);
    }

    static ConfigEntry entry(String name, String value, boolean sensitive) {
        return new ConfigEntry(
                name,
                sensitive ? null : value,
                ConfigSource.DYNAMIC_TOPIC_CONFIG,
                sensitive,
                false,
                List.of(),
                ConfigType.STRING,
                null);
    }

    static ConfigEntry defaultEntry(String name, String value) {
        return new ConfigEntry(
                name, value, ConfigSource.DEFAULT_CONFIG, false, false, List.of(), ConfigType.STRING, null);
    }

    @Override
    @SuppressWarnings("unchecked")
    public Object invoke(Object proxy, Method method, Object[] arguments) throws Exception {
        return switch (method.getName()) {
            case "describeConfigs" -> describe((Collection<ConfigResource>) arguments[0]);
            case "incrementalAlterConfigs" ->
                alter((Map<ConfigResource, Collection<AlterConfigOp>>) arguments[0], (AlterConfigsOptions)
                        arguments[1]);
            case "describeCluster" ->
                newInstance(
                        DescribeClusterResult.class,
                        KafkaFuture.completedFuture(List.of(new Node(1, "broker-1", 9092))),
                        KafkaFuture.completedFuture(new Node(1, "broker-1", 9092)),
                        KafkaFuture.completedFuture("cluster-id"),
                        KafkaFuture.completedFuture(null));
            case "close" -> null;
            default -> throw new AssertionError(method.getName() + " is not asked for");
        };
    }

    private DescribeConfigsResult describe(Collection<ConfigResource> resources) throws Exception {
        Map<ConfigResource, KafkaFuture<Config>> futures = new HashMap<>();
        for (ConfigResource resource : resources) {
            futures.put(resource, future(() -> {
                if (cluster == null) {
                    // The message that Kafka 4.3.1 sends: none.
                    throw Errors.UNKNOWN_TOPIC_OR_PARTITION.exception("");
                }
                return new Config(
                        cluster.describe(LinkResource.parse(resource.name()).orElseThrow()));
            }));
        }
        return newInstance(DescribeConfigsResult.class, futures);
    }

    private AlterConfigsResult alter(
            Map<ConfigResource, Collection<AlterConfigOp>> request, AlterConfigsOptions options) throws Exception {
        Map<ConfigResource, KafkaFuture<Void>> futures = new HashMap<>();
        if (cluster != null) {
            Map<String, Collection<AlterConfigOp>> names = new HashMap<>();
            request.forEach((resource, ops) -> names.put(resource.name(), ops));
            cluster.record(names);
        }
        request.forEach((resource, ops) -> futures.put(resource, future(() -> {
            if (cluster == null) {
                throw stockRefusal(resource, ops);
            }
            cluster.alter(LinkResource.parse(resource.name()).orElseThrow(), ops, options.shouldValidateOnly());
            return null;
        })));
        return newInstance(AlterConfigsResult.class, futures);
    }

    /** What the controller of Kafka 4.3.1 answers: it checks the configs before it looks for the topic. */
    private static RuntimeException stockRefusal(ConfigResource resource, Collection<AlterConfigOp> ops) {
        for (AlterConfigOp op : ops) {
            if (op.opType() == AlterConfigOp.OpType.SET) {
                return Errors.INVALID_CONFIG.exception(
                        "Unknown topic config name: " + op.configEntry().name());
            }
        }
        return new UnknownTopicOrPartitionException("The topic '" + resource.name() + "' does not exist.");
    }

    private interface Answer<T> {
        T get();
    }

    private static <T> KafkaFuture<T> future(Answer<T> answer) {
        KafkaFutureImpl<T> future = new KafkaFutureImpl<>();
        try {
            future.complete(answer.get());
        } catch (LinkException e) {
            future.completeExceptionally(e.error().exception(e.getMessage()));
        } catch (RuntimeException e) {
            future.completeExceptionally(e);
        }
        return future;
    }

    /** The constructors of Kafka's results are not public. */
    private static <T> T newInstance(Class<T> type, Object... arguments) throws Exception {
        Constructor<?> constructor = type.getDeclaredConstructors()[0];
        constructor.setAccessible(true);
        return type.cast(constructor.newInstance(arguments));
    }
}
