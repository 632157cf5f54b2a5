// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.protocol.record.PartitionRecord;
import io.clusterlinks.protocol.record.PartitionRecord.Cut;
import io.clusterlinks.protocol.record.PartitionRecord.LeaderEpochs;
import io.clusterlinks.protocol.record.PartitionRecord.Phase;
import io.clusterlinks.protocol.record.PartitionRecord.SourceEpoch;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A leader that was away when others cut off what the source lost, and what others do so that it can tell. */
class MissedCutTest extends ReplicatorScene {
    private static final PartitionRecord MIRRORING = record(new SourceEpoch(2, 0), new SourceEpoch(3, 6));

    @Test
    void aLeaderThatMissedACutCutsFirst() {
        maxTruncation = 0;
        holds(6, 1);
        log.append0(6, 4, 1);
        log.leaderEpoch = 3;
        startUnder(3, Records.withCuts(MIRRORING, List.of(new Cut(6, 2))));

        assertThat(log.end).isEqualTo(6);
        assertThat(sink.proposed.get(0).record().lineage()).isEqualTo(MIRRORING.lineage());
        assertThat(sink.proposed.get(0).record().truncation()).isNull();
        assertThat(sink.proposed.get(0).event().message())
                .contains("Dropped offsets 6 to 9 (4 records)", "was away when leader epoch 2 began");
        assertThat(replicator.record().cuts()).isEmpty();
        assertThat(next().offset()).isEqualTo(6);
    }

    /** Its own cuts a leader has carried out, so this one came with its claim. */
    @Test
    void whatClientsWroteThroughABrokerWithoutThePluginGoesAndIsTold() {
        holds(6, 1);
        log.append0(6, 4, 1);
        log.leaderEpoch = 3;
        startUnder(
                3,
                Records.withCuts(MIRRORING, List.of(new Cut(6, 3))).toBuilder()
                        .unclaimed(List.of(new LeaderEpochs(1, 1)))
                        .build());

        assertThat(log.end).isEqualTo(6);
        assertThat(sink.proposed.get(0).event().message())
                .contains("Dropped offsets 6 to 9 (4 records)", "clients wrote them");
        assertThat(replicator.record().cuts()).isEmpty();
        assertThat(replicator.record().unclaimed()).isEmpty();
        assertThat(next().offset()).isEqualTo(6);
    }

    /** One of them may hold what clients wrote, and lead one day. */
    @Test
    void unclaimedEpochsAreKeptInMindUntilAllReplicasFollow() {
        holds(6, 3);
        log.leaderEpoch = 3;
        log.allFollow = false;
        PartitionRecord claimed =
                MIRRORING.toBuilder().unclaimed(List.of(new LeaderEpochs(1, 2))).build();
        startUnder(3, claimed);
        assertThat(replicator.record().unclaimed()).isEqualTo(claimed.unclaimed());
        assertThat(replicator.keepsCuts()).isTrue();

        log.allFollow = true;
        step();

        assertThat(replicator.record().unclaimed()).isEmpty();
        assertThat(replicator.keepsCuts()).isFalse();
    }

    /** What they held past the cut would count as positions among the records that come in its place. */
    @Test
    void nothingIsAppendedBeforeTheInSyncFollowersHaveCutToo() {
        holds(6, 1);
        log.append0(6, 4, 1);
        log.leaderEpoch = 3;
        log.followersCut = false;
        startUnder(3, Records.withCuts(MIRRORING, List.of(new Cut(6, 2))));

        assertThat(log.end).isEqualTo(6);
        assertThat(replicator.stage()).isEqualTo(Replicator.Stage.STARTING);
        assertThat(replicator.cursor().next(nowMs)).isEmpty();
        assertThat(replicator.record().cuts()).containsExactly(new Cut(6, 2));
        assertThat(replicator.waitsForTime()).isTrue();

        log.followersCut = true;
        step();
        assertThat(next().offset()).isEqualTo(6);
    }

    /** Another leader may hold what came after the cut, and must not drop it for this one. */
    @Test
    void theRecordStaysAsItIs() {
        holds(6, 1);
        log.append0(6, 4, 1);
        log.leaderEpoch = 3;
        log.allFollow = false;
        startUnder(3, Records.withCuts(MIRRORING, List.of(new Cut(6, 2))));

        assertThat(log.end).isEqualTo(6);
        assertThat(replicator.record().truncation()).isNull();
        assertThat(replicator.record().lineage()).isEqualTo(MIRRORING.lineage());
        assertThat(replicator.record().cuts()).containsExactly(new Cut(6, 2));
    }

    /** It may turn out not to be the source's, and is the operator's as it is. */
    @Test
    void aCopyThatIsStillComparedIsNotCut() {
        log.append0(0, 6, 1);
        log.append0(6, 4, 1);
        start(partition(MirrorPartition.EARLIEST, true), Records.withCuts(MIRRORING, List.of(new Cut(6, 2))));

        assertThat(log.end).isEqualTo(10);
        assertThat(sink.proposed).isEmpty();
    }

    @Test
    void aLeaderThatFollowedItGoesOn() {
        log.leaderEpoch = 2;
        holds(6, 1);
        log.append0(6, 4, 2);
        log.leaderEpoch = 3;
        log.allFollow = false;
        startUnder(3, Records.withCuts(MIRRORING, List.of(new Cut(6, 2))));

        assertThat(log.end).isEqualTo(10);
        assertThat(sink.proposed).isEmpty();
    }

    @Test
    void aLeaderThatMissedACutBeforeTheStartDropsAll() {
        holds(6, 1);
        PartitionRecord begun = Records.withCuts(Records.startingOver(MIRRORING, 100), List.of(new Cut(4, 2)));
        log.leaderEpoch = 3;
        startUnder(3, begun);

        assertThat(log.start).isEqualTo(100);
        assertThat(log.end).isEqualTo(100);
    }

    @Test
    void aCutIsKeptUntilEveryReplicaFollows() {
        log.append0(0, 6, 1);
        log.append0(6, 4, 1);
        log.allFollow = false;
        start(MIRRORING);

        offer(next(), diverging(2, 8));
        step();
        assertThat(log.end).isEqualTo(6);
        assertThat(replicator.record().cuts()).containsExactly(new Cut(6, 1));
        assertThat(replicator.keepsCuts()).isTrue();

        log.allFollow = true;
        step();
        assertThat(replicator.keepsCuts()).isFalse();
        assertThat(next().offset()).isEqualTo(6);
    }

    /** A replica that left with a tail of its own may take the record to speak of that tail. */
    @Test
    void aSourceEpochIsRecordedWithACutWhileReplicasAreAway() {
        log.allFollow = false;
        start(Records.started(CLAIMED, 0));

        fetch(TestBatches.batch(0, 5, 3));
        step();

        assertThat(log.end).isEqualTo(5);
        assertThat(replicator.record().cuts()).containsExactly(new Cut(0, 1));
    }

    @Test
    void aStopIsCutAgainToo() {
        holds(6, 1);
        log.append0(6, 4, 1);
        log.leaderEpoch = 3;
        PartitionRecord cut = Records.withCuts(MIRRORING, List.of(new Cut(6, 2)));
        PartitionStop stop = stop(Records.stopping(cut, 6, 2));

        for (int i = 0; i < 8; i++) {
            stop.step(nowMs);
        }

        assertThat(log.end).isEqualTo(6);
        assertThat(sink.last().record().phase()).isEqualTo(Phase.STOPPED);
        assertThat(sink.last().record().stopOffset()).isEqualTo(6);
        assertThat(sink.last().record().cuts()).isEmpty();
    }

    /** One batch, as a leader of {@code epoch} left it. */
    private void holds(int count, int epoch) {
        int now = log.leaderEpoch;
        log.leaderEpoch = epoch;
        log.append0(0, count, epoch);
        log.leaderEpoch = now;
    }

    private void startUnder(int epoch, PartitionRecord record) {
        start(partition(epoch), record);
    }

    private static MirrorPartition partition(int epoch) {
        MirrorPartition first = partition(MirrorPartition.EARLIEST, false);
        return new MirrorPartition(
                first.link(),
                first.local(),
                first.topicId(),
                first.source(),
                first.sourceTopicId(),
                first.startOffset(),
                first.adopts(),
                epoch);
    }

    private PartitionStop stop(PartitionRecord record) {
        Transitions transitions = new Transitions(sink, record, BACKOFF_MS, () -> {});
        return new PartitionStop(
                partition(3), log, transitions, new FakeLeadership(), new FollowerCheck(log, 3), BACKOFF_MS);
    }
}
