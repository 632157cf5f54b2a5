// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.source;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;

/**
 * Has threads that ask for a topic at the same time share their requests: an admin client sends one at a time, and each
 * costs a round trip. What comes while requests are under way goes together in the next. Thread-safe.
 */
final class TopicQuestions {
    private final Supplier<Admin> admin;
    /** Fair: who comes back with another question must not overtake who waits for an answer that is there. */
    private final ReentrantLock turn = new ReentrantLock(true);

    private Batch open = new Batch();

    TopicQuestions(Supplier<Admin> admin) {
        this.admin = admin;
    }

    /** Answers for one topic, which have arrived or failed. */
    record Answers(KafkaFuture<TopicDescription> description, KafkaFuture<Config> configs) {}

    private static final class Batch {
        private final Set<String> names = new LinkedHashSet<>();
        private Map<String, Answers> answers;
    }

    /** Asks for one topic, blocking for up to twice the timeout. */
    Answers ask(String name, Duration timeout) throws InterruptedException {
        Batch mine;
        synchronized (this) {
            mine = open;
            mine.names.add(name);
        }
        if (!turn.tryLock(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new org.apache.kafka.common.errors.TimeoutException("no answer in " + timeout.toMillis() + " ms");
        }
        try {
            if (mine.answers == null) {
                mine.answers = send(close(mine), timeout);
            }
            return mine.answers.get(name);
        } finally {
            turn.unlock();
        }
    }

    private synchronized Set<String> close(Batch batch) {
        if (open == batch) {
            open = new Batch();
        }
        return batch.names;
    }

    private Map<String, Answers> send(Set<String> names, Duration timeout) throws InterruptedException {
        int timeoutMs = (int) Math.max(1, timeout.toMillis());
        Map<String, ConfigResource> resources = names.stream()
                .collect(Collectors.toMap(name -> name, name -> new ConfigResource(ConfigResource.Type.TOPIC, name)));
        Map<String, KafkaFuture<TopicDescription>> descriptions = admin.get()
                .describeTopics(
                        names,
                        new DescribeTopicsOptions()
                                .includeAuthorizedOperations(true)
                                .timeoutMs(timeoutMs))
                .topicNameValues();
        Map<ConfigResource, KafkaFuture<Config>> configs = admin.get()
                .describeConfigs(resources.values(), new DescribeConfigsOptions().timeoutMs(timeoutMs))
                .values();
        await(descriptions.values(), timeoutMs);
        await(configs.values(), timeoutMs);
        Map<String, Answers> answers = new HashMap<>();
        names.forEach(name -> answers.put(name, new Answers(descriptions.get(name), configs.get(resources.get(name)))));
        return answers;
    }

    /** Whoever asked reads how it ended. */
    private static void await(Collection<? extends KafkaFuture<?>> futures, int timeoutMs) throws InterruptedException {
        try {
            KafkaFuture.allOf(futures.toArray(KafkaFuture<?>[]::new)).get(timeoutMs + 200L, TimeUnit.MILLISECONDS);
        } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
            // In each future, or not there yet.
        }
    }
}
