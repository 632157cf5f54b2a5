// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.mirror;

import static org.assertj.core.api.Assertions.assertThat;

import io.clusterlinks.mirror.SimulatedCluster.Follower;
import io.clusterlinks.mirror.SimulatedCluster.Node;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/** Broker 0 leads under epoch 0, with 1 and 2 in sync. */
class FollowerCheckTest {
    private final SimulatedCluster cluster = new SimulatedCluster(3, new Random(1));
    private final Node leader = cluster.node(0);
    private final SimulatedPartition partition =
            new SimulatedPartition(new TopicPartition("mirror", 0), Uuid.ONE_UUID, cluster, leader, () -> {});
    private final FollowerCheck check = new FollowerCheck(partition, 0);

    @Test
    void everyInSyncFollowerMustHaveFetchedSinceTheFirstLook() {
        fetched(1, 0, 10);
        fetched(2, 0, 10);
        assertThat(check.passes(10)).isFalse();

        fetched(1, 0, 11);
        assertThat(check.passes(12)).isFalse();
        fetched(2, 0, 11);
        assertThat(check.passes(13)).isTrue();
    }

    @Test
    void aFollowerThatIsNotInSyncIsNotWaitedForAndAPartitionWithoutAnyWaitsForNobody() {
        assertThat(check.passes(10)).isFalse();

        leader.inSync = Set.of(0);

        assertThat(check.passes(11)).isTrue();
    }

    @Test
    void whatFollowersHaveBegunToFollowTheyFollowUntilTheLeaderEpochEnds() {
        assertThat(check.passes(10)).isFalse();
        fetched(1, 0, 11);
        fetched(2, 0, 11);
        assertThat(check.passes(12)).isTrue();
        assertThat(check.passes(100_000)).isTrue();

        cluster.moveLeader();
        cluster.moveLeader();
        assertThat(cluster.registration.leader()).isZero();
        cluster.hear(leader);

        assertThat(check.passes(100_001)).isFalse();
    }

    /** Found by the simulation: the replicas then stopped at different offsets. */
    @Test
    void aLogThatGoesBackIsFollowedAnew() {
        check.passes(10);
        fetched(1, 0, 11);
        fetched(2, 0, 11);
        assertThat(check.hold(0, 12)).isTrue();

        check.startOver();

        assertThat(check.hold(0, 13)).isFalse();
        fetched(1, 0, 14);
        fetched(2, 0, 14);
        assertThat(check.hold(0, 15)).isTrue();
    }

    /** It may be of before another leader had the followers cut off what they hold no more. */
    @Test
    void aHighWatermarkIsNotBelievedWithoutTheFollowers() {
        check.passes(10);
        leader.log.end = 5;
        leader.log.highWatermark = 5;
        fetched(1, 5, 11);
        fetched(2, 3, 11);
        assertThat(check.passes(12)).isTrue();
        assertThat(check.hold(5, 12)).isFalse();

        fetched(2, 5, 13);
        assertThat(check.hold(5, 14)).isTrue();

        leader.log.highWatermark = 4;
        assertThat(check.hold(5, 15)).isFalse();
    }

    private void fetched(int follower, long end, long atMs) {
        leader.followers.put(follower, new Follower(end, atMs));
    }
}
