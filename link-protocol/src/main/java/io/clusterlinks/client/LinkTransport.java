// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.client;

import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.LinkResource;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigsOptions;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.utils.Time;

/** Reads and writes link resources over an admin client; every failure leaves it as a {@link LinkException}. */
final class LinkTransport {
    private final Admin admin;
    private final RetryingCall.Delayer delayer;
    private final Time time;

    LinkTransport(Admin admin, RetryingCall.Delayer delayer, Time time) {
        this.admin = admin;
        this.delayer = delayer;
        this.time = time;
    }

    /** Describes resources, in one request. */
    Map<LinkResource, CompletableFuture<Config>> describe(Collection<? extends LinkResource> resources, int timeoutMs) {
        RetryingCall.Attempt<Config> attempt = (remaining, leftMs) -> {
            Set<ConfigResource> names =
                    remaining.stream().map(LinkResource::configResource).collect(Collectors.toSet());
            return byResource(
                    remaining,
                    admin.describeConfigs(names, new DescribeConfigsOptions().timeoutMs(leftMs))
                            .values());
        };
        return send(resources, timeoutMs, attempt, resource -> Set.of());
    }

    /** Describes one resource. */
    CompletableFuture<Config> describe(LinkResource resource, int timeoutMs) {
        return describe(Set.of(resource), timeoutMs).get(resource);
    }

    /** Changes resources, in one request; each is changed as a whole or not at all. */
    Map<LinkResource, CompletableFuture<Void>> alter(
            Map<? extends LinkResource, Collection<AlterConfigOp>> changes, WriteOptions options) {
        RetryingCall.Attempt<Void> attempt = (remaining, leftMs) -> {
            Map<ConfigResource, Collection<AlterConfigOp>> request = new HashMap<>();
            remaining.forEach(resource -> request.put(resource.configResource(), changes.get(resource)));
            AlterConfigsOptions alterOptions =
                    new AlterConfigsOptions().timeoutMs(leftMs).validateOnly(options.validateOnly());
            return byResource(
                    remaining,
                    admin.incrementalAlterConfigs(request, alterOptions).values());
        };
        return send(changes.keySet(), options.timeoutMs(), attempt, resource -> keys(changes.get(resource)));
    }

    /** The exception for a cluster that answers, but not as one with the plugin would. */
    CompletableFuture<LinkException> pluginAbsence() {
        return PluginAbsence.explain(admin);
    }

    private <T> Map<LinkResource, CompletableFuture<T>> send(
            Collection<? extends LinkResource> resources,
            int timeoutMs,
            RetryingCall.Attempt<T> attempt,
            Function<LinkResource, Set<String>> keys) {
        Map<LinkResource, CompletableFuture<T>> results = new LinkedHashMap<>();
        new RetryingCall<>(attempt, delayer, time, timeoutMs)
                .start(Set.copyOf(resources))
                .forEach((resource, future) ->
                        results.put(resource, classified(resource, keys.apply(resource), timeoutMs, future)));
        return results;
    }

    private <T> CompletableFuture<T> classified(
            LinkResource resource, Set<String> keys, int timeoutMs, CompletableFuture<T> future) {
        return future.exceptionallyCompose(failure -> Failures.isFromBrokerWithoutPlugin(resource, keys, failure)
                ? pluginAbsence().thenCompose(CompletableFuture::failedFuture)
                : CompletableFuture.failedFuture(Failures.classify(resource, timeoutMs, failure)));
    }

    private static <T> Map<LinkResource, CompletableFuture<T>> byResource(
            Collection<LinkResource> resources, Map<ConfigResource, KafkaFuture<T>> futures) {
        Map<LinkResource, CompletableFuture<T>> results = new LinkedHashMap<>();
        resources.forEach(resource -> results.put(
                resource,
                futures.get(resource.configResource()).toCompletionStage().toCompletableFuture()));
        return results;
    }

    private static Set<String> keys(Collection<AlterConfigOp> ops) {
        return ops.stream().map(op -> op.configEntry().name()).collect(Collectors.toSet());
    }
}
