// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.sync;

import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.protocol.LinkException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FindCoordinatorResponse;
import org.apache.kafka.common.requests.ListGroupsResponse;
import org.apache.kafka.common.utils.Time;

/** Groups as their coordinators among the cluster's brokers have them; which broker that is is remembered. */
final class BrokerGroups implements LocalGroups {
    private static final Duration TIMEOUT = Duration.ofSeconds(4);
    private static final Duration LIST_TIMEOUT = Duration.ofSeconds(2);

    /**
     * How long a group is asked for positions that are settled. A coordinator that was not told, when it took over, how far
     * its log is replicated answers only after somebody has written to it; then what it knows to be replicated must do.
     */
    private static final long SETTLED_MS = 20_000;

    private final LocalBroker broker;
    private final Questions questions;
    private final GroupDialect dialect;
    private final Time time;
    private final Duration listTimeout;
    private final Duration timeout;
    private final Map<String, Integer> coordinators = new ConcurrentHashMap<>();
    private final Map<String, Long> unansweredSinceNs = new ConcurrentHashMap<>();

    BrokerGroups(LocalBroker broker, GroupDialect dialect, Time time) {
        this(broker, dialect, time, LIST_TIMEOUT, TIMEOUT);
    }

    BrokerGroups(LocalBroker broker, GroupDialect dialect, Time time, Duration listTimeout, Duration timeout) {
        this.broker = broker;
        this.questions = new Questions(broker.groups(), time);
        this.dialect = dialect;
        this.time = time;
        this.listTimeout = listTimeout;
        this.timeout = timeout;
    }

    @Override
    public Active active() {
        List<Questions.Asked> asked = broker.cluster().liveBrokers().stream()
                .map(id -> questions.ask(id, GroupRequests.listActive()))
                .toList();
        Questions.Deadline deadline = questions.within(listTimeout);
        Set<String> names = new HashSet<>();
        Set<Integer> silent = new HashSet<>();
        for (Questions.Asked question : asked) {
            boolean answered = deadline.ifAnswered(question, response -> {
                ListGroupsResponse list = (ListGroupsResponse) response;
                if (isLoading(Errors.forCode(list.data().errorCode()))) {
                    silent.add(question.broker());
                }
                list.data().groups().forEach(group -> names.add(group.groupId()));
            });
            if (!answered) {
                silent.add(question.broker());
            }
            if (question.isOpen()) {
                questions.leaveOut(question.broker());
            }
        }
        return new Active(names, silent.isEmpty());
    }

    /** A broker that is loading some of its groups lists none of them. */
    private static boolean isLoading(Errors error) {
        return switch (error) {
            case NONE -> false;
            case COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE -> true;
            default ->
                throw new LinkException(error, "Cannot list the consumer groups of this cluster: " + error.message());
        };
    }

    @Override
    public Committed committed(Map<String, Set<TopicPartition>> partitions) {
        Map<String, Errors> failures = new HashMap<>(findCoordinators(partitions.keySet()));
        long nowNs = time.nanoseconds();
        Map<Boolean, Map<Integer, List<String>>> bySettled = partitions.keySet().stream()
                .filter(coordinators::containsKey)
                .collect(Collectors.partitioningBy(
                        group -> isSettledAsked(group, nowNs), Collectors.groupingBy(coordinators::get)));
        List<Questions.Asked> asked = new ArrayList<>();
        bySettled.forEach((settled, byBroker) -> byBroker.forEach(
                (id, groups) -> asked.add(questions.ask(id, dialect.fetch(groups, partitions, settled)))));
        Questions.Deadline deadline = questions.within(timeout);
        Map<String, Map<TopicPartition, Long>> committed = new HashMap<>();
        for (Questions.Asked question : asked) {
            deadline.ifAnswered(question, response -> dialect.fetched(response).forEach((group, fetched) -> {
                unansweredSinceNs.remove(group);
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
                    if (failures.putIfAbsent(group, Errors.COORDINATOR_NOT_AVAILABLE) == null) {
                        unansweredSinceNs.putIfAbsent(group, nowNs);
                    }
                    coordinators.remove(group);
                });
        return new Committed(committed, failures);
    }

    private boolean isSettledAsked(String group, long nowNs) {
        Long sinceNs = unansweredSinceNs.get(group);
        return sinceNs == null
                || nowNs - sinceNs < Duration.ofMillis(SETTLED_MS).toNanos();
    }

    /** What this cluster does not keep beside an offset is left out, rather than the offset. */
    @Override
    public Map<String, Map<TopicPartition, Errors>> commit(
            Map<String, Map<TopicPartition, OffsetAndMetadata>> offsets) {
        Map<String, Map<TopicPartition, Errors>> results = commitOnce(offsets);
        Map<String, Map<TopicPartition, OffsetAndMetadata>> bare = new HashMap<>();
        results.forEach((group, ofGroup) -> ofGroup.forEach((partition, error) -> {
            if (error == Errors.OFFSET_METADATA_TOO_LARGE) {
                OffsetAndMetadata offset = offsets.get(group).get(partition);
                bare.computeIfAbsent(group, name -> new HashMap<>())
                        .put(partition, new OffsetAndMetadata(offset.offset()));
            }
        }));
        if (!bare.isEmpty()) {
            commitOnce(bare).forEach((group, ofGroup) -> results.get(group).putAll(ofGroup));
        }
        return results;
    }

    /** A part of a group's offsets that was sent. */
    private record Sent(String group, Set<TopicPartition> partitions, Questions.Asked question) {}

    private Map<String, Map<TopicPartition, Errors>> commitOnce(
            Map<String, Map<TopicPartition, OffsetAndMetadata>> offsets) {
        findCoordinators(offsets.keySet());
        List<Sent> sent = new ArrayList<>();
        Map<String, Map<TopicPartition, Errors>> results = new HashMap<>();
        offsets.forEach((group, ofGroup) -> {
            Integer coordinator = coordinators.get(group);
            if (coordinator != null) {
                CommitParts.of(group, ofGroup)
                        .forEach(part -> sent.add(new Sent(
                                group, part.keySet(), questions.ask(coordinator, dialect.commit(group, part)))));
            }
            Map<TopicPartition, Errors> unanswered = new HashMap<>();
            ofGroup.keySet().forEach(partition -> unanswered.put(partition, Errors.COORDINATOR_NOT_AVAILABLE));
            results.put(group, unanswered);
        });
        Questions.Deadline deadline = questions.within(timeout);
        sent.forEach(part -> deadline.ifAnswered(part.question(), response -> results.get(part.group())
                .putAll(dialect.committed(response, part.partitions()))));
        results.forEach((group, ofGroup) -> {
            if (ofGroup.values().stream().anyMatch(BrokerGroups::movesCoordinator)) {
                coordinators.remove(group);
            }
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
        Questions.Asked asked = questions.ask(broker.nodeId(), GroupRequests.findCoordinators(unknown));
        questions.within(timeout).ifAnswered(asked, response -> {
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
}
