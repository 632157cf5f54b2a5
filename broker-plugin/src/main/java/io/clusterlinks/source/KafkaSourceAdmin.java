// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import io.clusterlinks.protocol.LinkConfig;
import io.clusterlinks.protocol.LinkException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeAclsOptions;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.SecurityDisabledException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.protocol.Errors;

/** Questions to a source over the public Admin client, which is opened on first use and kept. */
final class KafkaSourceAdmin implements SourceAdmin {
    /** For what has been waited for. */
    private static final Duration ARRIVED = Duration.ofMillis(1);

    private final String link;
    private final LinkConfig config;
    private final ReceiveLimit limit;
    private final TopicQuestions questions = new TopicQuestions(this::admin);
    private final GroupLog groupLog = new GroupLog();
    private BoundedAdmin admin;
    /** Set under the lock: no client is opened that nobody would close. */
    private volatile boolean closed;

    KafkaSourceAdmin(String link, LinkConfig config) {
        this.link = link;
        this.config = config;
        this.limit = ReceiveLimit.of(config);
    }

    @Override
    public String check(Duration timeout) {
        return new SourceCheck(link, config, this::admin).run(timeout);
    }

    @Override
    public void requireCluster(String clusterId, Duration timeout) {
        String answering;
        try {
            answering = get(
                    admin().describeCluster(new DescribeClusterOptions().timeoutMs(millis(timeout)))
                            .clusterId(),
                    timeout);
        } catch (Exception e) {
            if (SourceErrors.unwrap(e) instanceof AuthenticationException) {
                // By another cluster, perhaps.
                startOver();
            }
            throw failure("asking for the cluster id", e);
        }
        if (answering != null && !answering.equals(clusterId)) {
            startOver();
            throw SourceErrors.anotherCluster(link, clusterId, answering);
        }
    }

    private synchronized void startOver() {
        if (admin != null) {
            admin.close();
            admin = null;
        }
    }

    private synchronized Admin admin() {
        if (closed) {
            throw isClosed(null);
        }
        if (admin != null && !admin.isAlive()) {
            startOver();
        }
        if (admin == null) {
            Map<String, Object> configs = new HashMap<>(config.clientConfigs("cluster-link-" + link + "-admin"));
            // Answers are due within seconds: a request that hangs must leave time to ask another broker.
            configs.putIfAbsent(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, 5000);
            configs.putIfAbsent(CommonClientConfigs.SOCKET_CONNECTION_SETUP_TIMEOUT_MS_CONFIG, 2000L);
            configs.putIfAbsent(CommonClientConfigs.SOCKET_CONNECTION_SETUP_TIMEOUT_MAX_MS_CONFIG, 4000L);
            configs.put(AdminClientConfig.METADATA_MAX_AGE_CONFIG, config.getLong(LinkConfig.METADATA_MAX_AGE_MS));
            // The source need not know what this client measures.
            configs.put(AdminClientConfig.ENABLE_METRICS_PUSH_CONFIG, false);
            try {
                admin = BoundedAdmin.open(configs, limit);
            } catch (KafkaException e) {
                throw SourceErrors.classify(link, "opening a client", null, e);
            }
        }
        return admin.admin();
    }

    @Override
    public SourceTopic topic(String name, Duration timeout) {
        TopicQuestions.Answers answers;
        try {
            answers = questions.ask(name, timeout);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw LinkException.unavailable("Interrupted while describing a topic of link " + link + ".");
        } catch (KafkaException e) {
            throw failure("describing topic '" + name + "'", e);
        }
        TopicDescription description = description(name, answers.description());
        // Null where the source is too old to say (before Kafka 2.3); then the first fetch tells.
        Set<AclOperation> allowed = description.authorizedOperations();
        if (allowed != null && !allowed.isEmpty() && !allowed.contains(AclOperation.READ)) {
            throw missingAcl("READ", name, null);
        }
        String id = description.topicId() == null || description.topicId().equals(Uuid.ZERO_UUID)
                ? null
                : description.topicId().toString();
        return new SourceTopic(name, id, description.partitions().size(), topicConfigs(name, answers.configs()));
    }

    private TopicDescription description(String name, KafkaFuture<TopicDescription> answer) {
        try {
            return get(answer, ARRIVED);
        } catch (Exception e) {
            Throwable cause = SourceErrors.unwrap(e);
            if (cause instanceof UnknownTopicOrPartitionException) {
                throw LinkException.notFound("Topic '" + name + "' does not exist at the source of link " + link
                        + ", or the link's principal may not describe it; check the name and its ACLs there.");
            }
            if (cause instanceof TopicAuthorizationException) {
                throw missingAcl("READ and DESCRIBE", name, cause);
            }
            throw failure("describing topic '" + name + "'", e);
        }
    }

    private LinkException missingAcl(String operation, String topic, Throwable cause) {
        return new LinkException(
                Errors.TOPIC_AUTHORIZATION_FAILED,
                "The principal of link " + link + " may not " + operation + " topic '" + topic
                        + "' at the source; add an ACL that allows " + operation + " on TOPIC " + topic + " there.",
                cause);
    }

    private Map<String, String> topicConfigs(String name, KafkaFuture<Config> answer) {
        try {
            Map<String, String> configs = new HashMap<>();
            get(answer, ARRIVED).entries().stream()
                    .filter(entry -> entry.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG)
                    .filter(entry -> entry.value() != null)
                    .forEach(entry -> configs.put(entry.name(), entry.value()));
            return configs;
        } catch (Exception e) {
            if (SourceErrors.unwrap(e) instanceof TopicAuthorizationException cause) {
                throw missingAcl("DESCRIBE_CONFIGS", name, cause);
            }
            throw failure("reading the configs of topic '" + name + "'", e);
        }
    }

    @Override
    public SourceTopics describe(Set<String> names, Duration timeout) {
        try {
            return new TopicDescriber(admin(), timeout).describe(names);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw LinkException.unavailable("Interrupted while describing topics of link " + link + ".");
        } catch (Exception e) {
            throw failure("describing topics", e);
        }
    }

    @Override
    public Set<String> topics(Duration timeout) {
        try {
            return new HashSet<>(get(
                    admin().listTopics(
                                    new ListTopicsOptions().listInternal(true).timeoutMs(millis(timeout)))
                            .names(),
                    timeout));
        } catch (Exception e) {
            throw failure("listing topics", e);
        }
    }

    @Override
    public Set<String> mirrors(Duration timeout) {
        return new SourceLinks(link, admin()).mirrors(timeout);
    }

    @Override
    public Set<AclBinding> linkedAcls(Duration timeout) {
        return new SourceLinks(link, admin()).acls(timeout);
    }

    @Override
    public Set<AclBinding> acls(List<AclBindingFilter> filters, Duration timeout) {
        Set<AclBinding> acls = new HashSet<>();
        long deadlineNs = System.nanoTime() + timeout.toNanos();
        try {
            for (AclBindingFilter filter : filters) {
                Duration left = Duration.ofNanos(Math.max(1_000_000, deadlineNs - System.nanoTime()));
                acls.addAll(get(
                        admin().describeAcls(filter, new DescribeAclsOptions().timeoutMs(millis(left)))
                                .values(),
                        left));
            }
            return acls;
        } catch (Exception e) {
            Throwable cause = SourceErrors.unwrap(e);
            if (cause instanceof SecurityDisabledException) {
                throw new LinkException(
                        Errors.SECURITY_DISABLED,
                        "Source of link " + link + " has no authorizer, so it has no ACLs to take over; set "
                                + LinkConfig.ACL_SYNC_ENABLE + "=false.",
                        cause);
            }
            if (cause instanceof ClusterAuthorizationException) {
                throw new LinkException(
                        Errors.CLUSTER_AUTHORIZATION_FAILED,
                        "Source of link " + link + ": the link's principal needs the ACL DESCRIBE on the CLUSTER at the"
                                + " source to read ACLs.",
                        cause);
            }
            throw failure("reading ACLs", e);
        }
    }

    @Override
    public boolean seesAllGroups(Duration timeout) {
        return new GroupReader(link, admin()).seesAll(timeout);
    }

    @Override
    public Map<Integer, Long> groupLogEnds() {
        return groupLog.ends(this::admin);
    }

    @Override
    public Set<String> groups(Duration timeout) {
        return new GroupReader(link, admin()).groups(timeout);
    }

    @Override
    public SourceOffsets committedOffsets(Set<String> groups, boolean settled, Duration timeout) {
        return new GroupReader(link, admin()).committedOffsets(groups, settled, timeout);
    }

    @Override
    public Set<String> shareGroups(Duration timeout) {
        return new GroupReader(link, admin()).shareGroups(timeout);
    }

    @Override
    public SourceOffsets shareOffsets(Set<String> groups, Duration timeout) {
        return new GroupReader(link, admin()).shareOffsets(groups, timeout);
    }

    @Override
    public Map<TopicPartition, Long> startOffsets(Set<TopicPartition> partitions, String spec, Duration timeout) {
        long deadlineNs = System.nanoTime() + timeout.toNanos();
        Map<TopicPartition, Long> offsets = offsets(partitions, offsetSpec(spec), timeout);
        Set<TopicPartition> pastTheEnd = new HashSet<>();
        offsets.forEach((partition, offset) -> {
            if (offset < 0) {
                pastTheEnd.add(partition);
            }
        });
        if (!pastTheEnd.isEmpty()) {
            Duration left = Duration.ofNanos(Math.max(1_000_000, deadlineNs - System.nanoTime()));
            offsets.putAll(offsets(pastTheEnd, OffsetSpec.latest(), left));
        }
        return offsets;
    }

    private static OffsetSpec offsetSpec(String spec) {
        return switch (spec) {
            case "earliest" -> OffsetSpec.earliest();
            case "latest" -> OffsetSpec.latest();
            default -> OffsetSpec.forTimestamp(Instant.parse(spec).toEpochMilli());
        };
    }

    private Map<TopicPartition, Long> offsets(
            Collection<TopicPartition> partitions, OffsetSpec spec, Duration timeout) {
        Map<TopicPartition, OffsetSpec> specs = new HashMap<>();
        partitions.forEach(partition -> specs.put(partition, spec));
        try {
            Map<TopicPartition, Long> offsets = new HashMap<>();
            for (Map.Entry<TopicPartition, ListOffsetsResultInfo> entry : get(
                            admin().listOffsets(specs, new ListOffsetsOptions().timeoutMs(millis(timeout)))
                                    .all(),
                            timeout)
                    .entrySet()) {
                offsets.put(entry.getKey(), entry.getValue().offset());
            }
            return offsets;
        } catch (Exception e) {
            throw failure("asking for offsets", e);
        }
    }

    private static <T> T get(KafkaFuture<T> future, Duration timeout) throws Exception {
        try {
            return future.get(timeout.toMillis() + 200, TimeUnit.MILLISECONDS);
        } catch (java.util.concurrent.TimeoutException e) {
            throw new org.apache.kafka.common.errors.TimeoutException("no answer in " + timeout.toMillis() + " ms", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new org.apache.kafka.common.errors.InterruptException(e);
        }
    }

    private static int millis(Duration timeout) {
        return (int) Math.max(1, timeout.toMillis());
    }

    private LinkException failure(String step, Exception failure) {
        return closed ? isClosed(failure) : SourceErrors.classify(link, step, null, failure);
    }

    /** What was being asked is asked again by a client with the link's new configs, or by another coordinator. */
    private LinkException isClosed(Exception cause) {
        return new LinkException(
                Errors.COORDINATOR_NOT_AVAILABLE,
                "The way to the source of link " + link + " was changed meanwhile, or its coordinator has moved."
                        + " Repeat the command.",
                cause);
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (admin != null) {
            admin.close();
            admin = null;
        }
    }
}
