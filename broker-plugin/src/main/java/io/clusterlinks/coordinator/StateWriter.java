// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.coordinator;

import io.clusterlinks.host.AppendException;
import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.host.LocalPartition;
import io.clusterlinks.host.RecordBatches;
import io.clusterlinks.host.RecordBatches.KeyValue;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.record.StateRecords;
import io.clusterlinks.state.LinkImage;
import io.clusterlinks.state.LinkImage.Change;
import io.clusterlinks.state.StateCommitter;
import io.clusterlinks.state.StateTopic;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Time;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the state topic while this broker leads it. Every change is a {@link Decision}: a pure function of the image
 * that is evaluated on the event thread, in order, so that no two decisions see the same image. What a batch of
 * decisions asks for is appended at once, replicated, and only then becomes the image.
 *
 * <p>A deposed coordinator cannot write: its batch carries the leader epoch it was elected under and the log end it
 * knows, and the log refuses any other. After an append whose outcome is unknown the image is read again from the log.
 */
final class StateWriter implements StateCommitter {
    private static final Logger LOG = LoggerFactory.getLogger(StateWriter.class);
    private static final int APPEND_TIMEOUT_MS = 10_000;
    private static final int MAX_CHANGES_PER_APPEND = 500;

    private final LocalBroker broker;
    private final Supplier<Optional<LinkImage>> tail;
    private final Executor eventThread;
    private final Time time;
    private final Queue<Pending> pending = new ArrayDeque<>();

    /** The term under which this broker coordinates; null while it does not. Written by the event thread. */
    private volatile Term term;
    /** The append that the event thread waits for; null before the first. */
    private volatile CompletableFuture<Void> inFlight;

    private volatile boolean closed;
    /** The term that was last said to have begun; it may have to be read again. */
    private int announcedEpoch = -1;

    /**
     * A writer that is not coordinating yet.
     *
     * @param tail the image as read from the state topic; empty until its end was reached once
     */
    StateWriter(LocalBroker broker, Supplier<Optional<LinkImage>> tail, Executor eventThread, Time time) {
        this.broker = broker;
        this.tail = tail;
        this.eventThread = eventThread;
        this.time = time;
    }

    /** A decision; {@code confirmed} if something must be written for it even if it changes nothing. */
    private record Pending(Decision decision, boolean confirmed, CompletableFuture<LinkImage> done) {}

    /**
     * A leader epoch of the state topic.
     *
     * @param image as of everything that was answered in this term; null until it was read up to the log end
     * @param certain whether the log ends there; not after an append of unknown outcome
     */
    private record Term(int epoch, LinkImage image, boolean certain) {
        static Term begun(int epoch) {
            return new Term(epoch, null, false);
        }

        Term inDoubt() {
            return new Term(epoch, image, false);
        }
    }

    /**
     * The newest image of what was answered.
     *
     * @throws LinkException NOT_COORDINATOR or COORDINATOR_LOAD_IN_PROGRESS
     */
    LinkImage image() {
        Term now = term;
        if (now == null
                || !broker.partition(StateTopic.PARTITION)
                        .map(LocalPartition::leaderEpoch)
                        .equals(Optional.of(OptionalInt.of(now.epoch())))) {
            throw new LinkException(
                    Errors.NOT_COORDINATOR, "Broker " + broker.nodeId() + " does not coordinate cluster links.");
        }
        if (now.image() == null) {
            throw loading();
        }
        return now.image();
    }

    /** The image as of the end of the log, for decisions. */
    private LinkImage imageAtEnd() {
        LinkImage newest = image();
        if (!term.certain()) {
            throw loading();
        }
        return newest;
    }

    private LinkException loading() {
        return new LinkException(
                Errors.COORDINATOR_LOAD_IN_PROGRESS,
                "Broker " + broker.nodeId() + " is reading " + StateTopic.NAME + ".");
    }

    boolean isCoordinating() {
        Term now = term;
        return now != null && now.certain();
    }

    /** Whether another broker leads the state topic, or none does. */
    boolean isDeposed() {
        return term == null;
    }

    @Override
    public CompletableFuture<LinkImage> commit(Decision decision) {
        return queue(new Pending(decision, false, new CompletableFuture<>()));
    }

    /**
     * As {@link #commit}, for what an operator is told to be so. A coordinator that was deposed without knowing may find
     * nothing to change in its old image; only a write proves that it still coordinates.
     */
    CompletableFuture<LinkImage> confirm(Decision decision) {
        return queue(new Pending(decision, true, new CompletableFuture<>()));
    }

    private CompletableFuture<LinkImage> queue(Pending item) {
        synchronized (pending) {
            pending.add(item);
        }
        try {
            eventThread.execute(this::drain);
        } catch (RejectedExecutionException e) {
            item.done().completeExceptionally(deposed(e));
        }
        return item.done();
    }

    /** Follows leadership of the state topic; on the event thread. */
    void refresh() {
        Optional<LocalPartition> partition = broker.partition(StateTopic.PARTITION);
        OptionalInt epoch = partition.map(LocalPartition::leaderEpoch).orElse(OptionalInt.empty());
        Term now = term;
        if (epoch.isEmpty()) {
            if (now != null) {
                announcedEpoch = -1;
                LOG.info("Broker {} no longer coordinates cluster links", broker.nodeId());
            }
            term = null;
            return;
        }
        if (now == null || now.epoch() != epoch.getAsInt()) {
            now = Term.begun(epoch.getAsInt());
            term = now;
        }
        if (!now.certain()) {
            load(now.epoch(), partition.get().logEndOffset());
        }
    }

    private void load(int epoch, long logEndOffset) {
        tail.get().filter(image -> image.nextOffset() == logEndOffset).ifPresent(image -> {
            term = new Term(epoch, image, true);
            if (announcedEpoch != epoch) {
                announcedEpoch = epoch;
                LOG.info(
                        "Broker {} coordinates cluster links: epoch {}, offset {}",
                        broker.nodeId(),
                        epoch,
                        logEndOffset);
            }
        });
    }

    private void drain() {
        while (true) {
            List<Pending> batch = takePending();
            if (batch.isEmpty()) {
                return;
            }
            try {
                for (int next = 0; next < batch.size(); ) {
                    refresh();
                    next += process(batch.subList(next, batch.size()), imageAtEnd());
                }
            } catch (Throwable e) {
                // Also an error: whoever waits for an answer, a topic's creation above all, would wait for good.
                LinkException cause = asLinkException(e);
                batch.forEach(item -> item.done().completeExceptionally(cause));
            }
        }
    }

    /** Fails what is being written or waits to be; nothing is interrupted. */
    void close() {
        closed = true;
        CompletableFuture<Void> waiting = inFlight;
        if (waiting != null) {
            waiting.completeExceptionally(cutOff(null));
        }
        takePending().forEach(item -> item.done().completeExceptionally(deposed(null)));
    }

    private List<Pending> takePending() {
        synchronized (pending) {
            List<Pending> batch = new ArrayList<>();
            while (!pending.isEmpty() && batch.size() < MAX_CHANGES_PER_APPEND) {
                batch.add(pending.poll());
            }
            return batch;
        }
    }

    /** Evaluates decisions and appends what they ask for. @return how many; the others would make it too large */
    private int process(List<Pending> batch, LinkImage image) {
        int decided = 0;
        LinkImage working = image;
        List<Change> changes = new ArrayList<>();
        List<Pending> accepted = new ArrayList<>();
        for (Pending item : batch) {
            if (changes.size() >= MAX_CHANGES_PER_APPEND) {
                break;
            }
            decided++;
            try {
                List<Change> wanted = item.decision().decide(working);
                changes.addAll(wanted);
                working = working.apply(wanted, working.nextOffset() + wanted.size());
                accepted.add(item);
            } catch (LinkException e) {
                item.done().completeExceptionally(e);
            } catch (Throwable e) {
                LOG.error("A change of the state failed", e);
                item.done().completeExceptionally(asLinkException(e));
            }
        }
        if (changes.isEmpty() && accepted.stream().anyMatch(Pending::confirmed)) {
            changes.addAll(asItIs(image));
        }
        write(image, changes, accepted);
        return decided;
    }

    /** A record to write again. Without links there is none, and no command that finds its wish fulfilled. */
    private static List<Change> asItIs(LinkImage image) {
        return image.links().stream().limit(1).map(Change::put).toList();
    }

    private void write(LinkImage image, List<Change> changes, List<Pending> accepted) {
        try {
            LinkImage result = image;
            if (!changes.isEmpty()) {
                append(image.nextOffset(), changes);
                result = image.apply(changes, image.nextOffset() + changes.size());
                term = new Term(term.epoch(), result, true);
            }
            LinkImage written = result;
            accepted.forEach(item -> item.done().complete(written));
        } catch (Throwable e) {
            LinkException cause = asLinkException(e);
            if (cause.error() != Errors.NOT_ENOUGH_REPLICAS) {
                term = term.inDoubt();
            }
            accepted.forEach(item -> item.done().completeExceptionally(cause));
        }
    }

    private static LinkException asLinkException(Throwable failure) {
        return failure instanceof LinkException link
                ? link
                : new LinkException(Errors.UNKNOWN_SERVER_ERROR, "Internal error: " + failure, failure);
    }

    private void append(long offset, List<Change> changes) {
        LocalPartition partition = broker.partition(StateTopic.PARTITION).orElseThrow(() -> deposed(null));
        List<KeyValue> records = changes.stream()
                .map(change -> new KeyValue(
                        StateRecords.key(change.key()),
                        change.value() == null ? null : StateRecords.value(change.value())))
                .toList();
        if (closed) {
            throw deposed(null);
        }
        try {
            inFlight = partition.appendDurably(
                    RecordBatches.data(offset, term.epoch(), time.milliseconds(), records), APPEND_TIMEOUT_MS);
            inFlight.get(2L * APPEND_TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw classify(e.getCause());
        } catch (TimeoutException e) {
            throw unknownOutcome(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw cutOff(e);
        }
    }

    private LinkException classify(Throwable cause) {
        if (cause instanceof AppendException failure) {
            return switch (failure.kind()) {
                case NOT_LEADER -> cutOff(failure);
                case UNEXPECTED_OFFSET -> deposed(failure);
                case TOO_FEW_REPLICAS -> unwritten(failure);
                case NOT_REPLICATED -> unknownOutcome(failure);
                case CORRUPT, BUSY, STORAGE, TOO_LARGE, INVALID ->
                    new LinkException(
                            Errors.KAFKA_STORAGE_ERROR,
                            "Cannot write " + StateTopic.NAME + ": " + failure.getMessage() + ".",
                            failure);
            };
        }
        return unknownOutcome(cause);
    }

    /** Another broker coordinates, and has what was being written or has not. */
    private LinkException cutOff(Throwable cause) {
        return new LinkException(
                Errors.COORDINATOR_NOT_AVAILABLE,
                "Broker " + broker.nodeId() + " stopped coordinating cluster links while it wrote.",
                cause);
    }

    /** Nothing was written. */
    private LinkException deposed(Throwable cause) {
        return new LinkException(
                Errors.NOT_COORDINATOR, "Broker " + broker.nodeId() + " no longer coordinates cluster links.", cause);
    }

    /** The log is as it was. */
    private static LinkException unwritten(Throwable cause) {
        return new LinkException(
                Errors.NOT_ENOUGH_REPLICAS,
                StateTopic.NAME
                        + " has too few in-sync replicas, and nothing was changed. Bring its replicas back, then"
                        + " repeat the command.",
                cause);
    }

    private static LinkException unknownOutcome(Throwable cause) {
        return new LinkException(
                Errors.REQUEST_TIMED_OUT,
                StateTopic.NAME + " has too few in-sync replicas to confirm the change; it may still happen. Bring its"
                        + " replicas back, then repeat the command.",
                cause);
    }
}
