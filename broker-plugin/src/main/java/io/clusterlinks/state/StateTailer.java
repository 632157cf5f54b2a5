// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.state;

import io.clusterlinks.host.ClusterView.PartitionView;
import io.clusterlinks.host.ClusterView.TopicView;
import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.host.RecordBatches;
import io.clusterlinks.host.RecordBatches.OffsetRecord;
import io.clusterlinks.protocol.LinkException;
import io.clusterlinks.protocol.record.StateKey;
import io.clusterlinks.protocol.record.StateRecord;
import io.clusterlinks.protocol.record.StateRecords;
import io.clusterlinks.state.LinkImage.Change;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.utils.Time;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the state topic from its beginning, through its leader and up to the high watermark, again from its beginning
 * if the topic lost what was read, and publishes each image, after the snapshot that the fence needs is on disk. One
 * thread. Until the end of the topic was reached once the image is the snapshot's, and {@link #isCaughtUp()} is false.
 */
public final class StateTailer implements ImageSource, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StateTailer.class);
    private static final int RETRY_MS = 50;

    /** That a leader does not know what is committed before enough replicas follow it again, and since when it says so. */
    record Undetermined(int leaderEpoch, long sinceNs) {
        boolean lastsLonger(Duration duration) {
            return System.nanoTime() - sinceNs > duration.toNanos();
        }
    }

    private final LocalBroker broker;
    private final StateReads reads;
    private final SnapshotKeeper snapshot;
    private final StateContact contact;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final Thread thread = new Thread(this::run, "cluster-link-state-tailer");

    private final CountDownLatch read = new CountDownLatch(1);
    /** Who waits for what was committed when they came, and was not noticed yet. */
    private final Queue<CompletableFuture<Void>> arrivals = new ConcurrentLinkedQueue<>();

    private volatile LinkImage image;
    private volatile boolean caughtUp;
    private volatile boolean current;
    /** Null if the leader knows it, or does not answer. */
    private volatile Undetermined undetermined;

    private volatile boolean closed;

    // Owned by the thread.
    private Uuid topicId = Uuid.ZERO_UUID;
    private LinkImage replayed = LinkImage.EMPTY;
    /** Leader epoch of the last batch in it; -1 if there is none. */
    private int replayedEpoch = -1;
    /** Whether nothing was read yet, or what was read is in the topic no more. */
    private boolean anew = true;
    /** Whether every listener has heard of the image. */
    private boolean told;
    /** Where the committed state ended when this broker began to read it, or was asked to; -1 until known. */
    private long firstEnd = -1;
    /** Leader epoch under which that was said. */
    private int firstEndEpoch = -1;
    /** Who waits until that end is reached. */
    private final List<CompletableFuture<Void>> waiting = new ArrayList<>();

    public StateTailer(LocalBroker broker, SnapshotFile snapshot, LinkImage initial, Time time) {
        this.broker = broker;
        this.contact = new StateContact(time);
        this.reads = new StateReads(broker);
        this.snapshot = new SnapshotKeeper(snapshot);
        this.image = initial;
        thread.setDaemon(true);
    }

    public void start() {
        thread.start();
    }

    /** Waits until the image is the topic's. @return false if it took longer */
    boolean awaitCaughtUp(Duration timeout) throws InterruptedException {
        return read.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    boolean isClosed() {
        return closed;
    }

    /** That the leader answers and does not know what is committed. */
    Optional<Undetermined> undetermined() {
        return Optional.ofNullable(undetermined);
    }

    /** Whether somebody leads the state topic who knows, as far as this broker has heard, what is committed. */
    public boolean isServed() {
        return StateTopic.coordinator(broker.cluster()).isPresent() && undetermined == null;
    }

    /** Completes when everything was read that is committed now. */
    public CompletableFuture<Void> readToEnd() {
        CompletableFuture<Void> arrival = new CompletableFuture<>();
        arrivals.add(arrival);
        return arrival;
    }

    @Override
    public LinkImage image() {
        return image;
    }

    /** Offset up to which the state is applied here, and would be after a restart; -1 if nothing is. */
    public long savedOffset() {
        return snapshot.savedOffset();
    }

    @Override
    public boolean isCaughtUp() {
        return caughtUp;
    }

    /** Whether the image was the topic's until seconds ago; a change of this is told as one of the image is. */
    public boolean isCurrent() {
        return current;
    }

    @Override
    public void onChange(Runnable listener) {
        listeners.add(listener);
    }

    @Override
    public void close() {
        closed = true;
        snapshot.close();
        thread.interrupt();
        try {
            thread.join(5_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        while (!closed) {
            try {
                if (!poll()) {
                    noteSilence();
                    TimeUnit.MILLISECONDS.sleep(RETRY_MS);
                }
            } catch (InterruptedException e) {
                return;
            } catch (Throwable e) {
                // Whatever it is, this thread goes on: without it the fence stays as it is for good.
                LOG.warn("Could not follow {}; trying again", StateTopic.NAME, e);
                try {
                    TimeUnit.MILLISECONDS.sleep(20 * RETRY_MS);
                } catch (InterruptedException interrupted) {
                    return;
                }
            }
        }
    }

    /** Fetches once. @return false if there was nowhere to fetch from */
    private boolean poll() throws InterruptedException {
        Optional<TopicView> topic = broker.cluster().topic(StateTopic.NAME);
        if (topic.isEmpty()) {
            onNoTopic();
            return false;
        }
        if (!topic.get().id().equals(topicId)) {
            topicId = topic.get().id();
            anew = true;
        }
        PartitionView leader = topic.get().partitions().get(0);
        if (leader.leader() < 0) {
            undetermined = null;
            return false;
        }
        if (!learnBounds(leader)) {
            return false;
        }
        Optional<PartitionData> partition =
                reads.fetch(leader.leader(), topicId, replayed.nextOffset(), replayedEpoch, !waiting.isEmpty());
        if (partition.isEmpty()) {
            return false;
        }
        return onFetched(partition.get());
    }

    /** Asks where reading begins and which end it must reach; the end again if a leader may have lost it meanwhile. */
    private boolean learnBounds(PartitionView leader) throws InterruptedException {
        if (admitArrivals()) {
            firstEnd = -1;
        }
        if (anew) {
            long start = reads.start(leader);
            if (start < 0) {
                return false;
            }
            replayed = LinkImage.EMPTY.apply(List.of(), start);
            replayedEpoch = -1;
            firstEnd = -1;
            anew = false;
            contact.fetched();
        }
        boolean mayBeLost = replayed.nextOffset() < firstEnd && firstEndEpoch != leader.leaderEpoch();
        if (firstEnd < 0 || mayBeLost) {
            firstEndEpoch = leader.leaderEpoch();
            firstEnd = reads.committedEnd(leader);
            noteEnd(leader.leaderEpoch());
        }
        return firstEnd >= 0;
    }

    private void noteEnd(int leaderEpoch) {
        Undetermined before = undetermined;
        if (firstEnd != StateReads.UNDETERMINED) {
            undetermined = null;
            return;
        }
        if (before == null || before.leaderEpoch() != leaderEpoch) {
            undetermined = new Undetermined(leaderEpoch, System.nanoTime());
        }
    }

    private boolean admitArrivals() {
        boolean any = false;
        for (CompletableFuture<Void> next = arrivals.poll(); next != null; next = arrivals.poll()) {
            any |= waiting.add(next);
        }
        return any;
    }

    private void onEnd() {
        waiting.forEach(arrival -> arrival.complete(null));
        waiting.clear();
    }

    private void onNoTopic() {
        admitArrivals();
        contact.fetched();
        if (!told || !current || image.nextOffset() > 0) {
            if (!image.links().isEmpty()) {
                LOG.error(
                        "{} does not exist any more: its {} links are gone",
                        StateTopic.NAME,
                        image.links().size());
            }
            replayed = LinkImage.EMPTY;
            anew = true;
            publish();
        }
        onEnd();
    }

    private boolean onFetched(PartitionData partition) {
        Errors error = Errors.forCode(partition.errorCode());
        if (error == Errors.OFFSET_OUT_OF_RANGE || FetchResponse.isDivergingEpoch(partition)) {
            LOG.warn(
                    "{} does not hold what was read of it up to offset {}, leader epoch {}; reading it from its start",
                    StateTopic.NAME,
                    replayed.nextOffset(),
                    replayedEpoch);
            anew = true;
            return false;
        }
        if (error != Errors.NONE) {
            LOG.debug("Fetch from {}: {}", StateTopic.NAME, error);
            return false;
        }
        if (contact.hasGap()) {
            anew = true;
            return false;
        }
        replayed = replay(RecordBatches.of(partition));
        boolean atEnd = replayed.nextOffset() >= Math.max(partition.highWatermark(), firstEnd);
        if (atEnd) {
            contact.fetched();
        }
        if (atEnd && (replayed != image || !told || !current)) {
            publish();
        } else if (atEnd && snapshot.isBehind()) {
            snapshot.save(image);
        }
        if (atEnd) {
            onEnd();
        }
        return true;
    }

    private LinkImage replay(ByteBuffer batches) {
        if (!batches.hasRemaining()) {
            return replayed;
        }
        List<Change> changes = new ArrayList<>();
        for (OffsetRecord record : RecordBatches.read(batches)) {
            if (record.offset() >= replayed.nextOffset()) {
                parse(record).ifPresent(changes::add);
            }
        }
        replayedEpoch = RecordBatches.lastEpoch(batches, replayedEpoch);
        return replayed.apply(changes, RecordBatches.nextOffset(batches, replayed.nextOffset()));
    }

    private static Optional<Change> parse(OffsetRecord record) {
        try {
            StateKey key = StateRecords.parseKey(record.key());
            StateRecord value = record.value() == null ? null : StateRecords.parseValue(key, record.value());
            return Optional.of(new Change(key, value));
        } catch (LinkException e) {
            // Written by a newer version, or by hand: what this broker cannot understand it leaves alone.
            LOG.error(
                    "Record at offset {} of {} is not understood: {}",
                    record.offset(),
                    StateTopic.NAME,
                    e.getMessage());
            return Optional.empty();
        }
    }

    private void publish() {
        snapshot.save(replayed);
        image = replayed;
        if (caughtUp && !current) {
            LOG.info("Follows {} again, at offset {}", StateTopic.NAME, image.nextOffset());
        }
        caughtUp = true;
        current = true;
        read.countDown();
        tell();
    }

    /** Cut off from the leader alone this broker is live to all others: a mirror that it knows may be promoted meanwhile. */
    private void noteSilence() {
        if (!contact.isSilent() || (!current && told)) {
            return;
        }
        if (current) {
            LOG.warn(
                    "Could not read {} for seconds: until it can, writers to mirrors are asked to try again",
                    StateTopic.NAME);
        }
        current = false;
        tell();
    }

    private void tell() {
        told = false;
        listeners.forEach(Runnable::run);
        told = true;
    }
}
