// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Describes many topics of a source in two requests. */
final class TopicDescriber {
    private final Admin admin;
    private final int timeoutMs;

    TopicDescriber(Admin admin, Duration timeout) {
        this.admin = admin;
        this.timeoutMs = (int) timeout.toMillis();
    }

    /** The topics by name; those that do not exist are left out. */
    SourceTopics describe(Set<String> names) throws Exception {
        Map<String, KafkaFuture<TopicDescription>> descriptions = admin.describeTopics(
                        names, new DescribeTopicsOptions().timeoutMs(timeoutMs))
                .topicNameValues();
        Collection<ConfigResource> resources = names.stream()
                .map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name))
                .collect(Collectors.toSet());
        Map<ConfigResource, KafkaFuture<Config>> configs = admin.describeConfigs(
                        resources, new DescribeConfigsOptions().timeoutMs(timeoutMs))
                .values();
        Map<String, SourceTopic> topics = new HashMap<>();
        Map<String, String> failures = new HashMap<>();
        for (String name : names) {
            Optional<TopicDescription> description = getIfThere(descriptions.get(name), name, "DESCRIBE", failures);
            Optional<Config> config = getIfThere(
                    configs.get(new ConfigResource(ConfigResource.Type.TOPIC, name)),
                    name,
                    "DESCRIBE_CONFIGS",
                    failures);
            if (description.isPresent() && config.isPresent()) {
                topics.put(name, topic(description.get(), config.get()));
            }
        }
        return new SourceTopics(topics, failures);
    }

    static SourceTopic topic(TopicDescription description, Config config) {
        Uuid id = description.topicId();
        return new SourceTopic(
                description.name(),
                id == null || id.equals(Uuid.ZERO_UUID) ? null : id.toString(),
                description.partitions().size(),
                setOnTopic(config));
    }

    /** The configs that were set on the topic itself. */
    private static Map<String, String> setOnTopic(Config config) {
        return config.entries().stream()
                .filter(entry -> entry.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG)
                .filter(entry -> entry.value() != null)
                .collect(Collectors.toMap(ConfigEntry::name, ConfigEntry::value));
    }

    private <T> Optional<T> getIfThere(
            KafkaFuture<T> future, String topic, String operation, Map<String, String> failures)
            throws InterruptedException, TimeoutException, ExecutionException {
        try {
            return Optional.of(future.get(timeoutMs + 500L, TimeUnit.MILLISECONDS));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                return Optional.empty();
            }
            if (e.getCause() instanceof TopicAuthorizationException) {
                failures.putIfAbsent(
                        topic,
                        "Not in step: the link's principal needs the ACL " + operation + " on TOPIC '" + topic
                                + "' at the source.");
                return Optional.empty();
            }
            throw e;
        }
    }
}
