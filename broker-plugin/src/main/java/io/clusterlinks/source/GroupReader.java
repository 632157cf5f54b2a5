// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import io.clusterlinks.protocol.LinkException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsResult;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsResult;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.SharePartitionOffsetInfo;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.GroupAuthorizationException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.protocol.Errors;

/** Reads which groups a source has and what they have committed: one request per broker, whatever their number. */
final class GroupReader {
    private final String link;
    private final Admin admin;

    GroupReader(String link, Admin admin) {
        this.link = link;
        this.admin = admin;
    }

    Set<String> groups(Duration timeout) {
        try {
            Set<String> names = new HashSet<>();
            for (GroupListing group : admin.listGroups(new ListGroupsOptions().timeoutMs((int) timeout.toMillis()))
                    .all()
                    .get(timeout.toMillis() + 200, TimeUnit.MILLISECONDS)) {
                if (commitsOffsets(group)) {
                    names.add(group.groupId());
                }
            }
            return names;
        } catch (Exception e) {
            throw failure("listing consumer groups", "DESCRIBE on the CLUSTER, or on each GROUP,", e);
        }
    }

    /** A source without authorizer allows everything. */
    boolean seesAll(Duration timeout) {
        DescribeClusterOptions options =
                new DescribeClusterOptions().includeAuthorizedOperations(true).timeoutMs((int) timeout.toMillis());
        try {
            Set<AclOperation> allowed = admin.describeCluster(options)
                    .authorizedOperations()
                    .get(timeout.toMillis() + 200, TimeUnit.MILLISECONDS);
            return allowed == null || allowed.contains(AclOperation.DESCRIBE);
        } catch (Exception e) {
            if (SourceErrors.unwrap(e) instanceof UnsupportedVersionException) {
                // Before Kafka 2.3 it does not say.
                return true;
            }
            throw failure("asking for permissions", "DESCRIBE on the CLUSTER", e);
        }
    }

    /** Share groups have positions of another kind; other protocols than consumers' commit none. */
    private static boolean commitsOffsets(GroupListing group) {
        Optional<GroupType> type = group.type();
        if (type.isPresent() && type.get() != GroupType.CLASSIC && type.get() != GroupType.UNKNOWN) {
            return type.get() == GroupType.CONSUMER || type.get() == GroupType.STREAMS;
        }
        return group.protocol().isEmpty() || group.protocol().equals("consumer");
    }

    SourceOffsets committedOffsets(Set<String> groups, boolean settled, Duration timeout) {
        if (groups.isEmpty()) {
            return new SourceOffsets(Map.of(), Map.of());
        }
        Map<String, ListConsumerGroupOffsetsSpec> specs = new HashMap<>();
        groups.forEach(group -> specs.put(group, new ListConsumerGroupOffsetsSpec()));
        ListConsumerGroupOffsetsResult result = admin.listConsumerGroupOffsets(
                specs,
                new ListConsumerGroupOffsetsOptions().requireStable(settled).timeoutMs((int) timeout.toMillis()));
        return collect(groups, timeout, result::partitionsToOffsetAndMetadata);
    }

    Set<String> shareGroups(Duration timeout) {
        ListGroupsOptions options = ListGroupsOptions.forShareGroups().timeoutMs((int) timeout.toMillis());
        try {
            return admin.listGroups(options).all().get(timeout.toMillis() + 200, TimeUnit.MILLISECONDS).stream()
                    .map(GroupListing::groupId)
                    .collect(Collectors.toSet());
        } catch (Exception e) {
            if (SourceErrors.unwrap(e) instanceof UnsupportedVersionException) {
                return Set.of();
            }
            throw failure("listing share groups", "DESCRIBE on the CLUSTER, or on each GROUP,", e);
        }
    }

    SourceOffsets shareOffsets(Set<String> groups, Duration timeout) {
        if (groups.isEmpty()) {
            return new SourceOffsets(Map.of(), Map.of());
        }
        Map<String, ListShareGroupOffsetsSpec> specs = new HashMap<>();
        groups.forEach(group -> specs.put(group, new ListShareGroupOffsetsSpec()));
        ListShareGroupOffsetsResult result = admin.listShareGroupOffsets(
                specs, new ListShareGroupOffsetsOptions().timeoutMs((int) timeout.toMillis()));
        return collect(
                groups, timeout, group -> result.partitionsToOffsetInfo(group).thenApply(GroupReader::positions));
    }

    private static Map<TopicPartition, OffsetAndMetadata> positions(
            Map<TopicPartition, SharePartitionOffsetInfo> starts) {
        Map<TopicPartition, OffsetAndMetadata> positions = new HashMap<>();
        starts.forEach((partition, info) -> {
            if (info != null && info.startOffset() >= 0) {
                positions.put(partition, new OffsetAndMetadata(info.startOffset()));
            }
        });
        return positions;
    }

    private SourceOffsets collect(
            Set<String> groups,
            Duration timeout,
            Function<String, KafkaFuture<Map<TopicPartition, OffsetAndMetadata>>> ofGroup) {
        long deadlineNs = System.nanoTime() + timeout.toNanos() + TimeUnit.MILLISECONDS.toNanos(200);
        Map<String, Map<TopicPartition, OffsetAndMetadata>> offsets = new HashMap<>();
        Map<String, String> failures = new HashMap<>();
        LinkException sourceFailure = null;
        for (String group : groups) {
            try {
                offsets.put(
                        group,
                        ofGroup.apply(group).get(Math.max(0, deadlineNs - System.nanoTime()), TimeUnit.NANOSECONDS));
            } catch (Exception e) {
                LinkException failure =
                        failure("reading the offsets of group '" + group + "'", "DESCRIBE on GROUP '" + group + "'", e);
                failures.put(group, failure.getMessage());
                if (!(SourceErrors.unwrap(e) instanceof GroupAuthorizationException)) {
                    sourceFailure = failure;
                }
            }
        }
        if (offsets.isEmpty() && sourceFailure != null) {
            throw sourceFailure;
        }
        return new SourceOffsets(offsets, failures);
    }

    private LinkException failure(String step, String acl, Exception e) {
        if (e instanceof InterruptedException) {
            Thread.currentThread().interrupt();
            return LinkException.unavailable("Interrupted while " + step + " of link " + link + ".");
        }
        Throwable cause = SourceErrors.unwrap(e);
        if (cause instanceof AuthorizationException) {
            return new LinkException(
                    Errors.forException(cause),
                    "Source of link " + link + ": the link's principal needs the ACL " + acl + " at the source for "
                            + step + ".",
                    cause);
        }
        Throwable classified = cause instanceof java.util.concurrent.TimeoutException
                ? new org.apache.kafka.common.errors.TimeoutException("no answer in time", cause)
                : cause;
        return SourceErrors.classify(link, step, null, classified);
    }
}
