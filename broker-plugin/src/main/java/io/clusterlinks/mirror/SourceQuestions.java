// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.source.SourceQueryClient;
import io.clusterlinks.source.SourceQueryClient.EpochEnd;
import io.clusterlinks.source.SourceQueryClient.EpochQuery;
import io.clusterlinks.source.SourceQueryClient.Offset;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;

/**
 * Puts the partitions' {@link Question}s to their source leaders, many in one request, and hands the answers back. A
 * partition whose question fails is asked for again later; the others are not held up. For the link's thread.
 */
final class SourceQuestions {
    private static final long DRAIN_INTERVAL_MS = 500;
    private static final long RETRY_MS = 500;
    /** How long a leader that did not answer is asked nothing: each question to it costs the others a timeout. */
    private static final long SILENCE_MS = 8_000;

    private final SourceQueryClient client;
    private final Duration timeout;
    private final Runnable requestRefresh;
    private final LongSupplier clock;
    private final Map<Integer, Long> silentUntilMs = new HashMap<>();

    SourceQuestions(SourceQueryClient client, Duration timeout, Runnable requestRefresh, LongSupplier clock) {
        this.client = client;
        this.timeout = timeout;
        this.requestRefresh = requestRefresh;
        this.clock = clock;
    }

    /** Asks everything that there is to ask now, blocking for the answers. */
    void ask(Collection<PartitionTask> tasks, Map<Integer, Node> brokers, long nowMs) {
        leaders(tasks, brokers, task -> kind(task) == Question.Kind.START_OFFSET && task.mayAsk(nowMs))
                .forEach((leader, of) -> askStartOffsets(leader, of, nowMs));
        leaders(tasks, brokers, task -> kind(task) == Question.Kind.RANGE && task.mayAsk(nowMs))
                .forEach((leader, of) -> askRanges(leader, of, nowMs));
        leaders(tasks, brokers, task -> kind(task) == Question.Kind.EPOCH && task.mayAsk(nowMs))
                .forEach((leader, of) -> askEpochs(leader, of, nowMs));
        leaders(tasks, brokers, task -> task.drain().isUnderWay() && task.mayAsk(nowMs))
                // Others may have kept this waiting: an end that stands still does so between two instants of asking.
                .forEach((leader, of) -> askEnds(leader, of, clock.getAsLong()));
    }

    private boolean isSilent(Node leader) {
        return clock.getAsLong() < silentUntilMs.getOrDefault(leader.id(), 0L);
    }

    private static Question.Kind kind(PartitionTask task) {
        return task.replicator().question().map(Question::kind).orElse(null);
    }

    private Map<Node, List<PartitionTask>> leaders(
            Collection<PartitionTask> tasks, Map<Integer, Node> brokers, Predicate<PartitionTask> which) {
        Map<Node, List<PartitionTask>> byLeader = new LinkedHashMap<>();
        for (PartitionTask task : tasks) {
            Node leader = brokers.get(task.leader().broker());
            if (leader != null && which.test(task) && !isSilent(leader)) {
                byLeader.computeIfAbsent(leader, node -> new java.util.ArrayList<>())
                        .add(task);
            }
        }
        return byLeader;
    }

    private void askStartOffsets(Node leader, List<PartitionTask> tasks, long nowMs) {
        Map<PartitionTask, Question> asked = open(tasks, Question.Kind.START_OFFSET);
        guarded(leader, tasks, nowMs, () -> {
            Map<TopicPartition, Offset> offsets =
                    client.offsets(leader, epochs(tasks), SourceQueryClient.EARLIEST, timeout);
            each(
                    tasks,
                    offsets,
                    nowMs,
                    (task, offset) -> answer(task, asked.get(task), new Question.Answer(offset, -1, -1, null)));
        });
    }

    private void askRanges(Node leader, List<PartitionTask> tasks, long nowMs) {
        Map<PartitionTask, Question> asked = open(tasks, Question.Kind.RANGE);
        guarded(leader, tasks, nowMs, () -> {
            Map<TopicPartition, Offset> starts =
                    client.offsets(leader, epochs(tasks), SourceQueryClient.EARLIEST, timeout);
            Map<TopicPartition, Offset> ends = client.offsets(leader, epochs(tasks), SourceQueryClient.LATEST, timeout);
            Map<TopicPartition, EpochEnd> epochEnds = epochEnds(leader, asked);
            each(tasks, starts, nowMs, (task, start) -> {
                Offset end = ends.get(task.partition().source());
                EpochEnd epochEnd = epochEnds.get(task.partition().source());
                // Starts were asked for first, so no sane source's log ends before them.
                if (end != null && end.error() == Errors.NONE && end.offset() >= start && !failed(epochEnd)) {
                    answer(task, asked.get(task), new Question.Answer(-1, start, end.offset(), epochEnd));
                } else {
                    task.askAfter(nowMs + RETRY_MS);
                }
            });
        });
    }

    private void askEpochs(Node leader, List<PartitionTask> tasks, long nowMs) {
        Map<PartitionTask, Question> asked = open(tasks, Question.Kind.EPOCH);
        guarded(leader, tasks, nowMs, () -> {
            Map<TopicPartition, EpochEnd> ends = epochEnds(leader, asked);
            for (PartitionTask task : tasks) {
                EpochEnd end = ends.get(task.partition().source());
                if (failed(end)) {
                    task.askAfter(nowMs + RETRY_MS);
                    requestRefresh.run();
                } else {
                    answer(task, asked.get(task), new Question.Answer(-1, -1, -1, end));
                }
            }
        });
    }

    private static boolean failed(EpochEnd end) {
        return end != null && end.error() != Errors.NONE;
    }

    private Map<TopicPartition, EpochEnd> epochEnds(Node leader, Map<PartitionTask, Question> asked) {
        Map<TopicPartition, EpochQuery> queries = new HashMap<>();
        asked.forEach((task, question) -> {
            if (question.epoch() >= 0) {
                queries.put(
                        task.partition().source(), new EpochQuery(task.leader().epoch(), question.epoch()));
            }
        });
        return queries.isEmpty() ? Map.of() : client.epochEnds(leader, queries, timeout);
    }

    private void askEnds(Node leader, List<PartitionTask> tasks, long nowMs) {
        guarded(leader, tasks, nowMs, () -> {
            Map<PartitionTask, Long> drains = new HashMap<>();
            tasks.forEach(task -> drains.put(task, task.drain().sinceMs()));
            Map<TopicPartition, Integer> epochs = epochs(tasks);
            Map<TopicPartition, Offset> ends = client.offsets(leader, epochs, SourceQueryClient.LATEST, timeout);
            each(tasks, ends, nowMs, (task, end) -> task.drain()
                    .heard(new Drain.End(
                            drains.get(task), epochs.get(task.partition().source()), nowMs, end)));
            tasks.forEach(task -> task.askAfter(nowMs + DRAIN_INTERVAL_MS));
            if (tasks.stream().anyMatch(task -> task.drain().wantsSize(nowMs))) {
                requestRefresh.run();
            }
        });
    }

    private static Map<TopicPartition, Integer> epochs(List<PartitionTask> tasks) {
        Map<TopicPartition, Integer> epochs = new HashMap<>();
        tasks.forEach(
                task -> epochs.put(task.partition().source(), task.leader().epoch()));
        return epochs;
    }

    private void each(
            List<PartitionTask> tasks,
            Map<TopicPartition, Offset> offsets,
            long nowMs,
            BiConsumer<PartitionTask, Long> use) {
        for (PartitionTask task : tasks) {
            Offset offset = offsets.get(task.partition().source());
            Errors error = offset == null ? Errors.UNKNOWN_TOPIC_OR_PARTITION : offset.error();
            if (error == Errors.NONE && offset.offset() >= 0) {
                use.accept(task, offset.offset());
            } else {
                task.replicator()
                        .stats()
                        .sourceError(
                                error == Errors.NONE
                                        ? "the source answers offset " + offset.offset() + " for "
                                                + task.partition().source()
                                        : SourceText.fetchError(error, task.partition()));
                task.askAfter(nowMs + RETRY_MS);
                requestRefresh.run();
            }
        }
    }

    /**
     * The questions as they are put: by the time of the answer another may be open, which it is no answer to. Partitions
     * that have no such question any more are left out.
     */
    private static Map<PartitionTask, Question> open(List<PartitionTask> tasks, Question.Kind kind) {
        Map<PartitionTask, Question> open = new HashMap<>();
        tasks.forEach(task -> task.replicator()
                .question()
                .filter(question -> question.kind() == kind)
                .ifPresent(question -> open.put(task, question)));
        return open;
    }

    private static void answer(PartitionTask task, Question asked, Question.Answer answer) {
        if (asked != null) {
            task.tell((replicator, nowMs) -> replicator.onAnswer(asked, answer, nowMs));
        }
    }

    private void guarded(Node leader, List<PartitionTask> tasks, long nowMs, Runnable questions) {
        try {
            questions.run();
        } catch (LinkException e) {
            for (PartitionTask task : tasks) {
                task.replicator().stats().sourceError(e.getMessage());
                task.drain().endUnknown(e.getMessage());
                task.askAfter(nowMs + RETRY_MS);
            }
            silentUntilMs.put(leader.id(), clock.getAsLong() + SILENCE_MS);
            requestRefresh.run();
        }
    }
}
