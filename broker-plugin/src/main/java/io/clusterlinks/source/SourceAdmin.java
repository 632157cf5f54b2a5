// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import io.clusterlinks.protocol.LinkException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.protocol.Errors;

/**
 * Blocking questions to a source cluster, each answered or failed within its timeout with a
 * {@link io.clusterlinks.protocol.LinkException} that names the step that failed, on which address, and the remedy. Not
 * for event threads.
 */
public interface SourceAdmin extends AutoCloseable {
    /**
     * Checks the way to the source step by step: DNS, TCP, TLS, SASL, an answer in Kafka's protocol, authorization.
     *
     * @return cluster id of the source
     */
    String check(Duration timeout);

    /**
     * Asks whether this cluster still answers. If it is another one, what that said of its brokers is forgotten: the next
     * question goes to {@code bootstrap.servers} again.
     *
     * @throws LinkException INCONSISTENT_CLUSTER_ID if another one does
     */
    void requireCluster(String clusterId, Duration timeout);

    /** Why questions failed: that another cluster answers, if so, for that explains the rest. */
    default LinkException reason(LinkException failure, String clusterId, Duration timeout) {
        if (failure.error() == Errors.INCONSISTENT_CLUSTER_ID) {
            return failure;
        }
        try {
            requireCluster(clusterId, timeout);
            return failure;
        } catch (LinkException e) {
            return e.error() == Errors.INCONSISTENT_CLUSTER_ID ? e : failure;
        }
    }

    /** Describes a topic; fails if it does not exist or may not be described or read. */
    SourceTopic topic(String name, Duration timeout);

    /** Describes many topics; those that do not exist are left out. A topic that fails does not keep the others. */
    SourceTopics describe(Set<String> names, Duration timeout);

    /** Names of the source's topics, internal ones included. */
    Set<String> topics(Duration timeout);

    /**
     * Which of the source's topics are mirrors there, of whatever cluster; none where the source does not run this
     * plugin. Fails if that cannot be told.
     */
    Set<String> mirrors(Duration timeout);

    /**
     * Offsets at which partitions start for a start offset spec: {@code earliest}, {@code latest}, or an ISO-8601
     * instant. An instant past the last record means the end.
     */
    Map<TopicPartition, Long> startOffsets(Set<TopicPartition> partitions, String spec, Duration timeout);

    /**
     * Whether the link's principal sees every group of the source: without DESCRIBE on the cluster, groups on which it
     * has none are not listed.
     */
    boolean seesAllGroups(Duration timeout);

    /** Names of the groups that may have committed offsets: classic and new consumer groups, and simple ones. */
    Set<String> groups(Duration timeout);

    /**
     * Ends of the source's log of groups by partition: every change of a group moves one of them. Empty if the source does
     * not say; does not fail.
     */
    Map<Integer, Long> groupLogEnds();

    /**
     * Every offset that these groups have committed. A group that fails does not keep the others.
     *
     * @param settled whether to wait for what transactions and changes of coordinators leave open; a group of which that
     *     does not end in time fails
     */
    SourceOffsets committedOffsets(Set<String> groups, boolean settled, Duration timeout);

    /** Names of share groups; none where the source knows no such groups (before Kafka 4.0). */
    Set<String> shareGroups(Duration timeout);

    /** The start offsets of these share groups. A group that fails does not keep the others. */
    SourceOffsets shareOffsets(Set<String> groups, Duration timeout);

    /** ACLs of the source that any of the filters matches. */
    Set<AclBinding> acls(List<AclBindingFilter> filters, Duration timeout);

    /** ACLs of the source that links created there; none where the source does not run this plugin. */
    Set<AclBinding> linkedAcls(Duration timeout);

    @Override
    void close();
}
