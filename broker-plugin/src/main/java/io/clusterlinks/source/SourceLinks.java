// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import io.clusterlinks.protocol.Json;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.LinkResource;
import io.clusterlinks.protocol.LinkSummary;
import io.clusterlinks.protocol.MirrorState;
import io.clusterlinks.protocol.MirrorSummary;
import io.clusterlinks.protocol.WireContract;
import io.clusterlinks.protocol.record.AclRecord;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.ResourceNotFoundException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.protocol.Errors;

/** What came to a source over links of its own: a source that runs this plugin tells it as it tells anybody. */
final class SourceLinks {
    private final String link;
    private final Admin admin;

    SourceLinks(String link, Admin admin) {
        this.link = link;
        this.admin = admin;
    }

    /** Names of topics that are mirrors at the source and not stopped. */
    Set<String> mirrors(Duration timeout) {
        return read(LinkResource.Link::new, WireContract.MIRROR_ENTRY_PREFIX, MirrorSummary.class, timeout)
                .filter(mirror -> mirror.state() != MirrorState.STOPPED)
                .map(MirrorSummary::topic)
                .collect(Collectors.toSet());
    }

    /** ACLs that links created at the source. */
    Set<AclBinding> acls(Duration timeout) {
        return read(LinkResource.Acls::new, WireContract.ACL_ENTRY_PREFIX, AclRecord.class, timeout)
                .map(AclRecord::binding)
                .collect(Collectors.toSet());
    }

    /** One kind of entries of a resource of every link. */
    private <T> Stream<T> read(
            Function<String, LinkResource> resource, String prefix, Class<T> type, Duration timeout) {
        Optional<Config> index = index(timeout);
        if (index.isEmpty()) {
            return Stream.empty();
        }
        if (index.get().get(WireContract.COORDINATOR) == null) {
            throw new LinkException(
                    Errors.UNSUPPORTED_VERSION,
                    "Source of link " + link + ": it has the topic " + LinkResource.INDEX_NAME + ", but the broker that"
                            + " was asked runs without the cluster-links plugin and cannot tell what came there over"
                            + " links. Start it with the plugin, or delete that topic if the plugin is gone for good.");
        }
        List<ConfigResource> resources = parsed(index.get(), WireContract.LINK_ENTRY_PREFIX, LinkSummary.class)
                .map(summary -> resource.apply(summary.link()).configResource())
                .toList();
        return describe(resources, timeout).values().stream().flatMap(future -> entries(future, prefix, type, timeout));
    }

    private Optional<Config> index(Duration timeout) {
        ConfigResource index = new LinkResource.Index().configResource();
        try {
            return Optional.of(get(describe(List.of(index), timeout).get(index), timeout));
        } catch (Exception e) {
            Throwable cause = SourceErrors.unwrap(e);
            if (cause instanceof UnknownTopicOrPartitionException || cause instanceof TopicAuthorizationException) {
                // To a broker without the plugin it is a topic like any other.
                return Optional.empty();
            }
            throw failure(e);
        }
    }

    private <T> Stream<T> entries(KafkaFuture<Config> described, String prefix, Class<T> type, Duration timeout) {
        try {
            return parsed(get(described, timeout), prefix, type);
        } catch (Exception e) {
            if (SourceErrors.unwrap(e) instanceof ResourceNotFoundException) {
                // Deleted since the index was read.
                return Stream.empty();
            }
            throw failure(e);
        }
    }

    private Map<ConfigResource, KafkaFuture<Config>> describe(Collection<ConfigResource> resources, Duration timeout) {
        return admin.describeConfigs(resources, new DescribeConfigsOptions().timeoutMs((int) timeout.toMillis()))
                .values();
    }

    private static Config get(KafkaFuture<Config> future, Duration timeout) throws Exception {
        return future.get(timeout.toMillis() + 200, TimeUnit.MILLISECONDS);
    }

    /** Values of JSON; a config of the same prefix has another. */
    private static <T> Stream<T> parsed(Config config, String prefix, Class<T> type) {
        return config.entries().stream()
                .filter(entry -> entry.name().startsWith(prefix))
                .map(ConfigEntry::value)
                .filter(value -> value != null && value.startsWith("{"))
                .map(value -> Json.read(value, type));
    }

    private LinkException failure(Exception e) {
        if (e instanceof InterruptedException) {
            Thread.currentThread().interrupt();
            return LinkException.unavailable("Interrupted while asking the source of link " + link + ".");
        }
        Throwable cause = SourceErrors.unwrap(e);
        if (cause instanceof ClusterAuthorizationException) {
            return new LinkException(
                    Errors.CLUSTER_AUTHORIZATION_FAILED,
                    "Source of link " + link + ": the link's principal needs the ACL DESCRIBE on the CLUSTER at the"
                            + " source, to tell what came there over links of its own.",
                    cause);
        }
        return SourceErrors.classify(link, "asking what came there over links", null, e);
    }
}
