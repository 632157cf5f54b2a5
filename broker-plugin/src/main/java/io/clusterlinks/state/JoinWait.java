// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.state;

import io.clusterlinks.host.ClusterView.PartitionView;
import io.clusterlinks.host.ClusterView.TopicView;
import io.clusterlinks.host.LocalBroker;
import io.clusterlinks.state.StateTailer.Undetermined;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How long a broker that starts holds back from leading: until it knows the mirrors, for what was committed while it was away
 * is known to others; but not where it takes this very broker to serve the state, as the leader or as a replica without which
 * nothing is committed. After a crash of all brokers none would start.
 */
public final class JoinWait {
    private static final Duration POLL = Duration.ofMillis(50);

    private final LocalBroker broker;
    private final StateTailer tailer;
    private final Duration unserved;
    private final Duration served;

    /**
     * A wait for what {@code tailer} reads.
     *
     * @param unserved for how long at most while the state topic has no leader, or one that waits for replicas
     * @param served for how long at most while it has another one, which this broker may be cut off from
     */
    public JoinWait(LocalBroker broker, StateTailer tailer, Duration unserved, Duration served) {
        this.broker = broker;
        this.tailer = tailer;
        this.unserved = unserved;
        this.served = served;
    }

    /** Waits. @return whether the broker has nothing to wait for any more; false if the time was not enough */
    public boolean await() {
        long startNs = System.nanoTime();
        try {
            while (!tailer.isClosed() && isServedByOthers()) {
                if (tailer.awaitCaughtUp(POLL)) {
                    return true;
                }
                if (isOver(startNs)) {
                    return false;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return true;
    }

    private boolean isOver(long startNs) {
        boolean led = StateTopic.coordinator(broker.cluster()).isPresent();
        Optional<Undetermined> waits = tailer.undetermined();
        return led && waits.isPresent()
                ? waits.get().lastsLonger(unserved)
                : System.nanoTime() - startNs > (led ? served : unserved).toNanos();
    }

    private boolean isServedByOthers() {
        Optional<TopicView> topic = broker.cluster().topic(StateTopic.NAME);
        if (topic.isEmpty()) {
            return true;
        }
        PartitionView partition = topic.get().partitions().get(0);
        return partition.leader() < 0
                ? !mayLead(partition)
                : partition.leader() != broker.nodeId() && !isWaitedFor(partition);
    }

    /**
     * A leader that is alone in sync and may not commit alone waits for the other replicas, and they must not for it. One that
     * has just been elected may say so for a moment.
     */
    private boolean isWaitedFor(PartitionView partition) {
        return tailer.undetermined()
                        .filter(waits -> waits.leaderEpoch() == partition.leaderEpoch())
                        .filter(waits -> waits.lastsLonger(unserved.dividedBy(5)))
                        .isPresent()
                && partition.isr().equals(List.of(partition.leader()))
                && partition.replicas().contains(broker.nodeId());
    }

    /** Who may lead a partition without a leader has all that was committed; where nobody is known to, some replica. */
    private boolean mayLead(PartitionView partition) {
        boolean anybodyIs = !partition.isr().isEmpty() || !partition.elr().isEmpty();
        return anybodyIs
                ? partition.isComplete(broker.nodeId())
                : partition.replicas().contains(broker.nodeId());
    }
}
