// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.client;

import io.clusterlinks.protocol.GroupSummary;
import io.clusterlinks.protocol.LinkSummary;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaFuture;

/**
 * Drives cluster links from Java: a typed layer over a Kafka {@link Admin} of the <em>destination</em> cluster, the one
 * whose brokers run the plugin.
 *
 * <pre>{@code
 * try (ClusterLinkAdmin links = ClusterLinkAdmin.create(properties)) {
 *     links.createLink("east", Map.of("bootstrap.servers", "east-1:9092")).get();
 *     links.createMirrors("east", List.of(NewMirror.of("orders"))).all().get();
 *     links.describeMirrors("east", List.of("orders")).all().get().get("orders").lagRecords();
 * }
 * }</pre>
 *
 * <p><b>Threads.</b> Thread-safe. No method blocks but {@link #close}. Futures complete on the admin client's thread:
 * do not block there.
 *
 * <p><b>Errors.</b> No method throws for what a cluster answers or a name that is not allowed; the future fails with a
 * {@link io.clusterlinks.protocol.LinkException}: an error code and one line that names the thing and the remedy. Codes
 * that any method may give: CLUSTER_AUTHORIZATION_FAILED (reading needs DESCRIBE on the cluster, writing ALTER, and
 * ALTER on the topic for mirrors), UNSUPPORTED_VERSION (a broker runs without the plugin), COORDINATOR_NOT_AVAILABLE
 * (after retries until the timeout), REQUEST_TIMED_OUT (a write may have been carried out nevertheless),
 * NOT_ENOUGH_REPLICAS (of the state topic; nothing was written).
 *
 * <p><b>Consistency.</b> What a completed write changed, the next read sees, on any broker. Writes are all or nothing
 * per link and per mirror topic.
 */
public interface ClusterLinkAdmin extends AutoCloseable {
    /**
     * Opens a client of its own.
     *
     * @param properties configs of a Kafka admin client, {@code bootstrap.servers} at least
     * @throws org.apache.kafka.common.KafkaException if they are not valid
     */
    static ClusterLinkAdmin create(Properties properties) {
        return DefaultClusterLinkAdmin.owning(Admin.create(properties));
    }

    /** As {@link #create(Properties)}. */
    static ClusterLinkAdmin create(Map<String, Object> configs) {
        return DefaultClusterLinkAdmin.owning(Admin.create(configs));
    }

    /** Uses a client that somebody else closes. */
    static ClusterLinkAdmin over(Admin admin) {
        return DefaultClusterLinkAdmin.sharing(admin);
    }

    /**
     * Creates a link. The source is reached for real before the cluster answers.
     *
     * @param link its name, {@code [a-zA-Z0-9_-]{1,100}}
     * @param configs link configs (docs/configs.md), {@code bootstrap.servers} at least, and client configs of Kafka
     * @return fails with DUPLICATE_RESOURCE if the link exists, INVALID_CONFIG naming the key, INVALID_REQUEST for a
     *     name that is not allowed, or the code of the step at which the source could not be reached
     */
    KafkaFuture<Void> createLink(String link, Map<String, String> configs, WriteOptions options);

    /** {@link #createLink(String, Map, WriteOptions)} with default options. */
    default KafkaFuture<Void> createLink(String link, Map<String, String> configs) {
        return createLink(link, configs, WriteOptions.defaults());
    }

    /** Lists all links, sorted by name. */
    KafkaFuture<List<LinkSummary>> listLinks(ReadOptions options);

    /** {@link #listLinks(ReadOptions)} with default options. */
    default KafkaFuture<List<LinkSummary>> listLinks() {
        return listLinks(ReadOptions.defaults());
    }

    /** Describes one link with its configs and mirrors. Fails with RESOURCE_NOT_FOUND if there is no such link. */
    KafkaFuture<LinkDescription> describeLink(String link, ReadOptions options);

    /** {@link #describeLink(String, ReadOptions)} with default options. */
    default KafkaFuture<LinkDescription> describeLink(String link) {
        return describeLink(link, ReadOptions.defaults());
    }

    /**
     * Changes configs of a link, all or none; they take effect without recreating it.
     *
     * @param set configs to set
     * @param delete names of configs to put back to their defaults
     * @return fails with RESOURCE_NOT_FOUND if there is no such link, or INVALID_CONFIG naming the key
     */
    KafkaFuture<Void> alterLink(String link, Map<String, String> set, Set<String> delete, WriteOptions options);

    /** {@link #alterLink(String, Map, Set, WriteOptions)} with default options. */
    default KafkaFuture<Void> alterLink(String link, Map<String, String> set, Set<String> delete) {
        return alterLink(link, set, delete, WriteOptions.defaults());
    }

    /**
     * Deletes a link.
     *
     * @param force fail over mirrors that are not stopped; the link goes once they are stopped. Without it a link
     *     with such mirrors is refused
     */
    KafkaFuture<Void> deleteLink(String link, boolean force, WriteOptions options);

    /** {@link #deleteLink(String, boolean, WriteOptions)} with default options. */
    default KafkaFuture<Void> deleteLink(String link, boolean force) {
        return deleteLink(link, force, WriteOptions.defaults());
    }

    /** Stops fetching for all mirrors of a link; they stay read-only. */
    KafkaFuture<Void> pauseLink(String link, WriteOptions options);

    /** Undoes {@link #pauseLink}; mirrors that were paused themselves stay so. */
    KafkaFuture<Void> resumeLink(String link, WriteOptions options);

    /**
     * Creates mirror topics, in one request. A topic's future completes when the topic exists and every broker keeps
     * clients from writing to it; that it follows the source is seen in its state.
     *
     * @return fails with RESOURCE_NOT_FOUND for an unknown link, TOPIC_ALREADY_EXISTS for a name that is taken, and by
     *     name for a source topic that does not exist or may not be read
     */
    MirrorsResult<Void> createMirrors(String link, Collection<NewMirror> mirrors, WriteOptions options);

    /** {@link #createMirrors(String, Collection, WriteOptions)} with default options. */
    default MirrorsResult<Void> createMirrors(String link, Collection<NewMirror> mirrors) {
        return createMirrors(link, mirrors, WriteOptions.defaults());
    }

    /** Lists the mirror topics of every link, sorted by link and name. */
    KafkaFuture<List<MirrorListing>> listMirrors(ReadOptions options);

    /** Lists the mirror topics of some links, sorted by link and name; RESOURCE_NOT_FOUND if there is no such link. */
    KafkaFuture<List<MirrorListing>> listMirrors(Collection<String> links, ReadOptions options);

    /** Describes mirror topics, in one request. Topics that are no mirrors fail with RESOURCE_NOT_FOUND. */
    MirrorsResult<MirrorDescription> describeMirrors(String link, Collection<String> topics, ReadOptions options);

    /** {@link #describeMirrors(String, Collection, ReadOptions)} with default options. */
    default MirrorsResult<MirrorDescription> describeMirrors(String link, Collection<String> topics) {
        return describeMirrors(link, topics, ReadOptions.defaults());
    }

    /** Stops fetching; the topics stay read-only. */
    MirrorsResult<Void> pauseMirrors(String link, Collection<String> topics, WriteOptions options);

    /** Follows the source again; gives up promotions that are not final yet. */
    MirrorsResult<Void> resumeMirrors(String link, Collection<String> topics, WriteOptions options);

    /**
     * Has failed partitions of mirrors go on from the last offset that they have in common with the source; what is past
     * it here is dropped, however much that is, and said in the mirror's events. Paused mirrors are resumed. Futures
     * complete when the wish is durable; a partition whose cause is not mended fails again with its reason.
     */
    MirrorsResult<Void> repairMirrors(String link, Collection<String> topics, WriteOptions options);

    /**
     * Makes mirrors writable once they are level with the source. Futures complete when the promotion is accepted and
     * durable; it is finished when a topic's state is STOPPED. {@link #resumeMirrors} gives it up until then.
     */
    MirrorsResult<Void> promoteMirrors(String link, Collection<String> topics, WriteOptions options);

    /**
     * Makes mirrors writable with what is here, without asking the source. Futures complete when the failover is
     * accepted and durable; it is finished when a topic's state is STOPPED.
     */
    MirrorsResult<Void> failoverMirrors(String link, Collection<String> topics, WriteOptions options);

    /**
     * Lists the consumer and share groups that follow a link, sorted by name, as its coordinator knows them. Fails with
     * RESOURCE_NOT_FOUND if there is no such link.
     */
    KafkaFuture<List<GroupSummary>> listGroups(String link, ReadOptions options);

    /** {@link #listGroups(String, ReadOptions)} with default options. */
    default KafkaFuture<List<GroupSummary>> listGroups(String link) {
        return listGroups(link, ReadOptions.defaults());
    }

    /**
     * Describes a group with its offsets, by its name at the destination. Fails with RESOURCE_NOT_FOUND if it does not
     * follow the link.
     */
    KafkaFuture<GroupDescription> describeGroup(String link, String group, ReadOptions options);

    /** {@link #describeGroup(String, String, ReadOptions)} with default options. */
    default KafkaFuture<GroupDescription> describeGroup(String link, String group) {
        return describeGroup(link, group, ReadOptions.defaults());
    }

    /** Describes coordinator and brokers: who runs the plugin, who is up to date. */
    KafkaFuture<LinkClusterDescription> describeBrokers(ReadOptions options);

    /** {@link #describeBrokers(ReadOptions)} with default options. */
    default KafkaFuture<LinkClusterDescription> describeBrokers() {
        return describeBrokers(ReadOptions.defaults());
    }

    /** Closes the admin client, if it is this object's own; requests that are under way fail. Idempotent. */
    void close(Duration timeout);

    /** {@link #close(Duration)}, waiting for requests that are under way. */
    @Override
    default void close() {
        close(Duration.ofMillis(Long.MAX_VALUE));
    }
}
