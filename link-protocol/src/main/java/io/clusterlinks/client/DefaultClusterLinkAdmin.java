// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.client;

import io.clusterlinks.protocol.DesiredState;
import io.clusterlinks.protocol.GroupSummary;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.LinkSummary;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.internals.KafkaFutureImpl;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Time;

/** {@link ClusterLinkAdmin} over {@link LinkTransport}: names in, typed values out. */
final class DefaultClusterLinkAdmin implements ClusterLinkAdmin {
    private final LinkTransport transport;
    private final Admin owned;

    DefaultClusterLinkAdmin(LinkTransport transport, Admin owned) {
        this.transport = transport;
        this.owned = owned;
    }

    static ClusterLinkAdmin owning(Admin admin) {
        return new DefaultClusterLinkAdmin(systemTransport(admin), admin);
    }

    static ClusterLinkAdmin sharing(Admin admin) {
        return new DefaultClusterLinkAdmin(systemTransport(admin), null);
    }

    private static LinkTransport systemTransport(Admin admin) {
        RetryingCall.Delayer delayer =
                (action, delayMs) -> CompletableFuture.delayedExecutor(delayMs, TimeUnit.MILLISECONDS)
                        .execute(action);
        return new LinkTransport(admin, delayer, Time.SYSTEM);
    }

    @Override
    public KafkaFuture<Void> createLink(String link, Map<String, String> configs, WriteOptions options) {
        return alter(link, () -> Requests.createLink(configs), options);
    }

    @Override
    public KafkaFuture<List<LinkSummary>> listLinks(ReadOptions options) {
        return kafkaFuture(index(options).thenApply(Descriptions::links));
    }

    @Override
    public KafkaFuture<LinkDescription> describeLink(String link, ReadOptions options) {
        return guarded(() -> {
            LinkResource.Link resource = linkResource(link);
            return transport
                    .describe(resource, options.timeoutMs())
                    .thenApply(config -> Descriptions.link(resource, config));
        });
    }

    @Override
    public KafkaFuture<Void> alterLink(String link, Map<String, String> set, Set<String> delete, WriteOptions options) {
        return alter(link, () -> Requests.alterLink(set, delete), options);
    }

    @Override
    public KafkaFuture<Void> deleteLink(String link, boolean force, WriteOptions options) {
        return alter(link, () -> Requests.deleteLink(force), options);
    }

    @Override
    public KafkaFuture<Void> pauseLink(String link, WriteOptions options) {
        return alter(link, () -> Requests.desire(DesiredState.PAUSED), options);
    }

    @Override
    public KafkaFuture<Void> resumeLink(String link, WriteOptions options) {
        return alter(link, () -> Requests.desire(DesiredState.ACTIVE), options);
    }

    @Override
    public MirrorsResult<Void> createMirrors(String link, Collection<NewMirror> mirrors, WriteOptions options) {
        Map<String, Collection<AlterConfigOp>> changes = new LinkedHashMap<>();
        mirrors.forEach(mirror -> changes.put(mirror.topic(), Requests.createMirror(mirror)));
        return alterMirrors(link, changes, options);
    }

    @Override
    public KafkaFuture<List<MirrorListing>> listMirrors(ReadOptions options) {
        return kafkaFuture(index(options)
                .thenCompose(index -> mirrorsOf(
                        Descriptions.links(index).stream()
                                .map(LinkSummary::link)
                                .toList(),
                        options,
                        DefaultClusterLinkAdmin::isGone)));
    }

    @Override
    public KafkaFuture<List<MirrorListing>> listMirrors(Collection<String> links, ReadOptions options) {
        return guarded(() -> mirrorsOf(links, options, failure -> false));
    }

    @Override
    public MirrorsResult<MirrorDescription> describeMirrors(
            String link, Collection<String> topics, ReadOptions options) {
        return forEachMirror(link, topics, resources -> {
            Map<LinkResource, CompletableFuture<Config>> configs = transport.describe(resources, options.timeoutMs());
            Map<LinkResource, CompletableFuture<MirrorDescription>> results = new LinkedHashMap<>();
            resources.forEach(resource -> results.put(
                    resource, configs.get(resource).thenApply(config -> Descriptions.mirror(resource, config))));
            return results;
        });
    }

    @Override
    public MirrorsResult<Void> pauseMirrors(String link, Collection<String> topics, WriteOptions options) {
        return desire(link, topics, DesiredState.PAUSED, options);
    }

    @Override
    public MirrorsResult<Void> resumeMirrors(String link, Collection<String> topics, WriteOptions options) {
        return desire(link, topics, DesiredState.ACTIVE, options);
    }

    @Override
    public MirrorsResult<Void> repairMirrors(String link, Collection<String> topics, WriteOptions options) {
        Map<String, Collection<AlterConfigOp>> changes = new LinkedHashMap<>();
        topics.forEach(topic -> changes.put(topic, Requests.repair()));
        return alterMirrors(link, changes, options);
    }

    @Override
    public MirrorsResult<Void> promoteMirrors(String link, Collection<String> topics, WriteOptions options) {
        return desire(link, topics, DesiredState.PROMOTED, options);
    }

    @Override
    public MirrorsResult<Void> failoverMirrors(String link, Collection<String> topics, WriteOptions options) {
        return desire(link, topics, DesiredState.FAILED_OVER, options);
    }

    @Override
    public KafkaFuture<List<GroupSummary>> listGroups(String link, ReadOptions options) {
        return guarded(() -> transport
                .describe(new LinkResource.Groups(LinkResource.validateLinkName(link)), options.timeoutMs())
                .thenApply(Descriptions::groups));
    }

    @Override
    public KafkaFuture<GroupDescription> describeGroup(String link, String group, ReadOptions options) {
        return guarded(() -> transport
                .describe(new LinkResource.Group(LinkResource.validateLinkName(link), group), options.timeoutMs())
                .thenApply(config -> Descriptions.group(link, config)));
    }

    @Override
    public KafkaFuture<LinkClusterDescription> describeBrokers(ReadOptions options) {
        return kafkaFuture(index(options).thenApply(Descriptions::brokers));
    }

    @Override
    public void close(Duration timeout) {
        if (owned != null) {
            owned.close(timeout);
        }
    }

    private CompletableFuture<Config> index(ReadOptions options) {
        return transport
                .describe(new LinkResource.Index(), options.timeoutMs())
                .thenCompose(index -> Descriptions.isIndex(index)
                        ? CompletableFuture.completedFuture(index)
                        : transport.pluginAbsence().thenCompose(CompletableFuture::failedFuture));
    }

    /** Mirrors of {@code links}, without those whose description fails in a way that {@code leftOut} accepts. */
    private CompletableFuture<List<MirrorListing>> mirrorsOf(
            Collection<String> links, ReadOptions options, Predicate<Throwable> leftOut) {
        List<LinkResource.Link> resources = new TreeSet<>(links)
                .stream().map(DefaultClusterLinkAdmin::linkResource).toList();
        Map<LinkResource, CompletableFuture<Config>> configs = transport.describe(resources, options.timeoutMs());
        List<CompletableFuture<List<MirrorListing>>> mirrors = resources.stream()
                .map(resource -> configs.get(resource)
                        .thenApply(config -> Descriptions.mirrors(config).stream()
                                .map(summary -> new MirrorListing(resource.link(), summary))
                                .toList())
                        .exceptionallyCompose(failure -> leftOut.test(failure)
                                ? CompletableFuture.completedFuture(List.of())
                                : CompletableFuture.failedFuture(failure)))
                .toList();
        return CompletableFuture.allOf(mirrors.toArray(new CompletableFuture<?>[0]))
                .thenApply(done ->
                        mirrors.stream().flatMap(of -> of.join().stream()).toList());
    }

    /** Whether a link was deleted since it was listed. */
    private static boolean isGone(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof LinkException link && link.error() == Errors.RESOURCE_NOT_FOUND;
    }

    private KafkaFuture<Void> alter(String link, Supplier<Collection<AlterConfigOp>> ops, WriteOptions options) {
        return guarded(() -> {
            LinkResource.Link resource = linkResource(link);
            return transport.alter(Map.of(resource, ops.get()), options).get(resource);
        });
    }

    private MirrorsResult<Void> desire(
            String link, Collection<String> topics, DesiredState state, WriteOptions options) {
        Map<String, Collection<AlterConfigOp>> changes = new LinkedHashMap<>();
        topics.forEach(topic -> changes.put(topic, Requests.desire(state)));
        return alterMirrors(link, changes, options);
    }

    private MirrorsResult<Void> alterMirrors(
            String link, Map<String, Collection<AlterConfigOp>> changes, WriteOptions options) {
        return forEachMirror(link, changes.keySet(), resources -> {
            Map<LinkResource, Collection<AlterConfigOp>> request = new LinkedHashMap<>();
            resources.forEach(resource -> request.put(resource, changes.get(resource.topic())));
            return transport.alter(request, options);
        });
    }

    /** Sends one request for all topics whose names are allowed; the others fail by themselves. */
    private static <T> MirrorsResult<T> forEachMirror(
            String link,
            Collection<String> topics,
            Function<List<LinkResource.Mirror>, Map<LinkResource, CompletableFuture<T>>> send) {
        Map<String, KafkaFuture<T>> results = new LinkedHashMap<>();
        List<LinkResource.Mirror> resources = new ArrayList<>();
        for (String topic : new LinkedHashSet<>(topics)) {
            results.put(topic, guarded(() -> {
                LinkResource.validateLinkName(link);
                resources.add(new LinkResource.Mirror(link, LinkResource.validateTopicName(topic)));
                return new CompletableFuture<>();
            }));
        }
        if (!resources.isEmpty()) {
            Map<LinkResource, CompletableFuture<T>> futures = send.apply(resources);
            resources.forEach(resource -> results.put(resource.topic(), kafkaFuture(futures.get(resource))));
        }
        return new MirrorsResult<>(results);
    }

    private static LinkResource.Link linkResource(String link) {
        return new LinkResource.Link(LinkResource.validateLinkName(link));
    }

    private static <T> KafkaFuture<T> guarded(Supplier<CompletableFuture<T>> action) {
        try {
            return kafkaFuture(action.get());
        } catch (RuntimeException e) {
            return kafkaFuture(CompletableFuture.failedFuture(e));
        }
    }

    private static <T> KafkaFuture<T> kafkaFuture(CompletableFuture<T> future) {
        KafkaFutureImpl<T> result = new KafkaFutureImpl<>();
        future.whenComplete((value, failure) -> {
            if (failure == null) {
                result.complete(value);
            } else {
                result.completeExceptionally(Failures.unexpected(failure));
            }
        });
        return result;
    }
}
