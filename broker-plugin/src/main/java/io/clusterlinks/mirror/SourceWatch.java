// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.source.SourceMetadata;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;

/**
 * Tells each partition what the source's metadata says of it: its leader, or that it is gone. A broker of the source
 * may be behind the others, so that a topic is gone is believed only after several looks, each of which asks another broker.
 * For the link's thread.
 */
final class SourceWatch {
    private static final int LOOKS = 3;
    private static final long LOOK_INTERVAL_MS = 1000;

    private record Doubt(int looks, long lastMs) {}

    private final Map<MirrorPartition, Doubt> doubts = new HashMap<>();
    /** Which promotions were known when the last question was put. */
    private final Map<PartitionTask, Long> drains = new HashMap<>();

    /** Whether something looks gone and is to be looked at again soon. */
    boolean isInDoubt() {
        return !doubts.isEmpty();
    }

    /** The source is about to be asked. */
    void onAsking(Collection<PartitionTask> tasks) {
        drains.clear();
        for (PartitionTask task : tasks) {
            if (task.drain().isUnderWay()) {
                drains.put(task, task.drain().sinceMs());
            }
        }
    }

    void onMetadata(SourceMetadata metadata, Collection<PartitionTask> tasks, long nowMs) {
        Map<MirrorPartition, Doubt> before = new HashMap<>(doubts);
        doubts.clear();
        for (PartitionTask task : tasks) {
            MirrorPartition partition = task.partition();
            SourceMetadata.Topic topic =
                    metadata.topics().get(partition.source().topic());
            String gone = gone(partition, topic);
            if (gone == null) {
                onPresent(task, topic);
            } else {
                onGone(task, gone, before.get(partition), nowMs);
            }
        }
    }

    private void onPresent(PartitionTask task, SourceMetadata.Topic topic) {
        if (topic.error() == Errors.TOPIC_AUTHORIZATION_FAILED) {
            task.replicator().stats().sourceError(SourceText.missingAcl("DESCRIBE", task.partition()));
            return;
        }
        Long drain = drains.get(task);
        if (topic.error() == Errors.NONE && drain != null) {
            task.drain().heard(new Drain.Size(drain, topic.partitions().size()));
        }
        SourceMetadata.Leader leader =
                topic.partitions().get(task.partition().source().partition());
        if (topic.error() != Errors.NONE || leader == null || leader.broker() < 0) {
            task.replicator()
                    .stats()
                    .sourceError(
                            "the source has no leader for " + task.partition().source());
            task.leader(
                    new SourceLeader(-1, task.leader().epoch(), task.leader().topicId()));
            return;
        }
        task.leader(new SourceLeader(leader.broker(), leader.epoch(), topic.id()));
    }

    private void onGone(PartitionTask task, String gone, Doubt before, long nowMs) {
        Doubt doubt = before == null
                ? new Doubt(1, nowMs)
                : nowMs - before.lastMs() < LOOK_INTERVAL_MS ? before : new Doubt(before.looks() + 1, nowMs);
        doubts.put(task.partition(), doubt);
        task.replicator().stats().sourceError(gone);
        if (doubt.looks() >= LOOKS && task.replicator().stage() != Replicator.Stage.FAILED) {
            task.tell((replicator, now) -> replicator.onFatal(gone));
        }
    }

    /** Why the partition is no longer there; null if it is. */
    private static String gone(MirrorPartition partition, SourceMetadata.Topic topic) {
        String name = partition.source().topic();
        String of = "source topic '" + name + "' of link " + partition.link();
        String remedy = "; fail over to keep the copy, or delete the mirror topic.";
        if (topic == null || topic.error() == Errors.UNKNOWN_TOPIC_OR_PARTITION) {
            return of + " no longer exists" + remedy;
        }
        boolean idsKnown =
                !topic.id().equals(Uuid.ZERO_UUID) && !partition.sourceTopicId().equals(Uuid.ZERO_UUID);
        if (idsKnown && !topic.id().equals(partition.sourceTopicId())) {
            return of + " was deleted and created again (topic id " + topic.id() + ", was " + partition.sourceTopicId()
                    + ")" + remedy;
        }
        boolean fewer = topic.error() == Errors.NONE
                && !topic.partitions().isEmpty()
                && !topic.partitions().containsKey(partition.source().partition());
        if (fewer) {
            return of + " has only " + topic.partitions().size() + " partitions now" + remedy;
        }
        return null;
    }
}
