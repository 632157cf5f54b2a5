// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.host.BrokerChannel;
import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.LinkException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FindCoordinatorResponse;
import org.apache.kafka.common.requests.ListGroupsResponse;

/** Groups as their coordinators among the cluster's brokers have them; which broker that is is remembered. */
final class BrokerGroups implements LocalGroups {
    private static final long TIMEOUT_MS = 4_000;

    private final LocalBroker broker;
    private final BrokerChannel channel;
    private final GroupDialect dialect;
    private final Map<String, Integer> coordinators = new ConcurrentHashMap<>();

    BrokerGroups(LocalBroker broker, GroupDialect dialect) {
        this.broker = broker;
        this.channel = broker.groups();
        this.dialect = dialect;
    }

    @Override
    public Set<String> active() {
        List<CompletableFuture<AbstractResponse>> answers = broker.cluster().liveBrokers().stream()
                .map(id -> channel.send(id, GroupRequests.listActive()))
                .toList();
        Deadline deadline = new Deadline();
        Set<String> names = new HashSet<>();
        for (CompletableFuture<AbstractResponse> answer : answers) {
            ListGroupsResponse response = (ListGroupsResponse) deadline.get(answer);
            Errors error = Errors.forCode(response.data().errorCode());
            // A broker that is loading some groups or has none yet lists the others; a commit tells of the rest.
            if (error != Errors.NONE
                    && error != Errors.COORDINATOR_LOAD_IN_PROGRESS
                    && error != Errors.COORDINATOR_NOT_AVAILABLE) {
                throw new LinkException(error, "Cannot list the consumer groups of this cluster: " + error.message());
            }
            response.data().groups().forEach(group -> names.add(group.groupId()));
        }
        return names;
    }

    @Override
    public Committed committed(Map<String, Set<TopicPartition>> partitions) {
        Map<String, Errors> failures = new HashMap<>(findCoordinators(partitions.keySet()));
        Map<Integer, List<String>> byBroker = partitions.keySet().stream()
                .filter(coordinators::containsKey)
                .collect(Collectors.groupingBy(coordinators::get));
        List<CompletableFuture<AbstractResponse>> answers = new ArrayList<>();
        byBroker.forEach((id, groups) -> answers.add(channel.send(id, dialect.fetch(groups, partitions))));
        Deadline deadline = new Deadline();
        Map<String, Map<TopicPartition, Long>> committed = new HashMap<>();
        for (CompletableFuture<AbstractResponse> answer : answers) {
            deadline.ifAnswered(answer, response -> dialect.fetched(response).forEach((group, fetched) -> {
                if (fetched.error() == Errors.NONE || fetched.error() == Errors.GROUP_ID_NOT_FOUND) {
                    committed.put(group, fetched.offsets());
                } else {
                    failures.put(group, fetched.error());
                }
            }));
        }
        partitions.keySet().stream()
                .filter(group -> !committed.containsKey(group))
                .forEach(group -> {
                    failures.putIfAbsent(group, Errors.COORDINATOR_NOT_AVAILABLE);
                    coordinators.remove(group);
                });
        return new Committed(committed, failures);
    }

    @Override
    public Map<String, Map<TopicPartition, Errors>> commit(
            Map<String, Map<TopicPartition, OffsetAndMetadata>> offsets) {
        findCoordinators(offsets.keySet());
        Map<String, CompletableFuture<AbstractResponse>> answers = new HashMap<>();
        offsets.forEach((group, ofGroup) -> {
            Integer coordinator = coordinators.get(group);
            if (coordinator != null) {
                answers.put(group, channel.send(coordinator, dialect.commit(group, ofGroup)));
            }
        });
        Deadline deadline = new Deadline();
        Map<String, Map<TopicPartition, Errors>> results = new HashMap<>();
        offsets.forEach((group, ofGroup) -> {
            Map<TopicPartition, Errors> result = new HashMap<>();
            ofGroup.keySet().forEach(partition -> result.put(partition, Errors.COORDINATOR_NOT_AVAILABLE));
            if (answers.containsKey(group)) {
                deadline.ifAnswered(
                        answers.get(group), response -> result.putAll(dialect.committed(response, ofGroup.keySet())));
            }
            if (result.values().stream().anyMatch(BrokerGroups::movesCoordinator)) {
                coordinators.remove(group);
            }
            results.put(group, result);
        });
        return results;
    }

    private static boolean movesCoordinator(Errors error) {
        return error == Errors.NOT_COORDINATOR || error == Errors.COORDINATOR_NOT_AVAILABLE;
    }

    /** Finds those that are not known; yields why some were not found. */
    private Map<String, Errors> findCoordinators(Set<String> groups) {
        Map<String, Errors> failures = new HashMap<>();
        List<String> unknown = groups.stream()
                .filter(group -> !coordinators.containsKey(group))
                .toList();
        if (unknown.isEmpty()) {
            return failures;
        }
        CompletableFuture<AbstractResponse> answer =
                channel.send(broker.nodeId(), GroupRequests.findCoordinators(unknown));
        new Deadline().ifAnswered(answer, response -> {
            for (var found : ((FindCoordinatorResponse) response).data().coordinators()) {
                if (found.errorCode() == Errors.NONE.code()) {
                    coordinators.put(found.key(), found.nodeId());
                } else {
                    failures.put(found.key(), Errors.forCode(found.errorCode()));
                }
            }
        });
        return failures;
    }

    /** Time that is left for several answers together. */
    private static final class Deadline {
        private final long atNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TIMEOUT_MS);

        AbstractResponse get(CompletableFuture<AbstractResponse> answer) {
            try {
                return answer.get(Math.max(0, atNs - System.nanoTime()), TimeUnit.NANOSECONDS);
            } catch (ExecutionException | TimeoutException e) {
                throw LinkException.unavailable("A broker of this cluster does not answer: " + e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw LinkException.unavailable("Interrupted while asking brokers of this cluster.");
            }
        }

        /** A request without an answer leaves things as they are: they are tried again. */
        void ifAnswered(
                CompletableFuture<AbstractResponse> answer, java.util.function.Consumer<AbstractResponse> action) {
            AbstractResponse response;
            try {
                response = get(answer);
            } catch (LinkException e) {
                return;
            }
            action.accept(response);
        }
    }
}
