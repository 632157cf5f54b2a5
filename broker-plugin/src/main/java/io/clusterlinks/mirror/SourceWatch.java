// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import io.clusterlinks.source.SourceMetadata;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells each partition what the source's metadata says of it: its leader, or that it is gone. A broker of the source
 * may be behind the others, so that a topic is gone, or that its leader is an older one than records were copied from, is believed only after several
 * looks, each of which asks another broker.
 * For the link's thread.
 */
final class SourceWatch {
    private static final Logger log = LoggerFactory.getLogger(SourceWatch.class);

    private static final int LOOKS = 3;
    private static final long LOOK_INTERVAL_MS = 1000;
    /** So many looks must find the topic again after one that found another in its place: the last one may be behind. */
    private static final int LOOKS_BACK = 2;

    /**
     * What looks gone.
     *
     * @param another whether another topic was seen in its place
     * @param looks in a row that did not find it
     * @param back in a row that did
     */
    private record Doubt(boolean another, int looks, int back, long lastMs) {
        static final Doubt NONE = new Doubt(false, 0, 0, -LOOK_INTERVAL_MS);

        Doubt gone(boolean nowAnother, long nowMs) {
            return counts(nowMs)
                    ? new Doubt(another || nowAnother, looks + 1, 0, nowMs)
                    : new Doubt(another || nowAnother, looks, 0, lastMs);
        }

        Doubt back(long nowMs) {
            return counts(nowMs) ? new Doubt(another, 0, back + 1, nowMs) : this;
        }

        private boolean counts(long nowMs) {
            return nowMs - lastMs >= LOOK_INTERVAL_MS;
        }
    }

    private final Map<MirrorPartition, Doubt> doubts = new HashMap<>();
    /** Whose leader looks like one before that from which records were copied. */
    private final Map<MirrorPartition, Doubt> behind = new HashMap<>();
    /** Which promotions were known when the last question was put. */
    private final Map<PartitionTask, Long> drains = new HashMap<>();

    /** Whether something looks gone and is to be looked at again soon. */
    boolean isInDoubt() {
        return !doubts.isEmpty() || !behind.isEmpty();
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

    /**
     * The source's answer.
     *
     * @param nowMs when it was asked
     */
    void onMetadata(SourceMetadata metadata, Collection<PartitionTask> tasks, long nowMs) {
        Map<MirrorPartition, Doubt> goneBefore = new HashMap<>(doubts);
        Map<MirrorPartition, Doubt> behindBefore = new HashMap<>(behind);
        doubts.clear();
        behind.clear();
        for (PartitionTask task : tasks) {
            Doubt isGone = goneBefore.getOrDefault(task.partition(), Doubt.NONE);
            Doubt isBehind = behindBefore.getOrDefault(task.partition(), Doubt.NONE);
            try {
                look(task, metadata, isGone, isBehind, nowMs);
            } catch (ApiException e) {
                log.info(
                        "{} is not on this broker any more: {}",
                        task.partition().local(),
                        e.getMessage());
            }
        }
    }

    private void look(PartitionTask task, SourceMetadata metadata, Doubt isGone, Doubt isBehind, long nowMs) {
        MirrorPartition partition = task.partition();
        SourceMetadata.Topic topic = metadata.topics().get(partition.source().topic());
        String gone = gone(partition, topic);
        if (gone != null) {
            onGone(task, gone, isGone.gone(isAnother(partition, topic), nowMs));
        } else if (isGone.another() && isGone.back(nowMs).back() < LOOKS_BACK) {
            doubts.put(partition, isGone.back(nowMs));
        } else if (isBehind(task, topic)) {
            onBehind(task, metadata, topic, isBehind, nowMs);
        } else {
            onPresent(task, metadata, topic, nowMs);
        }
    }

    /**
     * Whether the leader that is named was followed by another, from which records were copied. If it does not know that
     * yet, it would answer that the source has lost them. Where a leader is known, {@link PartitionTask#leader} compares.
     */
    private static boolean isBehind(PartitionTask task, SourceMetadata.Topic topic) {
        SourceMetadata.Leader leader =
                topic.partitions().get(task.partition().source().partition());
        return leader != null
                && leader.broker() >= 0
                && leader.epoch() >= 0
                && task.leader().epoch() < 0
                && leader.epoch() < task.replicator().lastEpoch();
    }

    /** A source whose metadata was set back goes on so, and all of its brokers say it. */
    private void onBehind(
            PartitionTask task, SourceMetadata metadata, SourceMetadata.Topic topic, Doubt before, long nowMs) {
        TopicPartition source = task.partition().source();
        int leader = topic.partitions().get(source.partition()).broker();
        Doubt doubt = metadata.confirms(leader) ? before.gone(false, nowMs) : before;
        if (doubt.looks() >= LOOKS) {
            onPresent(task, metadata, topic, nowMs);
            return;
        }
        behind.put(task.partition(), doubt);
        task.replicator()
                .stats()
                .sourceError("broker " + leader + " of the source, which is said to lead " + source
                        + ", led it before another from which records were copied: asking other brokers");
    }

    private void onPresent(PartitionTask task, SourceMetadata metadata, SourceMetadata.Topic topic, long nowMs) {
        if (topic.error() == Errors.TOPIC_AUTHORIZATION_FAILED) {
            task.replicator().stats().sourceError(SourceText.missingAcl("DESCRIBE", task.partition()));
            return;
        }
        int epoch = task.leader().epoch();
        followLeader(task, metadata, topic, nowMs);
        if (task.leader().epoch() != epoch) {
            task.tell(Replicator::onLeaderMoved);
        }
        if (topic.error() == Errors.NONE && task.replicator().difference().onSameTopic(nowMs)) {
            task.wake();
        }
    }

    private void followLeader(PartitionTask task, SourceMetadata metadata, SourceMetadata.Topic topic, long nowMs) {
        SourceMetadata.Leader leader =
                topic.partitions().get(task.partition().source().partition());
        if (topic.error() != Errors.NONE || leader == null || leader.broker() < 0) {
            task.replicator()
                    .stats()
                    .sourceError(
                            "the source has no leader for " + task.partition().source());
            forgetLeader(task);
            return;
        }
        task.leader(new SourceLeader(leader.broker(), leader.epoch(), topic.id()));
        Long drain = drains.get(task);
        if (drain == null || leader.epoch() != task.leader().epoch()) {
            return;
        }
        if (metadata.confirms(leader.broker())) {
            task.drain()
                    .heard(new Drain.Size(
                            drain, leader.epoch(), nowMs, topic.partitions().size()));
        } else {
            task.drain().unconfirmed(leader.broker());
        }
    }

    private static void forgetLeader(PartitionTask task) {
        task.leader(new SourceLeader(-1, task.leader().epoch(), task.leader().topicId()));
    }

    /** Sources before Kafka 3.1 would answer with what is in the other topic. */
    private static void stopFetching(PartitionTask task) {
        task.replicator().difference().onOtherTopic();
        task.prefer(-1, 0);
        forgetLeader(task);
    }

    private void onGone(PartitionTask task, String gone, Doubt doubt) {
        doubts.put(task.partition(), doubt);
        if (doubt.another()) {
            stopFetching(task);
        }
        task.replicator().stats().sourceError(gone);
        if (doubt.looks() >= LOOKS && task.replicator().stage() != Replicator.Stage.FAILED) {
            task.tell((replicator, now) -> replicator.onFatal(gone));
        }
    }

    private static boolean isAnother(MirrorPartition partition, SourceMetadata.Topic topic) {
        return topic != null
                && !topic.id().equals(Uuid.ZERO_UUID)
                && !partition.sourceTopicId().equals(Uuid.ZERO_UUID)
                && !topic.id().equals(partition.sourceTopicId());
    }

    /** Why the partition is no longer there; null if it is. */
    private static String gone(MirrorPartition partition, SourceMetadata.Topic topic) {
        String name = partition.source().topic();
        String of = "source topic '" + name + "' of link " + partition.link();
        String remedy = "; fail over to keep the copy, or delete the mirror topic.";
        if (topic == null || topic.error() == Errors.UNKNOWN_TOPIC_OR_PARTITION) {
            return of + " no longer exists" + remedy;
        }
        if (isAnother(partition, topic)) {
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
