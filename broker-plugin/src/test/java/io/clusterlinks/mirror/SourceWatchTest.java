// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.ManualTime;
import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import io.clusterlinks.source.FetchBuffer;
import io.clusterlinks.source.SourceMetadata;
import io.clusterlinks.source.SourceMetadata.Leader;
import io.clusterlinks.source.SourceMetadata.Topic;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SourceWatchTest {
    private static final TopicPartition TP = new TopicPartition("mirror", 1);
    private static final Uuid ID = new Uuid(1, 2);

    private final FakeSink sink = new FakeSink();
    private final FakeLog log = new FakeLog(TP);
    private final SourceWatch watch = new SourceWatch();
    private PartitionTask task;
    private final ManualTime time = new ManualTime();

    @BeforeEach
    void follow() {
        task = task(ID, 0);
    }

    private PartitionTask task(Uuid sourceTopicId, int lastEpoch) {
        PartitionRecord record = Records.withLineage(
                Records.started(FakeSink.claimed(TP, 1), 0), List.of(new SourceEpoch(lastEpoch, 0)));
        Transitions transitions = new Transitions(sink, record, 100, () -> {});
        MirrorPartition partition = new MirrorPartition(
                "L",
                TP,
                "topic-id",
                new TopicPartition("source", 1),
                sourceTopicId,
                MirrorPartition.EARLIEST,
                false,
                1);
        Replicator replicator = new Replicator(
                partition, log, transitions, new FakeLeadership(), new Replicator.Settings(1_000, 100, Long.MAX_VALUE));
        return new PartitionTask(replicator, Runnable::run, time);
    }

    @Test
    void tellsWhoLeads() {
        look(topic(ID, 0, 1));

        assertThat(task.leader()).isEqualTo(new SourceLeader(7, 3, ID));
        assertThat(watch.isInDoubt()).isFalse();
    }

    /** A question that was under way when the promotion began may have been answered before it. */
    @Test
    void tellsAPromotionWhatWasAskedForItOnly() {
        task.leader(new SourceLeader(7, 3, ID));
        watch.onAsking(List.of(task));
        task.draining(77, 1);
        watch.onMetadata(metadata(8, topic(ID, 0, 1)), List.of(task), time.milliseconds());
        assertThat(task.drain().error()).isNull();

        watch.onAsking(List.of(task));
        watch.onMetadata(metadata(8, topic(ID, 0, 1)), List.of(task), time.milliseconds());
        assertThat(task.drain().error()).contains("2 partitions, the mirror 1");
    }

    /** One that is cut off from the others takes itself for the leader still. */
    @Test
    void aPromotionDoesNotTakeTheLeadersWordThatItLeads() {
        task.draining(77, 1);
        for (int i = 0; i < 3; i++) {
            askForPromotion(7);
        }
        assertThat(task.drain().error()).isNull();
        askForPromotion(7);
        assertThat(task.drain().error()).contains("only broker 7 of the source itself says that it leads");

        askForPromotion(8);
        assertThat(task.drain().error()).contains("2 partitions, the mirror 1");
    }

    private void askForPromotion(int broker) {
        watch.onAsking(List.of(task));
        look(broker, topic(ID, 0, 1));
    }

    /** A broker of the source that was away knows of no leader after the one it was, nor of that one's records. */
    @Test
    void aLeaderBeforeTheLastThatWasCopiedFromIsFollowedOnlyAfterSeveralLooks() {
        log.append0(0, 10, 1);
        task = task(ID, 4);
        for (int i = 0; i < 5; i++) {
            look(7, topic(ID, 0, 1));
        }
        look(topic(ID, 0, 1));
        look(topic(ID, 0, 1));
        assertThat(task.leader()).isEqualTo(SourceLeader.UNKNOWN);
        assertThat(watch.isInDoubt()).isTrue();

        look(topic(ID, 0, 1));
        assertThat(task.leader()).isEqualTo(new SourceLeader(7, 3, ID));
        assertThat(watch.isInDoubt()).isFalse();
    }

    @Test
    void aTopicThatIsGoneFailsThePartitionOnlyAfterSeveralLooks() {
        for (int i = 0; i < 2; i++) {
            look(null);
            assertThat(watch.isInDoubt()).isTrue();
            assertThat(isFailed()).isFalse();
        }
        look(null);

        assertThat(isFailed()).isTrue();
        assertThat(sink.last().record().reason()).contains("'source' of link L no longer exists", "fail over");
    }

    @Test
    void looksInQuickSuccessionCountOnce() {
        for (int i = 0; i < 20; i++) {
            time.sleep(-990);
            look(null);
        }

        assertThat(isFailed()).isFalse();
    }

    @Test
    void aTopicThatShowsUpAgainIsForgotten() {
        look(null);
        look(null);
        look(topic(ID, 0, 1));
        look(null);
        look(null);

        assertThat(isFailed()).isFalse();
    }

    @Test
    void anotherTopicOfTheSameNameIsGone() {
        looks(topic(new Uuid(3, 4), 0, 1));

        assertThat(sink.last().record().reason()).contains("deleted and created again", "topic id", "fail over");
    }

    /** Old sources are fetched by name, and would send what is in the other one. */
    @Test
    void anotherTopicIsNotFetchedFromTheFirstLookOn() {
        look(topic(ID, 0, 1));
        task.prefer(9, Long.MAX_VALUE);

        look(topic(new Uuid(3, 4), 0, 1));
        assertThat(task.fetchFrom(time.milliseconds())).isEqualTo(-1);

        // A broker that is behind shows the old one
        look(topic(ID, 0, 1));
        assertThat(task.fetchFrom(time.milliseconds())).isEqualTo(-1);
        look(topic(ID, 0, 1));
        assertThat(task.fetchFrom(time.milliseconds())).isEqualTo(7);
    }

    @Test
    void onlyTheSameTopicHasAMirrorDropWhatItHas() {
        log.append0(0, 10, 1);
        look(topic(ID, 0, 1));
        differ();
        look(topic(ID, 0, 1));
        look(topic(new Uuid(3, 4), 0, 1));
        look(topic(ID, 0, 1));
        look(topic(ID, 0, 1));
        assertThat(sink.proposed).isEmpty();

        look(topic(ID, 0, 1));
        assertThat(log.end).isZero();
    }

    /** The source has nothing of what is here. */
    private void differ() {
        time.sleep(100);
        task.replicator().step(time.milliseconds());
        FetchCursor cursor = task.replicator().cursor();
        cursor.offer(
                cursor.next(time.milliseconds()).orElseThrow(),
                ReplicatorScene.diverging(0, 0),
                -1,
                FetchBuffer.UNCOUNTED);
        task.replicator().step(time.milliseconds());
    }

    /** A source without topic ids shows a topic that was created again only by what it lacks. */
    @Test
    void fewerPartitionsFailThoseThatAreGone() {
        task = task(Uuid.ZERO_UUID, 0);

        looks(topic(Uuid.ZERO_UUID, 0));

        assertThat(sink.last().record().reason()).contains("has only 1 partitions now", "fail over");
    }

    @Test
    void aMissingAclIsNoProofOfAnything() {
        looks(new Topic(Errors.TOPIC_AUTHORIZATION_FAILED, Uuid.ZERO_UUID, Map.of()));

        assertThat(isFailed()).isFalse();
        assertThat(task.replicator().stats().error()).contains("add an ACL that allows DESCRIBE on TOPIC source");
    }

    private boolean isFailed() {
        return !sink.proposed.isEmpty() && sink.last().record().phase() == Phase.FAILED;
    }

    private void looks(Topic topic) {
        for (int i = 0; i < 3; i++) {
            look(topic);
        }
    }

    private void look(Topic topic) {
        look(8, topic);
    }

    /** What broker {@code answers} says; broker 7 leads. */
    private void look(int answers, Topic topic) {
        time.sleep(1000);
        watch.onMetadata(metadata(answers, topic), List.of(task), time.milliseconds());
        while (task.replicator().step(time.milliseconds())) {}
    }

    private static SourceMetadata metadata(int answers, Topic topic) {
        Map<Integer, Node> brokers = Map.of(7, new Node(7, "a", 1), 8, new Node(8, "b", 1));
        return new SourceMetadata(answers, brokers, topic == null ? Map.of() : Map.of("source", topic));
    }

    private static Topic topic(Uuid id, int... partitions) {
        Map<Integer, Leader> leaders = new java.util.HashMap<>();
        for (int partition : partitions) {
            leaders.put(partition, new Leader(7, 3));
        }
        return new Topic(Errors.NONE, id, leaders);
    }
}
